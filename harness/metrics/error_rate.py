"""The fraction of images a model misclassifies."""

from __future__ import annotations

from harness.examples import Examples, Value, Victim
from harness.kinds.class_rate import ClassRate
from harness.kinds.registry import metric


@metric("error-rate", edition=1)
class ErrorRate(ClassRate):
    """Fraction of images whose predicted class is not the true one.

    Adversarial examples, too, are compared with the true class of the original image. On the model they were made
    for, this is the attack's success rate; on another model, the transfer rate.
    """

    better = "lower"
    at_full_success = 1.0

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return misclassified images / images."""
        (victim,), images = victims, self.counted(self.shown(clean, made))
        return Value.rate(victim.predict(images.images) != images.labels)
