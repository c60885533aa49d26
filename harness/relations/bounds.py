"""Bounds: a number is at most, or at least, the printed one.

A printed bound is rounded, hence the slack u of half a printed unit in the accepting region. The margin only makes a
bound harder to refute.
"""

from __future__ import annotations

import math

from harness.kinds.quantity import Bounds
from harness.kinds.relation import Against, Relation, Told, relation


class Bound(Relation):
    """The difference lies on one side of 0."""

    against = Against.PRINTED
    reason = "within-bound"
    edge = "the bound"

    def reproduced(self, told: Told) -> str:
        """Name the bound."""
        return "within the printed bound"

    def refuted(self, told: Told) -> str:
        """Name the bound and the margin."""
        return f"beyond the printed bound by more than {told.width}"

    def undecided(self, told: Told) -> str:
        """Name the bound and the margin, between which a claim is inconclusive."""
        return f"the interval is neither within the printed bound nor beyond it by more than {told.width}"

    def undecided_exactly(self, told: Told) -> str:
        """Name the margin."""
        return f"beyond the printed bound, but by no more than {told.width}"


@relation("at_most")
class AtMost(Bound):
    """An upper bound."""

    says = "the mean over runs is at most the printed number; refuted where it exceeds that by the margin"
    phrase = "is at most the printed"
    signs = ("≤", "<")
    before = "at most "

    def accepts(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return (-∞, u)."""
        return -math.inf, slack

    def refutes(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return (-∞, Δ]."""
        return -math.inf, margin


@relation("at_least")
class AtLeast(Bound):
    """A lower bound."""

    says = "the mean over runs is at least the printed number; refuted where it is less by the margin"
    phrase = "is at least the printed"
    signs = ("≥", ">")
    before = "at least "

    def accepts(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return (-u, ∞)."""
        return -slack, math.inf

    def refutes(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return [-Δ, ∞)."""
        return -margin, math.inf
