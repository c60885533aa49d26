"""Breaks the file system under a process: its k-th write to a folder fails, once or from then on.

Every call by which Python changes the folder is a write: making a file or folder, writing to a file, flushing it to the disk,
cutting, renaming, linking and removing it.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

KINDS = {"full": errno.ENOSPC, "once": errno.EIO}
"""From the k-th write on the disk is full; or the k-th write alone fails, with an error of the device."""
FREES = frozenset({"remove", "rmdir"})
"""Writes that a full disk still takes."""


class Disk:
    """Counts the writes below a folder, and lets some fail.

    Attributes:
        seen: what each write was: its kind and the file's name.
    """

    def __init__(self, folder: Path, kind: str = "", at: int = 0) -> None:
        self.folder, self.kind, self.at = os.path.realpath(folder), kind, at
        self.seen: list[str] = []

    def step(self, what: str, path: Any) -> None:
        """Count a write; raise OSError where it is one that fails."""
        if not (name := self._below(path)):
            return
        self.seen.append(f"{what} {os.path.basename(name)}")  # noqa: PTH119  it may be no text
        hit = len(self.seen) == self.at or (self.kind == "full" and len(self.seen) > self.at and what not in FREES)
        if self.at and hit:
            number = KINDS[self.kind]
            raise OSError(number, os.strerror(number), name)

    def _below(self, path: Any) -> str:
        """Return a path below the folder; empty if it is another's."""
        if isinstance(path, int):
            try:
                path = os.readlink(f"/proc/self/fd/{path}")  # noqa: PTH115
            except OSError:
                return ""
        name = os.path.abspath(os.fsdecode(path))  # noqa: PTH100
        return name if name.startswith(f"{self.folder}/") else ""

    @contextmanager
    def broken(self) -> Iterator[None]:
        """Let writes of this process be counted and fail while the block runs."""
        with pytest.MonkeyPatch.context() as patch:
            for name, what in (
                ("mkdir", "mkdir"),
                ("unlink", "remove"),
                ("remove", "remove"),
                ("rmdir", "rmdir"),
                ("truncate", "truncate"),
                ("fsync", "fsync"),
                ("ftruncate", "truncate"),
            ):
                patch.setattr(os, name, self._told(getattr(os, name), what, 0))
            for name in ("rename", "replace", "link", "symlink"):
                patch.setattr(os, name, self._told(getattr(os, name), name, 1))
            patch.setattr(os, "open", self._os_open(os.open))
            opened = self._open(io.open)
            patch.setattr(io, "open", opened)
            patch.setattr("builtins.open", opened)
            yield

    def _told(self, do: Callable[..., Any], what: str, which: int) -> Callable[..., Any]:
        def done(*given: Any, **named: Any) -> Any:
            if named.get("dir_fd") is None:
                self.step(what, given[which])
            else:
                self.step(what, os.path.join(os.readlink(f"/proc/self/fd/{named['dir_fd']}"), given[which]))  # noqa: PTH115, PTH118
            return do(*given, **named)

        return done

    def _os_open(self, do: Callable[..., int]) -> Callable[..., int]:
        def done(path: Any, flags: int, *given: Any, **named: Any) -> int:
            if flags & os.O_CREAT:
                self.step("make", path)
            return do(path, flags, *given, **named)

        return done

    def _open(self, do: Callable[..., Any]) -> Callable[..., Any]:
        def done(file: Any, mode: str = "r", buffering: int = -1, *given: Any, **named: Any) -> Any:
            if not set(mode) & set("wax+") or not self._below(file):
                return do(file, mode, buffering, *given, **named)
            if not isinstance(file, int):
                self.step("make", file)
            raw = _Raw(
                file, mode.replace("b", "").replace("t", ""), named.get("closefd", True), named.get("opener"), disk=self
            )
            buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            if "b" in mode:
                return buffered
            encoding, errors, newline = (*given, None, None, None)[:3]
            return io.TextIOWrapper(
                buffered,
                encoding or named.get("encoding"),
                errors or named.get("errors"),
                newline or named.get("newline"),
            )

        return done


class _Raw(io.FileIO):
    """A file whose writes are counted; one that fails has written half of its bytes."""

    def __init__(self, *given: Any, disk: Disk) -> None:
        super().__init__(*given)
        self._disk = disk

    def write(self, content: Any) -> int:
        try:
            self._disk.step("write", self.fileno())
        except OSError:
            with memoryview(content) as whole:
                super().write(whole[: len(whole) // 2])
            raise
        return super().write(content)

    def truncate(self, size: int | None = None) -> int:
        self._disk.step("truncate", self.fileno())
        return super().truncate(size)
