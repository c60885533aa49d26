"""Reads the files of a folder, a tar or a zip by their paths; nothing is unpacked to disk, and nothing outside is reached."""

from __future__ import annotations

import os
import stat
import tarfile
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from harness.files import open_regular, read_regular
from harness.sources import Unsound, printable
from harness.sources.archive import opened, parsing

MOST_FILES = 2_000_000
"""A folder or archive with more files is refused; ImageNet's largest has 1.3 million."""
MOST_FILE = 2**26
"""Bytes of a file; a larger one is refused unread, and one of an archive before it is unpacked."""
MOST_HEADER = 2**20
"""Bytes that a header of a tar may say it has."""
TAR, ZIP = ".tar", ".zip"
_BLOCK = 512
"""Bytes of a tar's header, and what follows is a multiple of."""


class FileTree(ABC):
    """The files below one folder of a source, by their paths from there, with ``/`` between folders."""

    def __init__(self, inside: str = "") -> None:
        """Begin with no file; ``inside`` is the folder of the source, empty for all of it."""
        self._inside = f"{inside}/" if inside else ""
        self._stored: dict[str, tuple[int, str, int]] = {}

    @property
    def paths(self) -> list[str]:
        """The paths, in the order of their characters' numbers: the same whatever the source is packed in."""
        return sorted(self._stored)

    def contents(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield the path and the content of each of these files, in the order in which they are stored.

        Raises:
            Unsound: if one of them is damaged, or larger than ``MOST_FILE`` bytes.
        """
        for path in sorted(paths, key=self._stored.__getitem__):
            yield path, self._read(*self._stored[path])

    @abstractmethod
    def _read(self, place: int, name: str, size: int) -> bytes:
        """Return the content of a file; raise Unsound where it cannot be read within the limit."""

    def _add(self, name: str, place: int = 0, size: int = 0) -> None:
        """Note a file by its name in the source, its place among all and its size.

        Raises:
            Unsound: if its path leads out, or is there twice.
        """
        path = _inner(name)
        if not path.startswith(self._inside):
            return
        path = path.removeprefix(self._inside)
        if path in self._stored:
            raise Unsound(f"holds {printable(name)} twice")
        if len(self._stored) == MOST_FILES:
            raise Unsound(f"holds more than {MOST_FILES:,} files")
        self._stored[path] = (place, name, size)


@contextmanager
def opened_tree(path: Path, inside: str = "") -> Iterator[FileTree]:
    """Open a folder, or a file ``.tar`` or ``.zip``.

    Args:
        path: the source; it may itself be a symbolic link, but none in it is followed.
        inside: a folder in it, whose files alone are meant; empty for all.

    Raises:
        Unsound: if it is none of them, is damaged, or holds links or paths that lead out of it.
    """
    if path.is_dir():
        yield _Folder(path, inside)
        return
    kinds: dict[str, type[_Tar | _Zip]] = {TAR: _Tar, ZIP: _Zip}
    if path.suffix not in kinds:
        raise Unsound(f"is neither a folder nor a file {' or '.join(kinds)}")
    try:
        file = open_regular(path)
    except OSError as error:
        raise Unsound(f"cannot be read: {error.strerror or printable(error)}") from error
    with file:
        yield kinds[path.suffix](file, inside)


class _Folder(FileTree):
    """The files of a folder on disk."""

    def __init__(self, root: Path, inside: str) -> None:
        super().__init__(inside)
        self._root = root
        waiting = [""]
        try:
            while waiting:
                below = waiting.pop()
                with os.scandir(root / below) as entries:
                    waiting += [folder for entry in entries if (folder := self._entered(entry, below))]
        except OSError as error:
            raise Unsound(f"cannot be read: {printable(error)}") from error

    def _entered(self, entry: os.DirEntry[str], below: str) -> str:
        """Note a file; return the path, with ``/``, of a folder that is to be looked into."""
        name = below + entry.name
        if not (f"{name}/".startswith(self._inside) or self._inside.startswith(f"{name}/")):
            return ""
        if entry.is_symlink():
            raise Unsound(f"holds a link, {printable(name)}; replace it by its target")
        if entry.is_dir(follow_symlinks=False):
            return f"{name}/"
        if not entry.is_file(follow_symlinks=False):
            raise Unsound(f"holds {printable(name)}, which is not a regular file")
        self._add(name)
        return ""

    def _read(self, place: int, name: str, size: int) -> bytes:
        try:
            return read_regular(self._root / name, MOST_FILE, follow=False)
        except OSError as error:
            why = error.strerror or printable(error)
            raise Unsound(f"holds {printable(name)}, which cannot be read: {why}") from error


class _Zip(FileTree):
    """The files of a zip."""

    def __init__(self, file: IO[bytes], inside: str) -> None:
        super().__init__(inside)
        with parsing():
            self._archive = zipfile.ZipFile(file)
        for member in self._archive.infolist():
            if stat.S_ISLNK(member.external_attr >> 16):
                raise Unsound(f"holds a link, {printable(member.filename)}; replace it by its target")
            if member.is_dir():
                _inner(member.filename)
            else:
                self._add(member.filename, member.header_offset)

    def _read(self, place: int, name: str, size: int) -> bytes:
        with parsing(), opened(self._archive, name, MOST_FILE) as stream:
            return stream.read(MOST_FILE)


class _Tar(FileTree):
    """The files of a tar that is not compressed; a tar in it counts as a folder of its name (ILSVRC's training images)."""

    def __init__(self, file: IO[bytes], inside: str) -> None:
        super().__init__(inside)
        self._file = file
        self._list("", 0, file.seek(0, os.SEEK_END))

    def _list(self, folder: str, start: int, end: int) -> None:
        """Note the files of the tar that lies between two places of the file; ``folder`` is that of a tar in a tar."""
        headers = _Headers(self._file, start, end)
        with parsing(), tarfile.open(fileobj=headers, mode="r:") as archive:  # type: ignore[call-overload]
            while (member := archive.next()) is not None:
                archive.members.clear()  # it would keep them all
                name, first = folder + member.name, start + member.offset_data
                if not (member.isreg() or member.isdir()) or member.issparse():
                    raise Unsound(f"holds {printable(name)}, which is not a regular file")
                if member.size < 0 or first + member.size > end:
                    raise Unsound(f"is damaged: {printable(name)} would reach beyond the end of the tar")
                if member.isdir():
                    _inner(name)
                elif name.endswith(TAR) and not folder:
                    self._list(f"{_inner(name).removesuffix(TAR)}/", first, first + member.size)
                else:
                    self._add(name, first, member.size)
            headers.seek(archive.offset)
            if any(headers.read(_BLOCK)):  # tarfile takes a damaged header for the end
                raise Unsound("is damaged: one of its headers is invalid")

    def _read(self, place: int, name: str, size: int) -> bytes:
        if size > MOST_FILE:
            raise Unsound(f"holds {printable(name)} of {size:,} bytes, expected at most {MOST_FILE:,}")
        self._file.seek(place)
        return self._file.read(size)


class _Headers:
    """The part of a file that is a tar, as tarfile reads its headers: it would believe any size that one declares."""

    def __init__(self, file: IO[bytes], start: int, end: int) -> None:
        self._file, self._start, self._end = file, start, end
        self.seek(0)

    def seek(self, place: int) -> None:
        """Go to a place of the tar."""
        self._file.seek(self._start + place)

    def tell(self) -> int:
        """Return the place in the tar."""
        return self._file.tell() - self._start

    def read(self, size: int) -> bytes:
        """Return so many bytes, fewer at the end; raise Unsound for more than a header has."""
        if not 0 <= size <= MOST_HEADER:
            raise Unsound(f"is damaged: a header would have {size:,} bytes, expected at most {MOST_HEADER:,}")
        return self._file.read(max(0, min(size, self._end - self._file.tell())))


def _inner(path: str) -> str:
    """Return a path without a leading ``./``; raise Unsound where it leads out, or is no path that can be printed."""
    plain = path.removeprefix("./")
    steps = plain.removesuffix("/").split("/")
    if plain and plain != "." and ("\\" in plain or not plain.isprintable() or {"", ".", ".."} & set(steps)):
        raise Unsound(f"holds {printable(path)!r}, a path that leads out of it or is invalid")
    return plain
