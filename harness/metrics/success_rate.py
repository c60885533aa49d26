"""The fraction of images an attack found an example for."""

from __future__ import annotations

from harness.examples import Examples, Value, Victim
from harness.kinds.metric import MetricRecipe
from harness.kinds.registry import metric


@metric("success-rate", edition=1)
class SuccessRate(MetricRecipe):
    """Fraction of images for which the attack met its criterion within the [0, 1] box."""

    unit = "fraction"
    at_full_success = 1.0
    needs_victim = False
    needs_attack = True

    def measure(self, victim: Victim | None, examples: Examples) -> Value:
        """Return images found / images attacked."""
        assert examples.found is not None
        return Value.rate(examples.found)
