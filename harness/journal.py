"""Notes a long job leaves on disk, so that a job that was killed is taken up where it stood."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

KEPT_DAYS = 7
"""A journal nobody wrote to for so long belongs to a job that is no longer wanted."""
DIGEST, LENGTH = 32, 8
"""Bytes before every note: the SHA-256 of its content, and how long that is."""


def expire(folder: Path) -> None:
    """Remove the journals of a folder that nobody has written to for a week; some hold hundreds of megabytes."""
    oldest = time.time() - KEPT_DAYS * 86_400
    with suppress(OSError):
        for path in folder.iterdir():
            if path.is_file() and path.stat().st_mtime < oldest:
                path.unlink()


@dataclass
class FileJournal:
    """An append-only file of notes, each vouched for by its digest; see ``harness.examples.Journal``.

    The first note says what the others were computed by. Notes of other source, or of another machine, are not
    believed: the job begins anew. A disk that is full, or a folder that cannot be written, costs the notes alone.

    Attributes:
        path: the file; its folder is made when the first note is written.
        head: digest of all that the numbers depend on beside the job itself.
    """

    path: Path
    head: str
    _file: BinaryIO | None = field(default=None, repr=False)
    _lost: bool = False

    def notes(self) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Yield what was noted, oldest first, up to the first note that is torn; new notes follow the last one read."""
        self.close()
        try:
            self._file = self.path.open("r+b")
        except OSError:
            return
        if self._next() == self.head.encode():
            while (content := self._next()) is not None:
                with np.load(BytesIO(content), allow_pickle=False) as arrays:
                    yield {name: arrays[name] for name in arrays.files}
        else:
            self.forget()

    def note(self, **arrays: NDArray[Any]) -> None:
        """Add one note."""
        buffer = BytesIO()
        np.savez(buffer, **arrays)  # type: ignore[arg-type]  # numpy types every keyword as its own flag
        try:
            if self._file is None:
                self._begin()
            self._append(buffer.getvalue())
        except OSError:
            self.forget()
            self._lost = True

    def forget(self) -> None:
        """Remove all notes."""
        self.close()
        try:
            self.path.unlink(missing_ok=True)
        except OSError:
            self._lost = True

    def close(self) -> None:
        """Let go of the file, which stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("w+b")
        self._append(self.head.encode())

    def _append(self, content: bytes) -> None:
        if self._lost or self._file is None:
            return
        self._file.write(hashlib.sha256(content).digest() + len(content).to_bytes(LENGTH, "big") + content)
        self._file.flush()  # to the system, which keeps it though the process be killed

    def _next(self) -> bytes | None:
        """Return the content of the next note; None, and the torn rest cut off, where there is no whole one."""
        assert self._file is not None
        start = self._file.tell()
        digest = self._file.read(DIGEST)
        length = int.from_bytes(self._file.read(LENGTH), "big")
        left = self.path.stat().st_size - self._file.tell()
        content = self._file.read(length) if length <= left else b""
        if len(digest) == DIGEST and hashlib.sha256(content).digest() == digest and length == len(content):
            return content
        self._file.seek(start)
        self._file.truncate()
        return None
