"""Base of metrics on distances: how far what an attack made is from the image it was made of, in a norm."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harness.errors import Invalid, plural
from harness.examples import Examples
from harness.kinds.metric import MetricRecipe

BINS = 32
"""Bars of a histogram over images, from 0 to the largest number."""
AT_ONCE = 2048
"""Images whose distances are computed together: squared in float64, all at once would take many times their memory."""


NormName = Literal["l2", "linf", "l0", "rms"]
"""Euclidean; the largest change of any number; how many numbers changed; Euclidean over the root of how many there are."""


def lengths(norm: NormName, difference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the norm of each member of ``(n, …)``, ``(n,)``."""
    flat = difference.reshape(len(difference), -1)
    if norm == "linf":
        return np.asarray(np.abs(flat).max(axis=1))
    if norm == "l0":
        return np.asarray(np.count_nonzero(flat, axis=1), np.float64)
    squared = np.sum(flat**2, axis=1)
    return np.asarray(np.sqrt(squared / flat.shape[1] if norm == "rms" else squared))


class Distances(MetricRecipe):
    """A metric on ‖x' - x‖ for images x and their adversarial examples x', pixels in [0, 1]. Computed in float64."""

    unit = "number"
    needs = ("clean", "made")

    norm: NormName = "l2"
    """The norm: Euclidean; the largest change of any value; the number of changed values (a colour pixel has
    three); or the root mean square, which is the ``distortion`` of the first paper."""
    relative: bool = False
    """Whether each distance is divided by the same norm of the clean image: ‖x' - x‖ / ‖x‖."""

    def distances(self, clean: Examples | None, made: Examples | None) -> NDArray[np.float64]:
        """Return the distance of every example from its image, ``(n,)``, in the order of ``made``.

        Raises:
            Invalid: for an example of no clean image, and for a clean image of norm 0 where distances are relative.
        """
        assert clean is not None
        assert made is not None
        rows = clean.rows_of(made.index)
        if foreign := int(np.count_nonzero(rows < 0)):
            raise Invalid(
                f"{self.kind}: index: expected the indices of clean images; {plural(foreign, 'example')} has another index"
            )
        parts = [np.arange(start, min(start + AT_ONCE, len(made))) for start in range(0, len(made), AT_ONCE)]
        return np.concatenate([self._part(clean.take(rows[part]), made.take(part)) for part in parts])

    def _part(self, clean: Examples, made: Examples) -> NDArray[np.float64]:
        """Return the distances of some examples from the images beside them."""
        before = clean.images.astype(np.float64)
        moved = lengths(self.norm, made.images - before)
        if not self.relative:
            return moved
        size = lengths(self.norm, before)
        if not size.all():
            raise Invalid(
                f"{self.kind}: relative: expected clean images with a norm above 0, found the image of index "
                f"{clean.index[size == 0][0]} with the norm 0; write relative: false, or leave such images out"
            )
        return moved / size
