"""Reads arrays out of a ``.caffemodel`` file by layer and number ("conv1/0"): a NetParameter of Caffe's caffe.proto."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.sources import Unsound
from harness.sources.protobuf import Message, Value, varints
from harness.sources.stored import Stored

MOST_FIELDS = 100_000
"""A file with more fields is refused, within half a second; AlexNet's has some hundred."""
MOST_AXES = 32
"""No array has more (Caffe's ``kMaxBlobAxes``)."""
_LAYER, _NAME, _BLOBS = 100, 1, 7
"""Field of NetParameter that holds a layer, and the layer's fields that hold its name and its arrays."""
_LAYER_V1, _NAME_V1, _BLOBS_V1 = 2, 4, 6
"""As they were until 2014."""
_LAYER_V0, _NAME_V0, _BLOBS_V0 = 1, 1, 50
"""As they were until 2013, within a layer of the second version."""
_FLOATS, _SHAPE, _DOUBLES = 5, 7, 8
"""Fields of an array that hold its numbers and its shape."""
_SIDES = (1, 2, 3, 4)
"""Fields of an array that say one of four sides each, as was written until 2014; one that is absent is 1."""
_DIM = 1
"""Field of a shape that holds all sides."""


@dataclass(frozen=True)
class _Blob:
    """An array: its shape, whether that was written as four sides, and its numbers in pieces."""

    shape: tuple[int, ...]
    four_sides: bool
    dtype: str
    pieces: tuple[memoryview, ...]

    def read(self) -> NDArray[Any]:
        size, wanted = sum(map(len, self.pieces)), prod(self.shape) * np.dtype(self.dtype).itemsize
        if size != wanted:
            raise Unsound(f"is damaged: an array of the shape {self.shape} has {size:,} bytes, expected {wanted:,}")
        content = self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)
        return np.frombuffer(content, self.dtype).reshape(self.shape)


class CaffeModel:
    """The arrays of a ``.caffemodel`` file (``stored.Container``), in Caffe's order: filters, channels, height, width."""

    def __init__(self, content: bytes) -> None:
        """Find all arrays; none is copied.

        Raises:
            Unsound: if it is no such file, or a damaged one.
        """
        try:
            self.blobs = _blobs(Message(MOST_FIELDS), memoryview(content))
        except Unsound as trouble:
            raise Unsound(f"is not a .caffemodel file, or is damaged: it {trouble}") from trouble
        self.names = tuple(self.blobs)

    def stored(self, name: str) -> Stored:
        """Return what the file says of an array."""
        blob = self.blobs[name]
        dtype = np.dtype(blob.dtype)
        return Stored(dtype.name, dtype.kind, blob.shape, dtype.itemsize, blob.read, ones_ahead=blob.four_sides)


def _blobs(reader: Message, net: memoryview) -> dict[str, _Blob]:
    """Return the arrays of all layers by name."""
    found: dict[str, _Blob] = {}
    for name, blobs in _layers(reader, net):
        for k, blob in enumerate(blobs):
            if f"{name}/{k}" in found:
                raise Unsound(f"has two layers {name[:80]!r}")
            found[f"{name}/{k}"] = _blob(reader, blob)
    if not found:
        raise Unsound("has no layer with weights")
    return found


def _layers(reader: Message, net: memoryview) -> Iterator[tuple[str, list[memoryview]]]:
    """Yield the name and the arrays of every layer, of whichever of the three versions."""
    for field, value in reader.fields(net):
        if field == _LAYER:
            yield _layer(_parts(reader, value), _NAME, _BLOBS)
        elif field == _LAYER_V1:
            parts = _parts(reader, value)
            yield _layer(parts, _NAME_V1, _BLOBS_V1)
            for older in parts.get(_LAYER_V0, ()):
                yield _layer(_parts(reader, older), _NAME_V0, _BLOBS_V0)


def _layer(parts: dict[int, list[Value]], name: int, blobs: int) -> tuple[str, list[memoryview]]:
    try:
        text = bytes(_bytes(parts[name][-1])).decode() if name in parts else ""
    except UnicodeDecodeError as error:
        raise Unsound("is damaged: a layer's name is not text") from error
    return text, [_bytes(value) for value in parts.get(blobs, ())]


def _blob(reader: Message, message: memoryview) -> _Blob:
    """Return an array; its differences, which training leaves in the file, are passed over."""
    parts = _parts(reader, message)
    if _SHAPE in parts:
        dims = _parts(reader, parts[_SHAPE][-1]).get(_DIM, [])
        shape = tuple(islice((side for dim in dims for side in varints(dim)), MOST_AXES + 1))
    else:
        shape = tuple(next(varints(parts[side][-1]), 0) if side in parts else 1 for side in _SIDES)
    if len(shape) > MOST_AXES or max(shape, default=0) >= 2**63:
        raise Unsound(f"is damaged: an array would have the shape {', '.join(map(str, shape[:5]))}, …")
    field, dtype = (_FLOATS, "<f4") if _FLOATS in parts else (_DOUBLES, "<f8")
    return _Blob(shape, _SHAPE not in parts, dtype, tuple(map(_bytes, parts.get(field, ()))))


def _parts(reader: Message, value: Value) -> dict[int, list[Value]]:
    """Return the values of each field of a message."""
    found: dict[int, list[Value]] = {}
    for field, each in reader.fields(_bytes(value)):
        found.setdefault(field, []).append(each)
    return found


def _bytes(value: Value) -> memoryview:
    if isinstance(value, int):
        raise Unsound("is damaged: a number is where a message or text should be")
    return value
