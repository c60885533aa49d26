"""The mean norm of what was added to all images, found or not."""

from __future__ import annotations

from harness.examples import Examples, Value, Victim
from harness.kinds.distances import Distances
from harness.kinds.registry import metric


@metric("perturbation-norm", edition=1)
class PerturbationNorm(Distances):
    """Mean of ‖x' - x‖ over all images x, whether or not the model was fooled by x'.

    As ``perturbation``, in other norms. For attacks whose size is given (noise, a fixed epsilon): what an attack that looks for
    the nearest example leaves where it found none means nothing, and ``distance`` leaves that out.
    """

    statistic = "mean"
    called = "norm of the perturbation"

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return the mean and its spread over images."""
        return self.mean_of(self.distances(clean, made))
