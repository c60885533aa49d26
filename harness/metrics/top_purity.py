"""How many of the top images of a unit, or of a random direction, have one class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.examples import Examples, Victim
from harness.kinds.registry import metric
from harness.kinds.top_images import TopImages


@metric("top-purity", edition=1)
class TopPurity(TopImages):
    """Share of the commonest true class among the images with the largest activation, the mean over units or directions.

    1 where every unit has top images of one class; 1 / top is the least there is.
    """

    unit = "fraction"
    called = "class purity of the top images"

    def score(self, victim: Victim, images: Examples, tops: NDArray[np.int64]) -> float:
        """Return the mean share, in (0, 1]."""
        labels = images.labels[tops]
        alike = (labels[:, :, None] == labels[:, None, :]).sum(axis=2)
        return float(alike.max(axis=1).mean() / self.top)
