"""The journal of a long job: checkpoints on disk (notes), from which a killed job is resumed."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from harness.arrays import ArchiveError, read_arrays
from harness.drafts import draft
from harness.files import UnfitError, make_folder, open_regular

KEPT_DAYS = 7
"""Days without a write after which a journal is removed."""
DIGEST, LENGTH = 32, 8
"""Bytes before every note: the SHA-256 of its content, and its length."""
MOST_HEAD, MOST_NOTE = 2**10, 2**31
"""Largest size in bytes of the first note, and of any other; a file with a longer note is not a journal."""


def expire(folder: Path) -> None:
    """Remove the journals in a folder that were not written to for a week; some take hundreds of megabytes.

    Removes no other files and follows no links.
    """
    oldest = time.time() - KEPT_DAYS * 86_400
    with suppress(OSError):
        for path in () if folder.is_symlink() else folder.iterdir():
            if path.lstat().st_mtime < oldest and _is_journal(path):
                path.unlink()


def take_over(path: Path) -> None:
    """Replace a journal by a copy, so that another process that was taken for dead writes to the old file."""
    with suppress(OSError):
        if _is_journal(path):
            with draft(path, durable=False) as copy:
                shutil.copyfile(path, copy)


def _is_journal(path: Path, head: str | None = None) -> bool:
    """Whether a file is a journal: it begins with a note, or with an incomplete first note of this head."""
    try:
        with open_regular(path, follow=False) as file:
            if _content(file, MOST_HEAD) is not None:
                return True
            file.seek(0)
            torn = file.read(MOST_HEAD)
    except UnfitError:
        return False
    return head is not None and _framed(head.encode()).startswith(torn)


def _framed(content: bytes) -> bytes:
    """Return a note in the file's format."""
    return hashlib.sha256(content).digest() + len(content).to_bytes(LENGTH, "big") + content


def _content(file: BinaryIO, most: int) -> bytes | None:
    """Return the content of the next note; None if it is incomplete or missing."""
    digest = file.read(DIGEST)
    length = int.from_bytes(file.read(LENGTH), "big")
    left = os.fstat(file.fileno()).st_size - file.tell()
    content = file.read(length) if length <= min(left, most) else b""
    whole = len(digest) == DIGEST and hashlib.sha256(content).digest() == digest and length == len(content)
    return content if whole else None


@dataclass
class FileJournal:
    """An append-only file of notes, each with its checksum; see ``harness.examples.Journal``.

    The first note, the head, identifies the source and the machine of the others. Notes of another source or machine
    are not used, and the job starts again. Notes only save time: if the disk is full, or the folder cannot be written,
    the job continues without them. If another file or a link has the journal's name, it is not changed, and the journal
    takes another name.

    Attributes:
        path: the file; its folder is created with the first note.
        head: digest of everything on which the numbers depend besides the job itself.
        was_read: whether notes of an earlier attempt were read.
        lost: why no notes are kept; empty if they are.
    """

    path: Path
    head: str
    was_read: bool = False
    lost: str = ""
    _file: BinaryIO | None = field(default=None, repr=False)

    def notes(self) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Yield the notes, oldest first, up to the first incomplete one; new notes follow the last note read."""
        self.close()
        try:
            self._choose()
            self._file = open_regular(self.path, os.O_RDWR, follow=False)
            if _content(self._file, MOST_HEAD) != self.head.encode():
                self.forget()
                return
        except FileNotFoundError:
            return
        except OSError as error:
            self._give_up(error)
            return
        while (note := self._next()) is not None:
            self.was_read = True
            yield note

    def note(self, **arrays: NDArray[Any]) -> None:
        """Add one note."""
        if self.lost:
            return
        buffer = BytesIO()
        np.savez(buffer, **arrays)  # type: ignore[arg-type]  # numpy types every keyword as its own flag
        try:
            if self._file is None:
                self._begin()
            self._append(buffer.getvalue())
        except OSError as error:
            self._give_up(error)

    def forget(self) -> None:
        """Remove all notes."""
        self.close()
        with suppress(OSError):
            if _is_journal(self.path, self.head):
                self.path.unlink()

    def close(self) -> None:
        """Close the file; it stays on disk."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):  # closing flushes; on a full disk the notes are already lost
                file.close()

    def _give_up(self, error: OSError) -> None:
        """Continue without notes and delete them: the disk may be full, and the job's result must still be written."""
        self.forget()
        self.lost = str(error.strerror or error)

    def _choose(self) -> None:
        """Take another name if another file or a link has the journal's; the same name while that file is unchanged.

        Raises:
            FileNotFoundError: if there is no journal.
            UnfitError: if the journal's folder is a link.
        """
        if self.path.parent.is_symlink():
            raise UnfitError(errno.ENOTDIR, f"{self.path.parent} is a link", str(self.path.parent))
        if not _is_journal(self.path, self.head):
            self.path = self.path.with_name(f"{self.path.name}-{self.path.lstat().st_mtime_ns:x}")

    def _begin(self) -> None:
        make_folder(self.path.parent, below=self.path.parent.parent)
        with suppress(FileNotFoundError):
            self._choose()
        self.forget()
        self._file = open_regular(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, follow=False)
        self._append(self.head.encode())

    def _append(self, content: bytes) -> None:
        assert self._file is not None
        self._file.write(_framed(content))
        self._file.flush()  # to the operating system, which keeps it even if the process is killed

    def _next(self) -> Mapping[str, NDArray[Any]] | None:
        """Return the next note; if it is incomplete, truncate the file there and return None."""
        assert self._file is not None
        start = self._file.tell()
        content = _content(self._file, MOST_NOTE)
        if content is not None:
            with suppress(ArchiveError):
                return read_arrays(BytesIO(content))
        self._file.seek(start)
        self._file.truncate()
        return None
