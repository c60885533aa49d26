"""Orders: one measure is less, or greater, than another; or each member of a list than the one before it. Paired by run.

The difference must lie beyond 0, without slack. The margin, if one is declared, only makes an order harder to refute. A
ranking is a trend: the members are listed in the order the paper ranks them.
"""

from __future__ import annotations

import math
from typing import ClassVar

from harness.kinds.quantity import Bounds
from harness.kinds.relation import Against, Relation, Told, relation


class Ordered(Relation):
    """The paired difference has one sign."""

    takes_margin = "optional"
    reason = "as-ordered"
    refuted_reason = "opposite"
    near = "the two are too close"
    below: ClassVar[bool]
    """Whether the difference lies below 0."""

    @property
    def expected(self) -> str:
        """Where the measure lies: ``lower`` or ``higher`` than the other."""
        return "lower" if self.below else "higher"

    def accepts(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return (-∞, 0), or (0, ∞)."""
        return (-math.inf, 0.0) if self.below else (0.0, math.inf)

    def refutes(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return (-∞, Δ], or [-Δ, ∞)."""
        return (-math.inf, margin) if self.below else (-margin, math.inf)

    def undecided_exactly(self, told: Told) -> str:
        """Name the margin."""
        return f"in the opposite order, but by no more than {told.width}"


class Order(Ordered):
    """Of one measure and another."""

    against = Against.OTHER
    ordinal = True

    def reproduced(self, told: Told) -> str:
        """Name the order."""
        return f"{self.expected}, as {told.says}"

    def refuted(self, told: Told) -> str:
        """Name the order found and the one stated."""
        found = "the same" if not told.difference else "higher" if told.difference > 0 else "lower"
        return f"{found}, but {told.says} {self.expected}"

    def undecided(self, told: Told) -> str:
        """Say that either may be higher."""
        return "the interval does not show which is higher"


@relation("less_than")
class LessThan(Order):
    """The measure is less than the other."""

    says = "the measure is less than the other, paired by run; refuted where it is more (by the margin, if any)"
    phrase = "is less than that of"
    below = True


@relation("greater_than")
class GreaterThan(Order):
    """The measure is greater than the other."""

    says = "the measure is more than the other, paired by run; refuted where it is less (by the margin, if any)"
    phrase = "is greater than that of"
    below = False


class Trend(Ordered):
    """Of each member of a list and the one before it."""

    against = Against.NEIGHBOUR

    def reproduced(self, told: Told) -> str:
        """Name the order."""
        return f"each is {self.expected} than the one before it, as {told.says}"

    def refuted(self, told: Told) -> str:
        """Name the order stated."""
        return f"not in this order: {told.says} that each is {self.expected} than the one before it"

    def undecided(self, told: Told) -> str:
        """Say that either of the two may be higher."""
        return "the interval does not show which of the two is higher"


@relation("increasing")
class Increasing(Trend):
    """The measure rises along the list."""

    says = "along the list of models or data each has a higher measure than the one before it, paired by run"
    phrase = "rises from each member of the list to the next"
    below = False


@relation("decreasing")
class Decreasing(Trend):
    """The measure falls along the list."""

    says = "along the list of models or data each has a lower measure than the one before it, paired by run"
    phrase = "falls from each member of the list to the next"
    below = True
