"""The distance within which an attack fools the network on a share of all images: the median, or the least epsilon for an error."""

from __future__ import annotations

import math

import numpy as np
from pydantic import Field

from harness.errors import Invalid
from harness.examples import Examples, Value, Victim
from harness.kinds.distances import Distances
from harness.kinds.registry import metric

ROUNDING = 1e-9
"""What a share written in decimals may be above the count it means: 0.07 · 100 is a little more than 7."""


@metric("distance-quantile", edition=1)
class DistanceQuantile(Distances):
    """Smallest epsilon such that a fraction of all images has examples with ‖x' - x‖ ≤ epsilon; 0.5: the median.

    An image without an example counts as farther than every other. For an attack that searches for each image's
    closest example, a share of 0.9 gives the smallest epsilon at which the network errs on 90 % of the images.
    """

    statistic = "number"
    better = "lower"
    called = "quantile of the distance"

    share: float = Field(0.5, gt=0, le=1)
    """The fraction of the images."""

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return the distance of the last image that the share needs, over all images."""
        assert made is not None
        assert made.found is not None
        needed = math.ceil(self.share * len(made) * (1 - ROUNDING))
        found = int(np.count_nonzero(made.found))
        if found < needed:
            raise Invalid(
                f"distance-quantile: share: expected examples for at least {needed} of {len(made)} images, found {found}; "
                "give the attack more steps, or set a smaller share"
            )
        return Value(float(np.sort(self.distances(clean, made)[made.found])[needed - 1]), of=len(made))
