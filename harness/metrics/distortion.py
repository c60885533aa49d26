"""The mean distortion of the examples an attack found."""

from __future__ import annotations

from harness.errors import Invalid
from harness.examples import Examples, Value, Victim
from harness.kinds.distances import BINS
from harness.kinds.metric import MetricRecipe
from harness.kinds.registry import metric


@metric("distortion", edition=1)
class Distortion(MetricRecipe):
    """Mean over images of sqrt(sum (x' - x)^2 / n), with n pixels in an image (Szegedy et al. 2014, section 4.1).

    Over the images for which the attack found an example; the record keeps their fraction. ``distance`` is the
    same in other norms.
    """

    unit = "distortion"
    statistic = "mean"
    better = "lower"
    over = "found"
    needs = ("made",)

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return the mean, its spread over images and the histogram."""
        assert made is not None
        assert made.found is not None
        assert made.distortion is not None
        reached = made.distortion[made.found]
        if not len(reached):
            raise Invalid(f"distortion: the attack found no example for any of {len(made)} images")
        return self.mean_of(reached, BINS)
