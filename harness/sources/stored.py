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
    """

    dtype: str
    kind: str
    shape: tuple[int, ...]
    itemsize: int
    read: Callable[[], NDArray[Any]]

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
