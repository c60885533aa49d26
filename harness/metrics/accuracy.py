"""The fraction of images a model classifies correctly."""

from __future__ import annotations

from harness.examples import Examples, Value, Victim
from harness.kinds.class_rate import ClassRate
from harness.kinds.registry import metric


@metric("accuracy", edition=1)
class Accuracy(ClassRate):
    """Fraction of images whose predicted class is the true one, for papers that print accuracies instead of errors.

    Adversarial examples, too, are compared with the true class of the original image.
    """

    better = "higher"
    at_full_success = 0.0

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return correctly classified images / images."""
        (victim,), images = victims, self.counted(self.shown(clean, made))
        return Value.rate(victim.predict(images.images) == images.labels)
