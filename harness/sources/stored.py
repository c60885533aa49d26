"""The arrays of a file, whose dtypes and shapes are known before they are unpacked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

from numpy.typing import NDArray


@dataclass(frozen=True)
class Stored:
    """An array of a file.

    Attributes:
        dtype: as the file names it.
        kind: ``f`` for floats, ``u`` and ``i`` for integers, another letter for what is no number (as NumPy's).
        shape: its shape.
        itemsize: bytes of an element.
        read: unpacks it; raises Unsound where it is damaged.
        ones_ahead: whether axes of length 1 may stand before its own, as where every array is given four.
    """

    dtype: str
    kind: str
    shape: tuple[int, ...]
    itemsize: int
    read: Callable[[], NDArray[Any]]
    ones_ahead: bool = False

    def has(self, shape: tuple[int, ...]) -> bool:
        """Whether it has a shape, axes ahead aside."""
        extra = len(self.shape) - len(shape)
        ahead = self.shape[:extra] if self.ones_ahead and extra > 0 else ()
        return set(ahead) <= {1} and self.shape[len(ahead) :] == shape

    @property
    def size(self) -> int:
        """How many bytes it unpacks to."""
        return prod(self.shape) * self.itemsize


class Container(Protocol):
    """A file of arrays."""

    names: tuple[str, ...]

    def stored(self, name: str) -> Stored:
        """Return what the file says of one of its arrays.

        Raises:
            Unsound: if what it says is damaged, or the array holds Python objects.
        """
