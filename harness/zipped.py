"""ZIP archives of files as they are, uncompressed: equal files give equal bytes, on every machine.

Nothing is unpacked by what an archive says of itself: where its files lie is computed, and compared with its length first.
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
"""The time every file has in an archive, the earliest there is."""
MODE = 0o100644
"""The mode every file has: a regular file, which its owner may write."""
MOST_FILES = 10**6
"""Most files in an archive that is read."""
_HEADER = struct.Struct("<4s5H3L2H")
"""A file's header before its content: signature, versions, time, CRC, sizes, lengths of name and extra field."""
_LOCAL = b"PK\x03\x04"
_ENTRY, _END = 46, 22
"""Bytes of a file's entry in the directory, without its name and extra field, and of what follows the entries."""
_LONG = 20
"""Bytes of the extra field in the header of a file of two gigabytes or more."""


class UnsoundZip(ValueError):
    """An archive is not one that ``write_zip`` writes; the message says why, as the rest of a sentence."""


@dataclass(frozen=True)
class Content:
    """What becomes a file of an archive: its size in bytes, and how to read it piece by piece."""

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
    """One file of an archive: its name, and where its header and its content begin; sizes in bytes."""

    name: str
    header: int
    start: int
    size: int

    @property
    def end(self) -> int:
        """Where the next header begins."""
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
        """Write the content to a file that is not there yet; its folder is."""
        with target.open("xb") as made:
            for piece in self.content(file).pieces():
                made.write(piece)


def write_zip(stream: BinaryIO, files: Mapping[str, Content]) -> None:
    """Write an archive of files, in the order of their names, without compression: how zlib packs differs by version.

    Args:
        stream: can be written and sought in.
        files: name -> content.

    Raises:
        OSError: if a file cannot be read, or the archive not be written.
    """
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, DAY)
            entry.external_attr, entry.create_system, entry.file_size = MODE << 16, 3, content.size
            with archive.open(entry, "w") as target:
                for piece in content.pieces():
                    target.write(piece)


def readings(file: BinaryIO) -> tuple[tuple[ZipMember, ...], ...]:
    """Return the files of an archive, as its directory lists them, and as their headers do where that is otherwise.

    A single byte that was changed spoils one of the two at most.

    Raises:
        UnsoundZip: if by neither its files lie one behind the other, from its beginning on, and uncompressed.
        OSError: if it cannot be read.
    """
    size = file.seek(0, os.SEEK_END)
    found = [members for read in (_by_directory, _by_headers) if (members := read(file, size))]
    if not found:
        raise UnsoundZip("is no archive as harness writes it, or was cut short")
    return tuple(dict.fromkeys(found))


def _by_directory(file: BinaryIO, size: int) -> tuple[ZipMember, ...]:
    """Return the files the directory lists; none where it is damaged, or they do not follow one another."""
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
    """Return the files whose headers follow one another from the beginning on, until what is left is as long as their directory.

    None where they do not, and where one takes two gigabytes or more.
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
    extra = _LONG if size * 1.05 > zipfile.ZIP64_LIMIT else 0  # as zipfile decides it
    return ZipMember(name, header, header + _HEADER.size + len(name.encode(errors="replace")) + extra, size)


def _differently_named(members: Sequence[ZipMember]) -> bool:
    return len({each.name for each in members}) == len(members)


def touched(file: BinaryIO, members: Sequence[ZipMember]) -> tuple[tuple[str, ...], bool]:
    """Compare all that is no file's content with what ``write_zip`` writes of the same files.

    Args:
        file: an archive of less than two gigabytes.
        members: its files.

    Returns:
        The names of the files whose header, or entry in the directory, is another; and whether what follows the entries is.

    Raises:
        OSError: if the archive cannot be read, or there is no room for a copy of it.
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
    """Write an archive in one step, unless it is there; return whether it was written.

    Args:
        path: the archive.
        files: name -> content.
        ours: whether an archive of files of these names may be replaced.

    Raises:
        UnfitError: if anything else is at the path; it stays.
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
            raise UnfitError(errno.EEXIST, "there is a file of other origin, which stays", str(path))
