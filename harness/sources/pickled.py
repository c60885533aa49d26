"""Unpickles arrays of numbers and nothing else: no code of a pickle, and none of NumPy's, is run by it."""

from __future__ import annotations

import pickle
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from harness.sources import Unsound, printable

MOST_PARTS = 10_000
"""A pickle with more arrays, tuples and numbers is refused: a short pickle can name the same part many times."""
_CODE = re.compile("[fiu][1248]")
_PLAIN_STATE = (3, (None, None, None, -1, -1, 0))
"""Version of a pickled type, and what follows its byte order where it is a plain number."""


_REFUSED = frozenset(
    {pickle.PERSID, pickle.BINPERSID, pickle.INST, pickle.OBJ, pickle.NEWOBJ, pickle.NEWOBJ_EX, pickle.EXT1, pickle.EXT2,
     pickle.EXT4, pickle.BYTEARRAY8, pickle.NEXT_BUFFER, pickle.READONLY_BUFFER, pickle.EMPTY_SET, pickle.ADDITEMS,
     pickle.FROZENSET}
)  # fmt: skip
"""Opcodes that no array needs."""


_KEYS = (str, bytes, int, float)
"""Types of keys. Tuples are none: to hash one of sixty within one another, each twice the one below, would never end."""


def checked_key(key: Any) -> Any:
    """Return a dictionary's key; raise Unsound for one whose hash may take for ever."""
    if type(key) not in _KEYS or (type(key) is int and abs(key) >= 2**31):
        raise Unsound("is damaged: it holds a dictionary whose keys are neither texts nor small numbers")
    return key


class _Kind:
    """What a pickle says of an array's type; NumPy's own would believe flags that make it read foreign memory."""

    def __init__(self, code: Any, align: Any = False, copy: Any = False) -> None:
        self.code, self.order = _text(code), "="

    def __setstate__(self, state: Any) -> None:
        version, order, *rest = state
        if (version, tuple(rest)) != _PLAIN_STATE or _text(order) not in {"<", ">", "|", "="}:
            raise Unsound("holds an array that is not of plain numbers")
        self.order = _text(order)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type, of plain numbers alone."""
        if not _CODE.fullmatch(self.code):
            raise Unsound(f"holds an array of {self.code[:20]!r}, expected plain numbers")
        return np.dtype(f"{self.order}{self.code}")


class _Array:
    """What a pickle says of an array, until all of it is known."""

    def __init__(self) -> None:
        self.values: NDArray[Any] = np.empty(0)

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, by_columns, raw = state
        if (
            type(kind) is not _Kind
            or type(raw) is not bytes
            or not all(type(side) is int and side >= 0 for side in shape)
        ):
            raise Unsound("holds an array that is not of plain numbers")
        flat = np.frombuffer(raw, kind.dtype)
        self.values = flat.reshape(shape, order="F" if by_columns else "C")


def _reconstruct(cls: Any, shape: Any, code: Any) -> _Array:
    """Begin an array, as NumPy's function of this name does."""
    return _Array()


_KNOWN: Mapping[tuple[str, str], Any] = MappingProxyType(
    {
        ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy", "ndarray"): _Array,
        ("numpy", "dtype"): _Kind,
    }
)
"""Module and name -> what takes its place; NumPy's package ``core`` is now called ``_core``."""


_LOAD: Mapping[int, Callable[[Any], None]] = pickle._Unpickler.dispatch  # noqa: SLF001


def _build(reader: Any) -> None:
    """Give a value a state; a function of ours would be changed for the files that follow."""
    if type(reader.stack[-2]) not in reader.built:
        raise Unsound("sets a state on an object that has none")
    _LOAD[pickle.BUILD[0]](reader)


def _set_item(reader: Any) -> None:
    checked_key(reader.stack[-2])
    _LOAD[pickle.SETITEM[0]](reader)


def _set_items(reader: Any) -> None:
    for key in reader.stack[::2]:
        checked_key(key)
    _LOAD[pickle.SETITEMS[0]](reader)


def _make_dictionary(reader: Any) -> None:
    for key in reader.stack[::2]:
        checked_key(key)
    _LOAD[pickle.DICT[0]](reader)


_CHECKED: Mapping[int, Callable[[Any], None]] = {
    pickle.BUILD[0]: _build,
    pickle.SETITEM[0]: _set_item,
    pickle.SETITEMS[0]: _set_items,
    pickle.DICT[0]: _make_dictionary,
}
"""Opcodes that are looked at before they are done."""


class Restricted(pickle._Unpickler):  # noqa: SLF001  the one in C takes gigabytes for a number of four bytes
    """Knows some constructors by name alone; nothing is imported, and what takes their place is ours."""

    dispatch = {op: load for op, load in _LOAD.items() if bytes([op]) not in _REFUSED} | dict(_CHECKED)
    known: ClassVar[Mapping[tuple[str, str], Any]] = _KNOWN
    """Module and name -> what takes its place."""
    built: ClassVar[tuple[type, ...]] = (_Array, _Kind)
    """Types whose values a pickle may give a state; whatever else it names is ours, and stays as it is."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what takes the place of a constructor of arrays.

        Raises:
            Unsound: for every other name.
        """
        if (module, name) not in self.known:
            raise Unsound(f"refers to {module[:80]}.{name[:80]}, which is not an array type")
        return self.known[module, name]


def unpickle(content: bytes) -> Any:
    """Return the arrays of a pickle, within whatever tuples, lists and dictionaries it holds; texts as bytes.

    Raises:
        Unsound: if it is damaged, or holds anything but arrays of plain numbers and plain data.
    """
    try:
        return _finished(Restricted(BytesIO(content), encoding="bytes").load(), iter(range(MOST_PARTS)))
    except (Unsound, MemoryError):
        raise
    except Exception as error:  # the opcodes of a damaged pickle may raise any error
        raise Unsound(f"is damaged: {printable(error)}") from error


def _finished(value: Any, parts: Iterator[int]) -> Any:
    """Return a value with the arrays in it in their place."""
    if next(parts, None) is None:
        raise Unsound(f"holds more than {MOST_PARTS:,} parts")
    if type(value) is _Array:
        return value.values
    if type(value) is dict:
        return {key: _finished(part, parts) for key, part in value.items()}
    if type(value) in {tuple, list}:
        return type(value)(_finished(part, parts) for part in value)
    if value is None or type(value) in {bool, int, float, str, bytes}:
        return value
    raise Unsound(f"holds a {type(value).__name__.strip('_')}, expected arrays and plain data")


def _text(value: Any) -> str:
    """Return a text that Python 2 may have pickled as bytes; raise Unsound where it is none."""
    if type(value) not in {str, bytes}:
        raise Unsound("is damaged: it gives no dtype")
    return value.decode("ascii") if type(value) is bytes else str(value)


def gunzip(content: bytes, most: int) -> bytes:
    """Return what a gzip file holds.

    Raises:
        Unsound: if it is damaged, or unpacks to more than ``most`` bytes.
    """
    stream = zlib.decompressobj(31)
    try:
        unpacked = stream.decompress(content, most + 1)
    except zlib.error as error:
        raise Unsound(f"is damaged: {printable(error)}") from error
    if len(unpacked) > most:
        raise Unsound(f"is damaged: it unpacks to more than {most:,} bytes")
    if not stream.eof:
        raise Unsound("is damaged: it is cut short")
    return unpacked
