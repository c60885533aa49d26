"""The smallest size, among equally spaced ones, at which an attack of a given size succeeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.examples import Examples, Victim, Watch
from harness.kinds.confirmation import exact_margin
from harness.kinds.recipe import Frozen

Sized = Callable[[float, Examples, Watch], Examples]
"""An attack at a size: (size, clean images, watch) -> an example of each image, ``found`` in float64."""


class Smallest(Frozen):
    """The smallest size that succeeds, up to the attack's own. Every size is tried: success need not be monotonic."""

    among: int = Field(100, ge=2, le=10_000)
    """Number of sizes, equally spaced up to the attack's own; an image that already meets the criterion needs
    none."""
    error_above: float | None = Field(None, ge=0, lt=1)
    """One size for all images: the smallest with which more than this fraction of them meets the criterion. null:
    one size for each image."""

    def search(self, attacked: Sized, largest: float, victim: Victim, clean: Examples, watch: Watch) -> Examples:
        """Return the examples of the smallest size that succeeds, of the largest one where none does.

        Args:
            attacked: the attack.
            largest: its own size.
            victim: the model attacked.
            clean: the images, and what is wanted of each.
            watch: called with the share of the sizes tried.
        """
        found = exact_margin(victim, clean.images, *clean.criterion) > 0
        sizes = self._sizes(largest, watch)
        if self.error_above is None:
            return _for_each(attacked, clean, found, sizes)
        return _for_all(attacked, clean, found, sizes, self.error_above)

    def _sizes(self, largest: float, watch: Watch) -> Iterator[tuple[float, Watch]]:
        """Yield every size, smallest first, and how its progress is watched."""
        for k in range(1, self.among + 1):

            def watch_size(done: float, note: str, k: int = k) -> None:
                watch((k - 1 + done) / self.among, f"size {k} of {self.among}: {note}")

            yield largest * k / self.among, watch_size


class SizedAttack:
    """Mixed into an attack with a field ``smallest``: what is true of it where the smallest size is searched."""

    if TYPE_CHECKING:
        smallest: Smallest | None

    @property
    def runs_until_found(self) -> bool:
        """Whether each image gets ever larger sizes until one succeeds."""
        return self.smallest is not None and self.smallest.error_above is None

    @property
    def one_for_all(self) -> bool:
        """Whether one size is searched for all images."""
        return self.smallest is not None and self.smallest.error_above is not None

    @property
    def sizes_tried(self) -> int:
        """Sizes tried, at most."""
        return 1 if self.smallest is None else self.smallest.among


def _for_each(
    attacked: Sized, clean: Examples, found: NDArray[np.bool_], sizes: Iterator[tuple[float, Watch]]
) -> Examples:
    """Attack each image at ever larger sizes until it is found."""
    made = clean.crafted(clean.images, found)
    for size, watch in sizes:
        rest = np.flatnonzero(~np.asarray(made.found))
        if not len(rest):
            break
        made = made.with_rows(rest, attacked(size, clean.take(rest), watch))
    return made


def _for_all(
    attacked: Sized, clean: Examples, found: NDArray[np.bool_], sizes: Iterator[tuple[float, Watch]], above: float
) -> Examples:
    """Attack all images at ever larger sizes until more than a share of them is found."""
    made = clean.crafted(clean.images.copy(), found)
    for size, watch in sizes:
        if np.mean(np.asarray(made.found)) > above:
            break
        made = attacked(size, clean, watch)
    return made


def sized(
    smallest: Smallest | None, attacked: Sized, size: float, victim: Victim, clean: Examples, watch: Watch
) -> Examples:
    """Attack at a size, or at the smallest up to it that succeeds."""
    return attacked(size, clean, watch) if smallest is None else smallest.search(attacked, size, victim, clean, watch)
