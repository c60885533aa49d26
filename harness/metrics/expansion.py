"""The largest ratio of the distance of logits to the distance of images, over images and their adversarial examples."""

from __future__ import annotations

import numpy as np

from harness.errors import Invalid
from harness.examples import Examples, Value, Victim
from harness.kinds.metric import MetricRecipe
from harness.kinds.registry import metric


@metric("expansion", edition=1)
class Expansion(MetricRecipe):
    """Largest ‖f(x') - f(x)‖ / ‖x' - x‖ over images x and their adversarial examples x', successful or not; f are the logits.

    A lower bound of the network's Lipschitz constant; ``operator-norm`` is an upper bound. Computed in float64.
    An image that the attack did not change has no such ratio.
    """

    unit = "number"
    statistic = "number"
    needs = ("victim", "clean", "made")

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return the largest ratio, over so many images that were moved."""
        assert clean is not None
        assert made is not None
        (victim,), rows = victims, clean.rows_of(made.index)
        if rows.min() < 0:
            raise Invalid(
                f"expansion: {np.count_nonzero(rows < 0)} adversarial images have an index that no clean image has"
            )
        before = clean.images[rows]
        apart = _length(made.images.astype(np.float64) - before)
        moved = np.flatnonzero(apart)
        if not len(moved):
            raise Invalid(f"expansion: the attack did not change any of the {len(made)} images")
        logits = victim.exact_logits(made.images[moved]) - victim.exact_logits(before[moved])
        return Value(float((_length(logits) / apart[moved]).max()), of=len(np.unique(made.index[moved])))


def _length(difference: np.ndarray) -> np.ndarray:
    """Return the Euclidean length of each member."""
    return np.asarray(np.linalg.norm(difference.reshape(len(difference), -1), axis=1))
