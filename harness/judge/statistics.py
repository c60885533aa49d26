"""Statistics of a verdict: confidence and prediction intervals, margins, the test, its p-value and its power.

- The test is an equivalence test by the confidence interval of the mean, which at level 1 - 2α is Schuirmann's TOST at α
  (Schuirmann 1987, J. Pharmacokinet. Biopharm. 15, 657-680).
- α is split over the rungs of the ladder by Bonferroni's inequality, so that testing again with more runs is allowed.
- A printed number is refuted only outside the prediction interval for one more run (Hahn and Meeker 1991, Statistical
  Intervals, chapter 4).
- Rates have Wilson's score interval (Wilson 1927, J. Am. Stat. Assoc. 22, 209-212).
- Many claims are corrected by Holm's procedure (Holm 1979, Scand. J. Stat. 6, 65-70).

Functions take arrays as well as numbers: the simulations that check the error rates run the very code that judges.
Distributions come from ``scipy.special``; ``scipy.stats`` takes a second to import.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv, ndtr, ndtri, stdtr, stdtrit

LADDER: dict[int, float] = {3: 0.03, 5: 0.012, 10: 0.008}
"""The looks of a group-sequential test: number of runs at which a claim is tested -> one-sided alpha there. The alphas
add up to LEVEL: by Bonferroni's inequality, testing at every rung makes a wrong decision with at most that probability.
Three tests at .05 each would make one in up to 13 % of cases (by simulation)."""
LEVEL = 0.05
"""Family-wise error rate over the whole ladder."""
FIRST, LAST = min(LADDER), max(LADDER)
FLOAT_NOISE = 2.0**-23
"""Relative size of float32 rounding: the least spread of a value that is not a count."""

REPRODUCED, OPEN, REFUTED = 1, 0, -1


@dataclass(frozen=True)
class Region:
    """Accepting and refuting region of a relation, for the difference from the printed (or the other) number.

    Attributes:
        accept: open bounds; an interval wholly within them reproduces the claim.
        refute: bounds; an interval wholly outside them refutes it.
        printed: whether the difference is from a printed number, which is one run of unknown spread.
    """

    accept: tuple[float, float]
    refute: tuple[float, float]
    printed: bool = True


def alpha(n: int) -> float:
    """Return the one-sided alpha for n runs: that of the highest rung reached, or of the first rung for fewer runs."""
    return LADDER[max((rung for rung in LADDER if rung <= n), default=FIRST)]


def half_width(sd: ArrayLike, n: int) -> NDArray[np.float64]:
    """Return half the (1 - 2 alpha) t-interval of a mean over n >= 2 runs."""
    return np.asarray(stdtrit(n - 1, 1 - alpha(n)) * np.asarray(sd) / math.sqrt(n))


def prediction_half_width(sd: ArrayLike, n: int, extra: float = 0.0) -> NDArray[np.float64]:
    """Return half the prediction interval for one more run, the paper's: t · sqrt(s² (1 + 1/n) + extra).

    Hahn and Meeker 1991, chapter 4, with the extra variance added. The level is 1 - alpha(n), two-sided: 95 % over the
    whole ladder. At a flat 95 % per rung, three tests would refute one in ten papers whose number is another run.

    Args:
        sd: standard deviation between our runs.
        n: number of our runs.
        extra: variance the paper's run has beyond ours, because it was measured on fewer images.
    """
    return np.asarray(stdtrit(n - 1, 1 - alpha(n) / 2) * np.sqrt(np.square(sd) * (1 + 1 / n) + extra))


def decide(difference: ArrayLike, sd: ArrayLike, n: int, region: Region, extra: float = 0.0) -> NDArray[np.int8]:
    """Decide claims from the mean difference over runs.

    Args:
        difference: mean over runs minus the printed number, or mean of the paired differences.
        sd: standard deviation between runs, floored at the resolution of the measurement.
        n: number of runs; below the ladder's first rung nothing is decided.
        region: what the relation accepts and refutes.
        extra: as in ``prediction_half_width``.

    Returns:
        REPRODUCED, REFUTED or OPEN for each.
    """
    mean = np.asarray(difference, dtype=np.float64)
    if n < FIRST:
        return np.zeros(mean.shape, np.int8)
    half = half_width(sd, n)
    low, high = mean - half, mean + half
    # TOST: both one-sided tests reject at alpha(n) exactly if the (1 - 2 alpha) interval lies within the region.
    reproduced = (region.accept[0] < low) & (high < region.accept[1])
    refuted = (high < region.refute[0]) | (low > region.refute[1])
    # The interval is of our mean; the printed number is a single run, which may fall outside it by chance.
    if region.printed:
        refuted &= np.abs(mean) > prediction_half_width(sd, n, extra)
    return np.where(reproduced, REPRODUCED, np.where(refuted, REFUTED, OPEN)).astype(np.int8)


def decide_exact(difference: float, region: Region, extra: float = 0.0) -> int:
    """Decide a deterministic claim: no interval; bounds are included, except a bound of 0, which states an order.

    Args:
        difference: measured minus printed, or minus the other measure.
        region: what the relation accepts and refutes.
        extra: variance of the paper's number because it was counted on fewer images.
    """
    tolerance = 1e-9 * max(1.0, *(abs(bound) for bound in region.accept if math.isfinite(bound)))

    def within(bounds: tuple[float, float]) -> bool:
        low, high = bounds
        above = difference >= low - tolerance if low else difference > tolerance
        return above and (difference <= high + tolerance if high else difference < -tolerance)

    if within(region.accept):
        return REPRODUCED
    # Between the regions of a bound or an order; or within the sampling error of the paper's own count.
    between = region.accept != region.refute and within(region.refute)
    plausible = region.printed and abs(difference) <= ndtri(1 - LEVEL / 2) * math.sqrt(extra)
    return OPEN if between or plausible else REFUTED


def p_value(difference: float, sd: float, n: int, region: Region) -> float:
    """Return the one-sided p-value of a mean outside the refuting region, were the true difference at its nearest bound."""
    beyond = max(difference - region.refute[1], region.refute[0] - difference)
    return float(stdtr(n - 1, -beyond * math.sqrt(n) / sd)) if sd else float(beyond < 0)


def settling_runs(difference: float, sd: float, n: int, region: Region, extra: float = 0.0) -> int | None:
    """Return the next rung at which runs like these would decide the claim; None if no rung would."""
    rungs = (rung for rung in LADDER if rung > n)
    return next((rung for rung in rungs if decide(difference, sd, rung, region, extra) != OPEN), None)


def why_open(difference: float, sd: float, n: int, region: Region, extra: float = 0.0) -> tuple[str, int | None]:
    """Return the reason code of an open claim, and the number of runs that would settle it.

    ``too-few-runs``: below the first rung. ``noisy``: a higher rung would decide. ``margin-below-noise``: the interval is
    wider than the margin even at the last rung. ``borderline``: the difference lies at the edge of the margin.
    """
    if n < FIRST:
        return "too-few-runs", FIRST
    runs = settling_runs(difference, sd, n, region, extra)
    if runs is not None:
        return "noisy", runs
    # No rung decides. Either the noise is too large (the interval is wider than the margin even at the last rung, or
    # only the prediction interval prevents a refutation), or the difference lies at the edge.
    width = min(-region.accept[0], region.accept[1])
    most = half_width(sd, max(n, LAST))
    half = half_width(sd, n)
    vetoed = difference + half < region.refute[0] or difference - half > region.refute[1]
    hidden = region.printed and vetoed
    two_sided = math.isfinite(region.accept[0]) and math.isfinite(region.accept[1])
    return ("margin-below-noise" if hidden or (two_sided and width <= most) else "borderline"), None


def spread(values: Sequence[float], resolution: float = 0.0) -> float:
    """Return the standard deviation over runs, at least the resolution of the measurement.

    A count k/n cannot change by less than 1/n: three runs that agree to the image may still be one image off. Without
    the floor, small counts are wrongly reproduced in up to 8 % of cases (by simulation); with it in less than 5 %.
    """
    agree = max(values) == min(values)  # rounding of their mean would give numpy a spread above 0
    return max(0.0 if agree else float(np.std(values, ddof=1)), resolution)


def confidence(n: int) -> float:
    """Return the confidence level of the interval of a mean over n runs, 1 - 2 alpha."""
    return 1 - 2 * alpha(n)


def wilson_interval(count: int, images: int, level: float) -> tuple[float, float]:
    """Return the Wilson score interval of a rate counted on a number of images, within [0, 1] (Wilson 1927)."""
    rate, z = count / images, float(ndtri((1 + level) / 2))
    centre = (rate + z**2 / (2 * images)) / (1 + z**2 / images)
    half = float(wilson_half_width(rate, images, level))
    # At the ends centre and half-width differ by rounding alone.
    return 0.0 if not count else max(centre - half, 0.0), 1.0 if count == images else min(centre + half, 1.0)


def wilson_half_width(rate: ArrayLike, images: int, level: float = 1 - LEVEL) -> NDArray[np.float64]:
    """Return half the Wilson score interval of a rate counted on a number of images; positive at 0 and 1 too."""
    z = ndtri((1 + level) / 2)
    rate = np.asarray(rate, dtype=np.float64)
    return np.asarray(z / (1 + z**2 / images) * np.sqrt(rate * (1 - rate) / images + z**2 / (4 * images**2)))


def sampling_margin(half: ArrayLike, pilot_sd: ArrayLike) -> Any:
    """Return the margin of a number estimated from a sample: Δ² = half² + (2 pilot standard deviations)².

    The two errors are independent, so that their variances add: which images the paper drew, and which run it printed.
    """
    return np.hypot(half, 2 * np.asarray(pilot_sd))


def power(margin: float, sd: float, n: int) -> float:
    """Return the power of the equivalence test at a true difference of 0, to about four digits.

    Given the sample standard deviation s, the mean must lie within margin - t s / sqrt(n) of 0; this is averaged over
    the chi distribution of s, at 4000 quantiles.

    Args:
        margin: half-width Δ of ``close_to`` or ``equivalent_to``.
        sd: true standard deviation between runs, in the margin's unit.
        n: number of runs; the power is 0 below the first rung of the ladder.
    """
    if n < FIRST:
        return 0.0
    if sd <= 0:
        return 1.0
    quantiles = (np.arange(4000) + 0.5) / 4000
    seen = sd * np.sqrt(2 * gammaincinv((n - 1) / 2, quantiles) / (n - 1))
    slack = np.maximum(margin - half_width(seen, n), 0) * math.sqrt(n) / sd
    return float(np.mean(2 * ndtr(slack) - 1))


def holm(p_values: Sequence[float], level: float = LEVEL) -> tuple[bool, ...]:
    """Return which hypotheses Holm's step-down procedure rejects (Holm 1979), in the order given."""
    rejected = [False] * len(p_values)
    # Smallest p-value first, at level / m; each next one at level / (m - rank), until one fails.
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[index] > level / (len(p_values) - rank):
            break
        rejected[index] = True
    return tuple(rejected)
