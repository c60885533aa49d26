"""The mean distortion of all images, found or not."""

from __future__ import annotations

from harness.examples import Examples, Value, Victim
from harness.kinds.metric import MetricRecipe
from harness.kinds.registry import metric


@metric("perturbation", edition=1)
class Perturbation(MetricRecipe):
    """Mean over all images of sqrt(sum (x' - x)^2 / n), n pixels in an image, whether or not the attack succeeded.

    For noise and magnified examples, whose size is given. ``distortion`` is only over the examples found, and
    ``perturbation-norm`` is the same in other norms.
    """

    unit = "distortion"
    statistic = "mean"
    called = "distortion"
    needs = ("made",)

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return the mean and its spread over images."""
        assert made is not None
        assert made.distortion is not None
        return self.mean_of(made.distortion)
