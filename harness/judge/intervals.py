"""The intervals a verdict shows, cut off at the range of the measure, and whether they support the decision.

- Confidence interval of the mean: t-interval over runs, or the Wilson score interval (Wilson 1927) of a rate whose runs
  agree to the image.
- Prediction interval for one more run (Hahn and Meeker 1991).
"""

from __future__ import annotations

import math

from harness.judge.looks import confidence
from harness.judge.observed import Observed
from harness.judge.statistics import (
    REPRODUCED,
    Region,
    half_width,
    prediction_half_width,
    wilson_interval,
)
from harness.spec.claim import Expected
from harness.spec.ranges import difference_range, value_range


def interval(expected: Expected, observed: Observed, runs: int | None = None) -> tuple[float, float]:
    """Return the confidence interval of a mean over runs, or of the mean paired difference.

    Args:
        expected: what the paper prints.
        observed: the runs, at least two.
        runs: number of runs to assume, spread like these; by default their own number.
    """
    n = runs or observed.n
    # Runs that agree have no spread to build a t-interval on; the images of all runs together bound the rate.
    if expected.relates.printed and observed.agree and observed.holds is not None:
        count, images = (part * n // observed.n for part in observed.holds)
        if math.isclose(count / images, observed.mean * expected.scale, abs_tol=1e-9):  # not of splits of unequal size
            low, high = wilson_interval(count, images, confidence(n, observed.ladder))
            return low / expected.scale, high / expected.scale
    assert observed.sd is not None
    assert observed.df is not None
    half = float(half_width(observed.sd, n, df=observed.df + n - observed.n, ladder=observed.ladder))
    if expected.relates.paired:
        return _within(observed.difference, half, difference_range(expected))
    return _within(observed.mean, half, value_range(expected))


def _within(centre: float, half: float, ends: tuple[float, float]) -> tuple[float, float]:
    """Return centre ± half, cut off at the ends of the range; the centre stays inside, even if a defect moved it out."""
    low, high = min(ends[0], centre), max(ends[1], centre)
    return max(centre - half, low), min(centre + half, high)


def prediction(expected: Expected, observed: Observed, extra: float) -> tuple[float, float]:
    """Return the prediction interval for one more run, the paper's; ``extra`` as in ``prediction_half_width``."""
    assert observed.sd is not None
    half = float(prediction_half_width(observed.sd, observed.n, extra, df=observed.df, ladder=observed.ladder))
    return _within(observed.mean, half, value_range(expected))


def supports(shown: tuple[float, float], expected: Expected, bounds: Region, decision: int) -> bool:
    """Whether the interval shown supports a decision: wholly within the accepting region, or wholly outside the other."""
    reference = expected.number or 0.0 if expected.relates.printed else 0.0
    low, high = (end - reference for end in shown)
    if decision == REPRODUCED:
        return bounds.accept[0] < low and high < bounds.accept[1]
    return high < bounds.refute[0] or low > bounds.refute[1]


def settling_by(expected: Expected, observed: Observed, bounds: Region, decision: int, *, after: int) -> int | None:
    """Return the next look at which runs like these would give an interval that supports the decision; None if none would."""
    looks = (look for look in observed.ladder if look > after)
    return next((n for n in looks if supports(interval(expected, observed, n), expected, bounds, decision)), None)
