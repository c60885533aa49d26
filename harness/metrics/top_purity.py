"""How many of the top images of a unit, or of a random direction, have one class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.examples import Examples, Victim
from harness.kinds.registry import metric
from harness.kinds.top_images import TopImages


@metric("top-purity", edition=1)
class TopPurity(TopImages):
    """Fraction of the most common true class among the top-activating images, averaged over units or directions.

    It is 1 if the top images of every unit have the same class; the minimum is 1 / top.
    """

    unit = "fraction"
    called = "class purity of the top images"

    def score(self, victim: Victim, images: Examples, tops: NDArray[np.int64]) -> float:
        """Return the mean share, in (0, 1]."""
        labels = images.labels[tops]
        alike = (labels[:, :, None] == labels[:, None, :]).sum(axis=2)
        return float(alike.max(axis=1).mean() / self.top)
