"""Reads arrays out of a ``.safetensors`` file by name: a header of JSON, then bytes (github.com/huggingface/safetensors)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.sources import Unsound, printable
from harness.sources.stored import Stored

MOST_HEADER = 16 * 2**20
"""No header is longer: some 100,000 arrays."""
MOST_AXES = 32
"""No array has more."""
_LENGTH = 8
"""Bytes that say how long the header is, little-endian."""
_METADATA = "__metadata__"
_DTYPES: Mapping[str, tuple[str, int, str]] = MappingProxyType(
    {
        "F64": ("f", 8, "<f8"), "F32": ("f", 4, "<f4"), "F16": ("f", 2, "<f2"), "BF16": ("f", 2, "<u2"),
        "I64": ("i", 8, "<i8"), "I32": ("i", 4, "<i4"), "I16": ("i", 2, "<i2"), "I8": ("i", 1, "i1"),
        "U64": ("u", 8, "<u8"), "U32": ("u", 4, "<u4"), "U16": ("u", 2, "<u2"), "U8": ("u", 1, "u1"),
        "BOOL": ("b", 1, "?"),
    }
)  # fmt: skip
"""The format's name -> kind, bytes of an element, and NumPy's name; NumPy has no bfloat16."""


class Safetensors:
    """The arrays of a ``.safetensors`` file (``stored.Container``)."""

    def __init__(self, content: bytes) -> None:
        """Read the header, and check that its arrays fill the rest of the file.

        Raises:
            Unsound: if they do not, or the header is damaged.
        """
        length = int.from_bytes(content[:_LENGTH], "little")
        start = _LENGTH + length
        if len(content) < _LENGTH or start > len(content) or length > MOST_HEADER:
            raise Unsound(
                f"is not a .safetensors file, or is damaged: its header would have {length:,} bytes, "
                f"expected at most {min(MOST_HEADER, max(0, len(content) - _LENGTH)):,}"
            )
        self.data = memoryview(content)[start:]
        self.entries = {
            name: _entry(name, value) for name, value in _header(content[_LENGTH:start]).items() if name != _METADATA
        }
        ends = [(0, 0), *sorted((each.begin, each.end) for each in self.entries.values())]
        if any(first[1] != second[0] for first, second in pairwise(ends)) or ends[-1][1] != len(self.data):
            raise Unsound(
                f"is damaged: its arrays do not fill the {len(self.data):,} bytes that follow its header, one after another"
            )
        self.names = tuple(self.entries)

    def stored(self, name: str) -> Stored:
        """Return what the header says of an array."""
        entry = self.entries[name]
        kind, size, plain = _DTYPES.get(entry.dtype, ("V", 0, ""))

        def read() -> NDArray[Any]:
            array = np.frombuffer(self.data[entry.begin : entry.end], plain).reshape(entry.shape)
            # bfloat16 is the upper half of float32.
            return (array.astype(np.uint32) << 16).view(np.float32) if entry.dtype == "BF16" else array

        return Stored(entry.dtype, kind, entry.shape, size, read)


@dataclass(frozen=True)
class _Entry:
    """What the header says of one array."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def _entry(name: str, value: Any) -> _Entry:
    """Return what the header says of an array.

    Raises:
        Unsound: if that cannot be.
    """
    match value:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [begin, end]} if (
            len(value) == 3 and len(shape) <= MOST_AXES and all(map(_is_count, (*shape, begin, end)))
        ):
            entry = _Entry(dtype, tuple(shape), begin, end)
        case _:
            raise Unsound(f"is damaged: its header has no dtype, shape and data_offsets for {name[:80]!r}")
    itemsize = _DTYPES.get(dtype, ("", 0, ""))[1]
    size = prod(shape) * itemsize if itemsize else end - begin
    if begin > end or size != end - begin:
        raise Unsound(
            f"is damaged: {name[:80]!r} is {dtype[:20]} {entry.shape} and would have {size:,} bytes, "
            f"but its data_offsets are {begin:,} and {end:,}"
        )
    return entry


def _is_count(number: Any) -> bool:
    return type(number) is int and 0 <= number < 2**63


def _header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text.decode(), object_pairs_hook=_unique)
    except (Unsound, MemoryError):
        raise
    except (ValueError, RecursionError) as error:
        raise Unsound(f"is damaged: its header is not JSON ({printable(error)})") from error
    if not isinstance(header, dict):
        raise Unsound("is damaged: its header is not a mapping from name to array")
    return header


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise Unsound("is damaged: its header has a name twice")
    return dict(pairs)
