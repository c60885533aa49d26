"""How programs that keep channels before height and width lay out a weight, and how it becomes Keras' layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

Sides = tuple[int, ...]


@dataclass(frozen=True)
class Axes:
    """A weight in a file of Caffe or PyTorch.

    Attributes:
        stored: its shape there.
        split: the same numbers in the same order, with an axis for each of Keras' axes, or for each part of one.
        order: which of these axes comes first, second, … in Keras.
    """

    stored: Sides
    split: Sides
    order: tuple[int, ...]

    @classmethod
    def kept(cls, shape: Sides) -> Axes:
        """Return the layout of an array that is the same in all programs, as those of one axis are."""
        return cls(shape, shape, tuple(range(len(shape))))

    @classmethod
    def of_dense(cls, image: Sides, units: int) -> Axes:
        """Return that of a matrix ``(units, inputs)``: Keras lays an image ``(h, w, c)`` flat row by row, others map by map."""
        if len(image) == 3:
            h, w, c = image
            return cls((units, h * w * c), (units, c, h, w), (2, 3, 1, 0))
        (inputs,) = image
        return cls((units, inputs), (units, inputs), (1, 0))

    @classmethod
    def of_filters(cls, kernel: Sides) -> Axes:
        """Return that of Keras' filters ``(rows, columns, channels, filters)``: ``(filters, channels, rows, columns)``."""
        rows, columns, channels, filters = kernel
        return cls((filters, channels, rows, columns), (filters, channels, rows, columns), (2, 3, 1, 0))

    def restored(self, array: NDArray[Any], shape: Sides) -> NDArray[Any]:
        """Return an array of the shape ``stored`` as Keras' weight of another."""
        return array.reshape(self.split).transpose(self.order).reshape(shape)
