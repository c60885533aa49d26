"""Reads arrays from an npz archive that harness wrote; all header fields are checked first."""

from __future__ import annotations

import os
import zipfile
from math import prod
from typing import Any, BinaryIO

from numpy.lib import format as npy
from numpy.typing import NDArray

SUFFIX = ".npy"
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_PLAIN = "biufc"
"""Kinds of dtype that are numbers; all others need pickle, or have elements of 0 bytes."""


class ArchiveError(ValueError):
    """An archive does not contain numeric arrays as ``numpy.savez`` writes them; the message says why."""


def read_arrays(stream: BinaryIO) -> dict[str, NDArray[Any]]:
    """Return the arrays of an uncompressed npz archive; nothing in it is executed.

    Memory is only allocated for bytes that exist: every size is first compared with the length of the archive.

    Raises:
        UnsoundError: if it is not such an archive.
        MemoryError: if there is not enough memory for the arrays.
        OSError: if the file cannot be read.
    """
    size = stream.seek(0, os.SEEK_END)
    try:
        archive = zipfile.ZipFile(stream)
        members = _members(archive, size)
        return {each.filename.removesuffix(SUFFIX): _array(archive, each) for each in members}
    except (ArchiveError, OSError, MemoryError):
        raise
    except Exception as error:  # crafted bytes raise many types of errors in the parser
        raise ArchiveError(f"it is not an archive of arrays: {type(error).__name__}") from error


def _members(archive: zipfile.ZipFile, size: int) -> list[zipfile.ZipInfo]:
    """Return the members, after their lengths and headers were checked."""
    members = archive.infolist()
    stored = all(each.compress_type == zipfile.ZIP_STORED and each.file_size == each.compress_size for each in members)
    if not stored or sum(each.file_size for each in members) > size:
        raise ArchiveError("its members are compressed, or longer than the file")
    for each in members:
        _check(archive, each)
    return members


def _check(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Compare the size in a member's header with its length."""
    with archive.open(member) as stream:
        try:
            shape, _, dtype = _HEADERS[npy.read_magic(stream)](stream)
        except (MemoryError, OSError) as error:  # nested brackets exhaust the parser
            raise ArchiveError(f"{member.filename} has no array header") from error
        promised = prod(shape) * dtype.itemsize
        if dtype.kind not in _PLAIN or min(shape, default=0) < 0 or promised != member.file_size - stream.tell():
            raise ArchiveError(f"{member.filename} holds {member.file_size} bytes, its header says {dtype} {shape}")


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(member) as stream:
        array: NDArray[Any] = npy.read_array(stream, allow_pickle=False)
    return array
