"""The fraction of images a model misclassifies."""

from __future__ import annotations

from harness.examples import Examples, Value, Victim
from harness.kinds.metric import MetricRecipe
from harness.kinds.registry import metric


@metric("error-rate", edition=1)
class ErrorRate(MetricRecipe):
    """Fraction of images whose predicted class is not the true one.

    Crafted images are compared with the true class of their original too: on the model they were made for, this counts
    the attack's successes; on another model, how many examples transfer.
    """

    unit = "fraction"
    at_full_success = 1.0

    def measure(self, victim: Victim | None, examples: Examples) -> Value:
        """Return misclassified images / images."""
        assert victim is not None
        return Value.rate(victim.predict(examples.images) != examples.labels)
