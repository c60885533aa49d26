"""Uncompressed ZIP archives: equal files give equal bytes, on every machine.

The archive's own offsets are not trusted: the positions of its files are computed and first compared with its length.
"""

from __future__ import annotations

import errno
import filecmp
import os
import struct
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from harness.drafts import draft
from harness.files import PIECE, UnfitError, open_regular

DAY = (1980, 1, 1, 0, 0, 0)
"""The time of every file in an archive, the earliest possible one."""
MODE = 0o100644
"""The mode of every file: a regular file that its owner may write."""
MOST_FILES = 10**6
"""Largest number of files in an archive that is read."""
_HEADER = struct.Struct("<4s5H3L2H")
"""A file's header before its content: signature, versions, time, CRC, sizes, lengths of name and extra field."""
_LOCAL = b"PK\x03\x04"
_ENTRY, _END = 46, 22
"""Bytes of a file's entry in the directory, without its name and extra field, and of what follows the entries."""
_LONG = 20
"""Bytes of the extra field in the header of a file of two gigabytes or more."""


class UnsoundZip(ValueError):
    """An archive was not written by ``write_zip``; the message says why, as the rest of a sentence."""


@dataclass(frozen=True)
class Content:
    """The content of a file in an archive: its size in bytes, and a function that reads it in pieces."""

    size: int
    pieces: Callable[[], Iterator[bytes]]

    @staticmethod
    def of(content: bytes) -> Content:
        """Return a content that is in memory."""
        return Content(len(content), lambda: iter((content,)))

    @staticmethod
    def in_file(path: Path) -> Content:
        """Return the content of a regular file; no link is followed."""

        def pieces() -> Iterator[bytes]:
            with open_regular(path, follow=False) as file:
                while piece := file.read(PIECE):
                    yield piece

        return Content(path.lstat().st_size, pieces)


@dataclass(frozen=True)
class ZipMember:
    """One file of an archive: its name, and the offsets of its header and its content; sizes in bytes."""

    name: str
    header: int
    start: int
    size: int

    @property
    def end(self) -> int:
        """Offset of the next header."""
        return self.start + self.size

    def content(self, file: BinaryIO) -> Content:
        """Return the content, read from the archive."""

        def pieces() -> Iterator[bytes]:
            file.seek(self.start)
            left = self.size
            while left and (piece := file.read(min(left, PIECE))):
                left -= len(piece)
                yield piece

        return Content(self.size, pieces)

    def unpack(self, file: BinaryIO, target: Path) -> None:
        """Write the content to a new file in an existing folder."""
        with target.open("xb") as made:
            for piece in self.content(file).pieces():
                made.write(piece)


def write_zip(stream: BinaryIO, files: Mapping[str, Content]) -> None:
    """Write an archive of files, in the order of their names, uncompressed, because zlib's output differs by version.

    Args:
        stream: must be writable and seekable.
        files: name -> content.

    Raises:
        OSError: if a file cannot be read, or the archive cannot be written.
    """
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, DAY)
            entry.external_attr, entry.create_system, entry.file_size = MODE << 16, 3, content.size
            with archive.open(entry, "w") as target:
                for piece in content.pieces():
                    target.write(piece)


def readings(file: BinaryIO) -> tuple[tuple[ZipMember, ...], ...]:
    """Return the files of an archive according to its directory, or according to their headers if these differ.

    A single changed byte damages at most one of the two.

    Raises:
        UnsoundZip: if according to both, the files are not contiguous from the beginning, or are compressed.
        OSError: if it cannot be read.
    """
    size = file.seek(0, os.SEEK_END)
    found = [members for read in (_by_directory, _by_headers) if (members := read(file, size))]
    if not found:
        raise UnsoundZip("is not an archive that harness wrote, or is truncated")
    return tuple(dict.fromkeys(found))


