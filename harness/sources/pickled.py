"""Unpickles NumPy arrays and nothing else: no code of a pickle is ever run."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Any

import numpy as np

from harness.sources import Unsound, in_a_line

_RECONSTRUCT = np.empty(0).__reduce__()[0]
_KNOWN: Mapping[tuple[str, str], Any] = MappingProxyType(
    {
        ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
        ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }
)
"""Module and name -> what a pickle may ask for; NumPy's room ``core`` is now called ``_core``."""


class _ArrayUnpickler(pickle.Unpickler):
    """Knows NumPy's constructors of arrays alone; a name is looked up in a table and never imported."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a constructor of arrays.

        Raises:
            Unsound: for every other name.
        """
        if (module, name) not in _KNOWN:
            raise Unsound(f"asks for {module}.{name}, which makes no array")
        return _KNOWN[module, name]


def unpickle(content: bytes) -> Any:
    """Return the arrays of a pickle, within whatever tuples, lists and dictionaries it holds; texts come as bytes.

    Raises:
        Unsound: if it is damaged, or holds anything but arrays and plain data.
    """
    try:
        return _ArrayUnpickler(BytesIO(content), encoding="bytes").load()
    except (Unsound, MemoryError):
        raise
    except Exception as error:  # a damaged pickle raises whatever its opcodes lead to
        raise Unsound(f"is damaged: {in_a_line(error)}") from error


def gunzip(content: bytes, most: int) -> bytes:
    """Return what a gzip file holds.

    Raises:
        Unsound: if it is damaged, or unpacks to more than ``most`` bytes.
    """
    stream = zlib.decompressobj(31)
    try:
        unpacked = stream.decompress(content, most + 1)
    except zlib.error as error:
        raise Unsound(f"is damaged: {in_a_line(error)}") from error
    if len(unpacked) > most:
        raise Unsound(f"is damaged: it unpacks to more than {most:,} bytes")
    if not stream.eof:
        raise Unsound("is damaged: it is cut short")
    return unpacked
