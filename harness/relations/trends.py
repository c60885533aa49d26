"""Trends: along a list of models or splits a measure rises, or falls, from each member to the next.

A ranking is a trend too: the members are listed in the order the paper ranks them. Each member must be shown to lie beyond
the one before it, paired by run; the margin, if one is declared, only makes a trend harder to refute.
"""

from __future__ import annotations

import math
from typing import ClassVar

from harness.kinds.quantity import Bounds
from harness.kinds.relation import Against, Relation, Told, relation


class Trend(Relation):
    """The difference of a member from the one before it has one sign."""

    against = Against.NEIGHBOUR
    takes_margin = "optional"
    reason = "as-ordered"
    refuted_reason = "opposite"
    near = "the two are so close"
    expected: ClassVar[str]
    """Where a member lies: ``higher`` or ``lower`` than the one before it."""

    def reproduced(self, told: Told) -> str:
        """Name the order."""
        return f"each is {self.expected} than the one before it, as {told.says}"

    def refuted(self, told: Told) -> str:
        """Name the order stated."""
        return f"it is not, where {told.says} that each is {self.expected} than the one before it"

    def undecided(self, told: Told) -> str:
        """Say that either may be the higher one."""
        return "the interval does not tell which of the two is higher"

    def undecided_exactly(self, told: Told) -> str:
        """Name the margin."""
        return f"on the wrong side, but by no more than {told.width}"


@relation("increasing")
class Increasing(Trend):
    """The measure rises along the list."""

    says = "along the list of models or data each has a higher measure than the one before it, paired by run"
    phrase = "rises from each member of the list to the next"
    expected = "higher"

    def accepts(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return (0, ∞)."""
        return 0.0, math.inf

    def refutes(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return [-Δ, ∞)."""
        return -margin, math.inf


@relation("decreasing")
class Decreasing(Trend):
    """The measure falls along the list."""

    says = "along the list of models or data each has a lower measure than the one before it, paired by run"
    phrase = "falls from each member of the list to the next"
    expected = "lower"

    def accepts(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return (-∞, 0)."""
        return -math.inf, 0.0

    def refutes(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return (-∞, Δ]."""
        return -math.inf, margin
