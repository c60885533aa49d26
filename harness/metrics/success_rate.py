"""The fraction of images an attack found an example for."""

from __future__ import annotations

from harness.examples import Examples, Value, Victim
from harness.kinds.class_rate import ClassRate
from harness.kinds.registry import metric


@metric("success-rate", edition=1)
class SuccessRate(ClassRate):
    """Fraction of images for which the attack met its criterion within the [0, 1] box."""

    better = "higher"
    called = "rate of success"
    at_full_success = 1.0
    needs = ("made",)

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return images found / images attacked."""
        assert made is not None
        found = self.counted(made).found
        assert found is not None
        return Value.rate(found)
