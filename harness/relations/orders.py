"""Orders: one measure is less, or greater, than another, paired by run.

The difference must lie beyond 0, without slack. The margin, if one is declared, only makes an order harder to refute.
"""

from __future__ import annotations

import math
from typing import ClassVar

from harness.kinds.quantity import Bounds
from harness.kinds.relation import Against, Relation, Told, relation


class Order(Relation):
    """The paired difference has one sign."""

    against = Against.OTHER
    takes_margin = "optional"
    reason = "as-ordered"
    refuted_reason = "opposite"
    ordinal = True
    near = "the two are so close"
    expected: ClassVar[str]
    """Where the measure lies: ``lower`` or ``higher`` than the other."""

    def reproduced(self, told: Told) -> str:
        """Name the order."""
        return f"{self.expected}, as {told.says}"

    def refuted(self, told: Told) -> str:
        """Name the order found and the one stated."""
        found = "the same" if not told.difference else "higher" if told.difference > 0 else "lower"
        return f"{found}, where {told.says} {self.expected}"

    def undecided(self, told: Told) -> str:
        """Say that either may be the higher one."""
        return "the interval does not tell which is higher"

    def undecided_exactly(self, told: Told) -> str:
        """Name the margin."""
        return f"on the wrong side, but by no more than {told.width}"


@relation("less_than")
class LessThan(Order):
    """The measure is less than the other."""

    says = "the measure is less than the other, paired by run; refuted where it is more (by the margin, if any)"
    phrase = "is less than that of"
    expected = "lower"

    def accepts(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return (-∞, 0)."""
        return -math.inf, 0.0

    def refutes(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return (-∞, Δ]."""
        return -math.inf, margin


@relation("greater_than")
class GreaterThan(Order):
    """The measure is greater than the other."""

    says = "the measure is more than the other, paired by run; refuted where it is less (by the margin, if any)"
    phrase = "is greater than that of"
    expected = "higher"

    def accepts(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return (0, ∞)."""
        return 0.0, math.inf

    def refutes(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return [-Δ, ∞)."""
        return -margin, math.inf
