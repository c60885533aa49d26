"""The mean distance of the examples an attack found from their images, in a norm."""

from __future__ import annotations

from harness.errors import Invalid
from harness.examples import Examples, Value, Victim
from harness.kinds.distances import BINS, Distances
from harness.kinds.registry import metric


@metric("distance", edition=1)
class Distance(Distances):
    """Mean of ‖x' - x‖ over the images x for which the attack found an example x'.

    With ``relative`` and DeepFool's examples it is the authors' rho (Moosavi-Dezfooli et al. 2016, section 4). It
    is ``distortion`` in other norms (``norm: rms`` is the same number without a unit). For an attack that
    searches for the closest example it is the mean smallest epsilon. ``perturbation-norm`` is the mean over all
    images.
    """

    statistic = "mean"
    better = "lower"
    over = "found"

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return the mean, its spread over images and the histogram."""
        assert made is not None
        assert made.found is not None
        if not made.found.any():
            raise Invalid(f"distance: the attack found no example for any of {len(made)} images")
        return self.mean_of(self.distances(clean, made)[made.found], BINS)
