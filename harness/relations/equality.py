"""Equivalence: a number, or the ratio of two, equals the printed one, or another measure, within a margin.

The (1 - 2α) interval within (-Δ, Δ) is the same as both one-sided tests of Schuirmann's TOST rejecting at α (Schuirmann
1987, J. Pharmacokinet. Biopharm. 15, 657-680). The two regions are the same: an interval across an edge is inconclusive.
"""

from __future__ import annotations

from harness.kinds.quantity import Bounds
from harness.kinds.relation import Against, Relation, Told, relation


class Equality(Relation):
    """The difference lies within (-Δ, Δ)."""

    two_sided = True
    reason = "within-margin"

    def accepts(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return (-Δ, Δ)."""
        return -margin, margin

    def refutes(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return [-Δ, Δ]."""
        return -margin, margin

    def reproduced(self, told: Told) -> str:
        """Name the margin."""
        return f"within the margin of {told.margin}"

    def refuted(self, told: Told) -> str:
        """Name the margin."""
        return f"outside the margin of {told.margin}"

    def undecided(self, told: Told) -> str:
        """Name the margin."""
        return f"the interval lies partly outside the margin of {told.margin}"

    def undecided_exactly(self, told: Told) -> str:
        """Name the error of the printed number, the only reason why a deterministic number can be inconclusive."""
        return f"outside the margin of {told.margin}, but {told.error} could explain the difference"


@relation("close_to")
class CloseTo(Equality):
    """Equality with the printed number."""

    against = Against.PRINTED
    says = "the mean over runs equals the printed number, within the margin"
    phrase = "equals, within the margin, the printed"


@relation("equivalent_to")
class EquivalentTo(Equality):
    """Equality with another measure, paired by run."""

    against = Against.OTHER
    says = "the measure equals the other, paired by run, within the margin"
    phrase = "equals, within the margin, that of"


@relation("ratio")
class EqualRatio(Equality):
    """Equality of the ratio of two measures, paired by run, with the printed ratio."""

    against = Against.RATIO
    says = "the measure divided by the other, paired by run, equals the printed ratio, within the margin"
    phrase = "divided by that of the other equals, within the margin, the printed"
    widths = ("absolute", "relative", "same_images")
