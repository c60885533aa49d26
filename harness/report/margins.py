"""The common scale of all differences that are shown in colour or compared between claims: margins of the own claim."""

from __future__ import annotations

import math

from harness.report.case import Case


def allowed(case: Case) -> float | None:
    """Return half the width of the region that agrees with the paper; the margin if that region has one end only."""
    low, high = case.band or (-math.inf, math.inf)
    return (high - low) / 2 if math.isfinite(high - low) else case.verdict.margin


def in_margins(case: Case) -> float | None:
    """Return the distance of our number from the middle of the region that agrees, in halves of its width.

    Within −1 and 1 a number agrees. None if nothing was measured, or where that region has one end only.
    """
    low, high = case.band or (-math.inf, math.inf)
    mean = case.verdict.mean
    if mean is None or not math.isfinite(high - low) or high <= low:
        return None
    return (mean - (low + high) / 2) / ((high - low) / 2)
