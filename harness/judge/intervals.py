"""The intervals a verdict shows, within what a measure can be, and whether they bear out what was decided."""

from __future__ import annotations

import math

from harness.judge.observed import Observed
from harness.judge.statistics import (
    LADDER,
    REPRODUCED,
    Region,
    confidence,
    half_width,
    prediction_half_width,
    wilson_interval,
)
from harness.spec.claim import AGAINST_OTHER, AGAINST_PRINTED, Expected
from harness.spec.ranges import difference_range, value_range


def interval(expected: Expected, observed: Observed, runs: int | None = None) -> tuple[float, float]:
    """Return the interval of a mean over runs that differ, or of a paired difference; as if there were more ``runs``.

    Of a rate that is the same in all runs, the spread between runs says nothing: the Wilson score interval over the
    images of all runs does. Any other is a t-interval, cut off where no value can lie.
    """
    n = runs or observed.n
    if expected.relation in AGAINST_PRINTED and observed.agree and observed.holds is not None:
        count, images = (part * n // observed.n for part in observed.holds)
        if math.isclose(count / images, observed.mean * expected.scale, abs_tol=1e-9):  # not of splits of unequal size
            low, high = wilson_interval(count, images, confidence(n))
            return low / expected.scale, high / expected.scale
    assert observed.sd is not None
    half = float(half_width(observed.sd, n))
    if expected.relation in AGAINST_OTHER:
        return _within(observed.difference, half, difference_range(expected))
    return _within(observed.mean, half, value_range(expected))


def _within(centre: float, half: float, ends: tuple[float, float]) -> tuple[float, float]:
    """Return centre ± half, cut off at the ends; a centre beyond an end (of a defect) is not cut off."""
    low, high = min(ends[0], centre), max(ends[1], centre)
    return max(centre - half, low), min(centre + half, high)


def prediction(expected: Expected, observed: Observed, extra: float) -> tuple[float, float]:
    """Return the interval in which one more run, the paper's, would lie; ``extra`` as in ``prediction_half_width``."""
    assert observed.sd is not None
    half = float(prediction_half_width(observed.sd, observed.n, extra))
    return _within(observed.mean, half, value_range(expected))


def supports(shown: tuple[float, float], expected: Expected, bounds: Region, decision: int) -> bool:
    """Whether the interval that is shown bears out a decision: within what reproduces, or outside what refutes."""
    reference = expected.number or 0.0 if expected.relation in AGAINST_PRINTED else 0.0
    low, high = (end - reference for end in shown)
    if decision == REPRODUCED:
        return bounds.accept[0] < low and high < bounds.accept[1]
    return high < bounds.refute[0] or low > bounds.refute[1]


def settling_rung(expected: Expected, observed: Observed, bounds: Region, decision: int, *, after: int) -> int | None:
    """Return the next rung at which runs like these would narrow the interval enough; None if none would."""
    rungs = (rung for rung in LADDER if rung > after)
    return next((r for r in rungs if supports(interval(expected, observed, r), expected, bounds, decision)), None)
