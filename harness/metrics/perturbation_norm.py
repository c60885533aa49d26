"""The mean norm of what was added to all images, found or not."""

from __future__ import annotations

from harness.examples import Examples, Value, Victim
from harness.kinds.distances import Distances
from harness.kinds.registry import metric


@metric("perturbation-norm", edition=1)
class PerturbationNorm(Distances):
    """Mean of ‖x' - x‖ over all images x, whether or not the attack succeeded.

    It is ``perturbation`` in other norms, for attacks of a given size (noise, a fixed epsilon). If an attack
    searches for the closest example and fails, its result has no meaning; ``distance`` leaves such images out.
    """

    statistic = "mean"
    called = "norm of the perturbation"

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return the mean and its spread over images."""
        return self.mean_of(self.distances(clean, made))
