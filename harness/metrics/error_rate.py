"""The fraction of images a model misclassifies."""

from __future__ import annotations

from harness.examples import Examples, Value, Victim
from harness.kinds.class_rate import ClassRate
from harness.kinds.registry import metric


@metric("error-rate", edition=1)
class ErrorRate(ClassRate):
    """Fraction of images whose predicted class is not the true one.

    Crafted images are compared with the true class of their original too: on the model they were made for, this counts
    the attack's successes; on another model, how many examples transfer.
    """

    better = "lower"
    at_full_success = 1.0

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return misclassified images / images."""
        (victim,), images = victims, self.counted(self.shown(clean, made))
        return Value.rate(victim.predict(images.images) != images.labels)
