"""Reads arrays out of an ``.npz`` file by name; nothing in it is unpickled."""

from __future__ import annotations

import zipfile
from io import BytesIO
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.sources import Unsound, printable
from harness.sources.archive import MOST_HEADER, header, opened, parsing
from harness.sources.stored import Stored

_ENDING = ".npy"


class Npz:
    """The arrays of an ``.npz`` file (``stored.Container``)."""

    def __init__(self, content: bytes) -> None:
        """Read the directory of the archive.

        Raises:
            Unsound: if it is no archive, or a damaged one.
        """
        try:
            self.archive = zipfile.ZipFile(BytesIO(content))
        except MemoryError:
            raise
        except Exception as error:  # the parser of zip fails in many ways
            raise Unsound(f"is not a .npz file, or is damaged: {printable(error)}") from error
        members = (name for name in self.archive.namelist() if name.endswith(_ENDING))
        self.names = tuple(dict.fromkeys(name.removesuffix(_ENDING) for name in members))

    def stored(self, name: str) -> Stored:
        """Return what the header of an array says."""
        with parsing(), opened(self.archive, name + _ENDING, self._declared(name)) as stream:
            first = BytesIO(stream.read(MOST_HEADER))  # read only that much: a header may claim to have gigabytes
        shape, fortran, dtype = header(first, name)
        if dtype.hasobject:
            raise Unsound(f"holds Python objects in {name}, which are never unpickled; expected numbers")
        if any(type(side) is not int or side < 0 for side in shape):
            raise Unsound(f"is damaged: the header of {name} gives the shape {shape}")

        def read() -> NDArray[Any]:
            array = np.frombuffer(self._content(name, first.tell(), prod(shape) * dtype.itemsize), dtype)
            return array.reshape(shape, order="F" if fortran else "C")

        return Stored(str(dtype), dtype.kind, shape, dtype.itemsize, read)

    def _content(self, name: str, start: int, size: int) -> bytes:
        if (declared := self._declared(name)) != start + size:
            raise Unsound(f"is damaged: {name} has {declared - start:,} bytes, its header says {size:,}")
        with parsing(), opened(self.archive, name + _ENDING, start + size) as stream:
            stream.read(start)
            content = stream.read(size)
        if len(content) != size:
            raise Unsound(f"is damaged: {name} ends after {len(content):,} of {size:,} bytes")
        return content

    def _declared(self, name: str) -> int:
        return self.archive.getinfo(name + _ENDING).file_size