def _by_directory(file: BinaryIO, size: int) -> tuple[ZipMember, ...]:
    """Return the files in the directory; none if it is damaged, or if they are not contiguous."""
    try:
        archive = zipfile.ZipFile(file)
        listed = archive.infolist()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  crafted bytes raise many kinds of error in the parser, of seeking too
        return ()
    members, at = [], 0
    for each in listed if len(listed) <= MOST_FILES else ():
        plain = (
            each.compress_type == zipfile.ZIP_STORED and each.compress_size == each.file_size and each.file_size >= 0
        )
        if not plain or each.header_offset != at:
            return ()
        members.append(_member(each.orig_filename, at, each.file_size))
        at = members[-1].end
    return tuple(members) if at == archive.start_dir <= size and _differently_named(members) else ()


def _by_headers(file: BinaryIO, size: int) -> tuple[ZipMember, ...]:
    """Return the files that are contiguous from the beginning, until the rest has the length of their directory.

    None if they are not, or if one has two gigabytes or more.
    """
    members: list[ZipMember] = []
    at, rest = 0, _END
    while len(members) <= MOST_FILES:
        if members and size - at == rest:
            return tuple(members) if _differently_named(members) else ()
        file.seek(at)
        head = file.read(_HEADER.size)
        if len(head) < _HEADER.size or head[:4] != _LOCAL:
            break
        *_, packed, length, name_length, extra = _HEADER.unpack(head)
        try:
            members.append(_member(file.read(name_length).decode(), at, length))
        except UnicodeDecodeError:
            break
        at, rest = members[-1].end, rest + _ENTRY + name_length
        if extra or packed != length or at > size:
            break
    return ()


def _member(name: str, header: int, size: int) -> ZipMember:
    extra = _LONG if size * 1.05 > zipfile.ZIP64_LIMIT else 0  # the same condition as in zipfile
    return ZipMember(name, header, header + _HEADER.size + len(name.encode(errors="replace")) + extra, size)


def _differently_named(members: Sequence[ZipMember]) -> bool:
    return len({each.name for each in members}) == len(members)


def touched(file: BinaryIO, members: Sequence[ZipMember]) -> tuple[tuple[str, ...], bool]:
    """Compare everything except the files' contents with the output of ``write_zip`` for the same files.

    Args:
        file: an archive of less than two gigabytes.
        members: its files.

    Returns:
        The names of the files whose header or directory entry differs, and whether the bytes after the entries differ.

    Raises:
        OSError: if the archive cannot be read, or there is no disk space for a copy.
    """
    with tempfile.TemporaryFile() as again:
        write_zip(again, {each.name: each.content(file) for each in members})
        length, size = again.tell(), file.seek(0, os.SEEK_END)
        differ = {each.name for each in members if _differ(file, again, each.header, each.start)}
        at = members[-1].end
        for each in members:
            end = at + _ENTRY + len(each.name.encode(errors="replace"))
            differ |= {each.name} if _differ(file, again, at, end) else set()
            at = end
        return tuple(sorted(differ)), length != size or _differ(file, again, at, length)


def _differ(file: BinaryIO, again: BinaryIO, start: int, end: int) -> bool:
    found = []
    for each in (file, again):
        each.seek(start)
        found.append(each.read(max(end - start, 0)))
    return found[0] != found[1]


def put_zip(path: Path, files: Mapping[str, Content], ours: Callable[[Collection[str]], bool]) -> bool:
    """Write an archive atomically, unless it exists unchanged; return whether it was written.

    Args:
        path: the archive.
        files: name -> content.
        ours: returns whether an archive with these file names may be replaced.

    Raises:
        UnfitError: if anything else is at the path; it is not changed.
        OSError: if the archive cannot be written.
    """
    with draft(path) as target:
        with target.open("w+b") as stream:
            write_zip(stream, files)
        if not os.path.lexists(path):
            return True
        _refuse_foreign(path, ours)
        if filecmp.cmp(path, target, shallow=False):
            target.unlink()
            return False
    return True


def _refuse_foreign(path: Path, ours: Callable[[Collection[str]], bool]) -> None:
    with open_regular(path, follow=False) as file:
        try:
            names = [{each.name for each in members} for members in readings(file)]
        except UnsoundZip:
            names = []
        if not any(map(ours, names)):
            raise UnfitError(
                errno.EEXIST,
                "another file has this name and was not changed",
                str(path),
            )
