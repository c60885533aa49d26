"""The intervals of a verdict, truncated to the range of the measure, and whether they support the decision.

- Confidence interval of the mean: t-interval over runs, or the Wilson score interval (Wilson 1927) of a rate whose runs
  agree to the image. Of the best of several runs: that of the expected best.
- Prediction interval for the printed number (``harness/judge/printed.py``).
"""

from __future__ import annotations

import math

from harness.judge import statistics
from harness.judge.looks import alpha, confidence
from harness.judge.observed import Observed
from harness.judge.printed import ONE_RUN, PrintedNumber
from harness.judge.statistics import REPRODUCED, Region, wilson_interval
from harness.spec.claim import Expected
from harness.spec.ranges import quantity_range


def compared(expected: Expected, observed: Observed, number: PrintedNumber = ONE_RUN) -> float:
    """Return the number compared: the mean over runs, the mean paired difference, or the expected best of several runs."""
    if not expected.relates.printed:
        return observed.difference
    return observed.mean if observed.sd is None else observed.mean + float(number.expected(observed.sd))


def interval(
    expected: Expected, observed: Observed, number: PrintedNumber = ONE_RUN, runs: int | None = None
) -> tuple[float, float]:
    """Return the confidence interval of a mean over runs, or of the mean paired difference.

    Args:
        expected: what the paper prints.
        observed: the runs, at least two.
        number: how the printed number came about.
        runs: number of runs to assume, spread like these; by default their own number.
    """
    n = runs or observed.n
    # Equal runs have no variance for a t-interval; the images of all runs together give an interval of the rate.
    if expected.relates.printed and number.of_mean and observed.agree and observed.holds is not None:
        count, images = (part * n // observed.n for part in observed.holds)
        if math.isclose(count / images, observed.mean * expected.scale, abs_tol=1e-9):  # not of splits of unequal size
            low, high = wilson_interval(count, images, confidence(n, observed.ladder))
            return low / expected.scale, high / expected.scale
    assert observed.sd is not None
    assert observed.df is not None
    df = observed.df + n - observed.n
    low, high = (float(end) for end in number.interval(observed.sd, n, df, alpha(n, observed.ladder)))
    mean = observed.mean if expected.relates.printed else observed.difference
    return _cut_off(mean + low, mean + high, compared(expected, observed, number), expected)


def _cut_off(low: float, high: float, centre: float, expected: Expected) -> tuple[float, float]:
    """Return an interval truncated to the range; it always includes its centre, even if a defect moved that out of range."""
    least, greatest = quantity_range(expected)
    return max(low, min(least, centre)), min(high, max(greatest, centre))


def prediction(expected: Expected, observed: Observed, number: PrintedNumber) -> tuple[float, float]:
    """Return the prediction interval for the printed number, which is one more run unless ``number`` says otherwise."""
    assert observed.sd is not None
    low, high = statistics.predicted(observed.sd, observed.n, number, df=observed.df, ladder=observed.ladder)
    centre = compared(expected, observed, number)
    return _cut_off(observed.mean + float(low), observed.mean + float(high), centre, expected)


def supports(shown: tuple[float, float], expected: Expected, bounds: Region, decision: int) -> bool:
    """Whether the interval shown supports a decision: wholly within the accepting region, or wholly outside the other."""
    reference = expected.number or 0.0 if expected.relates.printed else 0.0
    low, high = (end - reference for end in shown)
    if decision == REPRODUCED:
        return bounds.accept[0] < low and high < bounds.accept[1]
    return high < bounds.refute[0] or low > bounds.refute[1]


def settling_by(
    expected: Expected, observed: Observed, number: PrintedNumber, bounds: Region, decision: int, *, after: int
) -> int | None:
    """Return the next look at which runs like these would give an interval that supports the decision; None if none would."""
    looks = (look for look in observed.ladder if look > after)
    return next(
        (n for n in looks if supports(interval(expected, observed, number, n), expected, bounds, decision)), None
    )
