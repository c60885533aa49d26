"""A relation in one file: within a factor of the printed number."""

from __future__ import annotations

from harness import Against, Relation, Told
from harness.kinds.quantity import Bounds


class WithinFactor(Relation):
    """|log(measured / printed)| < log f for the factor f, which is the absolute margin."""

    against = Against.PRINTED
    says = "the mean over runs is the printed number, within the factor that the margin gives"
    phrase = "is, within a factor, the printed"
    margin_is = "the factor itself"
    widths = ("absolute",)
    reason = "within-factor"
    two_sided = True
    edge = "the factor"

    def accepts(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return (p / f - p, p f - p)."""
        factor = max(margin, 1.0)
        return reference / factor - reference, reference * factor - reference

    def refutes(self, margin: float, slack: float, reference: float) -> Bounds:
        """As accepted."""
        return self.accepts(margin, slack, reference)

    def least_margin(self, slack: float, reference: float) -> float:
        """Return the factor that half a printed unit makes."""
        return (reference + slack) / reference

    def written(self, margin: float, width: str) -> str:
        """Name the factor."""
        return f"a factor of {margin:g}"

    def reproduced(self, told: Told) -> str:
        """Name the factor."""
        return f"within {told.margin}"

    def refuted(self, told: Told) -> str:
        """Name the factor."""
        return f"not within {told.margin}"

    def undecided(self, told: Told) -> str:
        """Name the factor."""
        return f"the interval lies partly outside {told.margin}"

    def undecided_exactly(self, told: Told) -> str:
        """Name the factor."""
        return f"not within {told.margin}, but {told.error} could explain the difference"
