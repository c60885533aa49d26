"""Reads known arrays out of an ``.npz`` file; everything in it is checked first."""

from __future__ import annotations

import hashlib
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from harness.sources import Unsound, printable
from harness.sources.named import read

MOST_BYTES = 64 * 2**20
"""A file larger than this is refused unread."""
MOST_HEADER = 4096
"""No header of an array is longer."""
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Those NumPy writes; the others unpack a few kilobytes to gigabytes in one step."""

KnownArrays = Mapping[str, tuple[tuple[int, ...], str]]
"""Name -> shape and SHA-256 of the uint8 array's bytes. Files differ in how they are packed; the arrays do not."""


def read_known_arrays(path: Path, known: KnownArrays, name: str) -> dict[str, NDArray[np.uint8]]:
    """Read the arrays of a file.

    Args:
        path: the file; a symbolic link is followed.
        known: the arrays wanted.
        name: what they are, for the message.

    Raises:
        FileNotFoundError: if there is no such file.
        Unsound: if it does not hold these arrays; says which file and what is wrong.
    """
    content = read(path, MOST_BYTES)
    try:
        return unpack_arrays(content, known, name)
    except Unsound as error:
        raise Unsound(f"{path} {error}") from error


def unpack_arrays(content: bytes, known: KnownArrays, name: str) -> dict[str, NDArray[np.uint8]]:
    """Return the arrays an ``.npz`` file's content holds.

    Raises:
        Unsound: if it does not hold them; says what is wrong.
    """
    with parsing(), zipfile.ZipFile(BytesIO(content)) as archive:
        arrays = {each: _array(archive, each, shape) for each, (shape, _) in known.items()}
    check(arrays, known, name)
    return arrays


def check(arrays: Mapping[str, NDArray[Any]], known: KnownArrays, name: str) -> None:
    """Accept arrays by their digests alone.

    Raises:
        Unsound: if one of them is another.
    """
    for each, (shape, digest) in known.items():
        array = arrays[each]
        if array.shape != shape or array.dtype != np.uint8:
            raise Unsound(f"is not {name}: {each} is {array.dtype} {array.shape}, expected uint8 {shape}")
        found = hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
        if found != digest:
            raise Unsound(f"is not {name}: the SHA-256 of {each} is {found[:12]}…, expected {digest[:12]}…")


def extract(content: bytes, name: str, most: int) -> bytes:
    """Return a member of a zip file.

    Raises:
        Unsound: if it is not there, damaged, or larger than ``most`` bytes.
    """
    with parsing(), zipfile.ZipFile(BytesIO(content)) as archive, opened(archive, name, most) as stream:
        return stream.read(most)


@contextmanager
def parsing() -> Iterator[None]:
    """Raise Unsound for any error of a parser: those of zip, tar and deflate raise many kinds.

    Raises:
        Unsound: in place of their errors.
    """
    try:
        yield
    except (Unsound, MemoryError):  # a lack of memory says nothing of the file
        raise
    except Exception as error:
        raise Unsound(f"is damaged: {printable(error)}") from error


def opened(archive: zipfile.ZipFile, name: str, most: int) -> IO[bytes]:
    """Open a member whose declared size is within the limit: a small file can unpack to any size."""
    try:
        member = archive.getinfo(name)
    except KeyError:
        raise Unsound(f"lacks {name}") from None
    if member.file_size > most:
        raise Unsound(f"is damaged: {name} would unpack to {member.file_size:,} bytes, expected at most {most:,}")
    if member.compress_type not in _COMPRESSIONS:
        raise Unsound(f"is damaged: {name} is compressed by method {member.compress_type}, expected deflate or none")
    return archive.open(member)


def _array(archive: zipfile.ZipFile, name: str, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Read one array, after its declared shape and dtype were found right."""
    size = prod(shape)
    with opened(archive, f"{name}.npy", size + MOST_HEADER) as stream:
        found = header(stream, name)
        if found != (shape, False, np.dtype(np.uint8)):
            raise Unsound(f"holds another array: {name} is {found[2]} {found[0]}, expected uint8 {shape} in C order")
        content = stream.read(size)
    if len(content) != size:
        raise Unsound(f"is damaged: {name} ends after {len(content):,} of {size:,} bytes")
    return np.frombuffer(content, np.uint8).reshape(shape)


def header(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, Any]:
    """Read an array's header; NumPy's parser raises every error of Python's own, even MemoryError for deep nesting."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            version = npy.read_magic(stream)
            return npy.read_array_header_1_0(stream) if version == (1, 0) else npy.read_array_header_2_0(stream)
    except Exception as error:
        raise Unsound(f"is damaged: the header of {name} cannot be read ({printable(error)})") from error
