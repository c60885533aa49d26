"""The arithmetic of a verdict: intervals over runs, margins, decisions and their error rates.

Every function takes arrays as well as numbers, so that the simulations that prove the error rates run the very code
that judges. Distributions come from ``scipy.special``; ``scipy.stats`` takes a second to import.
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
"""Runs at which a claim may be judged -> alpha of each side there. The alphas add up to LEVEL, so that looking at every
rung makes a wrong decision with at most that probability (a Bonferroni bound over the looks)."""
LEVEL = 0.05
"""Probability of a wrong decision over the whole ladder."""
FIRST, LAST = min(LADDER), max(LADDER)
FLOAT_NOISE = 2.0**-23
"""Relative size of float32 rounding: the least spread of a value that is not a count."""

REPRODUCED, OPEN, REFUTED = 1, 0, -1


@dataclass(frozen=True)
class Region:
    """What a relation accepts and what refutes it, for a difference from the printed (or the other) number.

    Attributes:
        accept: open bounds within which the whole interval must lie to reproduce the claim.
        refute: bounds outside which the whole interval must lie to refute it.
        printed: whether the difference is from a printed number, which is one run of unknown spread.
    """

    accept: tuple[float, float]
    refute: tuple[float, float]
    printed: bool = True


def alpha(n: int) -> float:
    """Return the one-sided alpha for n runs: that of the highest rung reached (of the first one below it)."""
    return LADDER[max((rung for rung in LADDER if rung <= n), default=FIRST)]


def half_width(sd: ArrayLike, n: int) -> NDArray[np.float64]:
    """Return half the (1 - 2 alpha) t-interval of a mean over n >= 2 runs."""
    return np.asarray(stdtrit(n - 1, 1 - alpha(n)) * np.asarray(sd) / math.sqrt(n))


def prediction_half_width(sd: ArrayLike, n: int, extra: float = 0.0) -> NDArray[np.float64]:
    """Return half the interval in which one more run, the paper's, would lie.

    Its level is 1 - alpha(n), two-sided: 95 % over the whole ladder. At a flat 95 % each, three looks would refute one
    in ten papers whose number is simply another run.

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
    reproduced = (region.accept[0] < low) & (high < region.accept[1])
    refuted = (high < region.refute[0]) | (low > region.refute[1])
    if region.printed:
        refuted &= np.abs(mean) > prediction_half_width(sd, n, extra)
    return np.where(reproduced, REPRODUCED, np.where(refuted, REFUTED, OPEN)).astype(np.int8)


def decide_exact(difference: float, region: Region, extra: float = 0.0) -> int:
    """Decide a claim behind which nothing random lies: no interval, bounds included (excluded where they are 0).

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
    between = region.accept != region.refute and within(region.refute)
    plausible = region.printed and abs(difference) <= ndtri(1 - LEVEL / 2) * math.sqrt(extra)
    return OPEN if between or plausible else REFUTED


def p_value(difference: float, sd: float, n: int, region: Region) -> float:
    """Return the probability of a mean so far outside, were the true difference at the nearest bound."""
    beyond = max(difference - region.refute[1], region.refute[0] - difference)
    return float(stdtr(n - 1, -beyond * math.sqrt(n) / sd)) if sd else float(beyond < 0)


def settling_runs(difference: float, sd: float, n: int, region: Region, extra: float = 0.0) -> int | None:
    """Return the next rung at which runs like these would decide the claim; None if no rung would."""
    rungs = (rung for rung in LADDER if rung > n)
    return next((rung for rung in rungs if decide(difference, sd, rung, region, extra) != OPEN), None)


def why_open(difference: float, sd: float, n: int, region: Region, extra: float = 0.0) -> tuple[str, int | None]:
    """Return why a claim judged on n runs is open, and the runs that would settle it.

    ``noisy``: a higher rung would decide. ``margin-below-noise``: the spread between runs hides so small a margin at
    any rung. ``borderline``: the difference itself lies at the margin's edge.
    """
    if n < FIRST:
        return "too-few-runs", FIRST
    runs = settling_runs(difference, sd, n, region, extra)
    if runs is not None:
        return "noisy", runs
    width = min(-region.accept[0], region.accept[1])
    most = half_width(sd, max(n, LAST))
    half = half_width(sd, n)
    vetoed = difference + half < region.refute[0] or difference - half > region.refute[1]
    hidden = region.printed and vetoed
    two_sided = math.isfinite(region.accept[0]) and math.isfinite(region.accept[1])
    return ("margin-below-noise" if hidden or (two_sided and width <= most) else "borderline"), None


def spread(values: Sequence[float], resolution: float = 0.0) -> float:
    """Return the standard deviation over runs, at least the resolution of the measurement.

    A count k/n cannot move by less than 1/n: three runs that agree to the image may still be one image off. Without
    the floor, small counts are wrongly reproduced in up to 8 % of cases (by simulation); with it in less than 5 %.
    """
    agree = max(values) == min(values)  # whose mean rounding may move, so that numpy finds a spread
    return max(0.0 if agree else float(np.std(values, ddof=1)), resolution)


def confidence(n: int) -> float:
    """Return the confidence level of the interval of a mean over n runs, 1 - 2 alpha."""
    return 1 - 2 * alpha(n)


def wilson_interval(count: int, images: int, level: float) -> tuple[float, float]:
    """Return the Wilson score interval of a rate counted on so many images (Wilson 1927), within [0, 1]."""
    rate, z = count / images, float(ndtri((1 + level) / 2))
    centre = (rate + z**2 / (2 * images)) / (1 + z**2 / images)
    half = float(wilson_half_width(rate, images, level))
    # At the ends centre and half-width differ by rounding alone.
    return 0.0 if not count else max(centre - half, 0.0), 1.0 if count == images else min(centre + half, 1.0)


def wilson_half_width(rate: ArrayLike, images: int, level: float = 1 - LEVEL) -> NDArray[np.float64]:
    """Return half the Wilson score interval of a rate counted on so many images (Wilson 1927); positive at 0 and 1."""
    z = ndtri((1 + level) / 2)
    rate = np.asarray(rate, dtype=np.float64)
    return np.asarray(z / (1 + z**2 / images) * np.sqrt(rate * (1 - rate) / images + z**2 / (4 * images**2)))


def sampling_margin(half: ArrayLike, pilot_sd: ArrayLike) -> Any:
    """Return the margin of a number read off a sample: Δ² = half² + (2 pilot standard deviations)²."""
    return np.hypot(half, 2 * np.asarray(pilot_sd))


def chance(margin: float, sd: float, n: int) -> float:
    """Return the probability that n runs reproduce a claim that is exactly right, to about four digits.

    Args:
        margin: half-width Δ of ``close_to`` or ``equivalent_to``.
        sd: true standard deviation between runs, in the margin's unit.
        n: number of runs; a chance of 0 below the ladder's first rung.
    """
    if n < FIRST:
        return 0.0
    if sd <= 0:
        return 1.0
    share = (np.arange(4000) + 0.5) / 4000
    seen = sd * np.sqrt(2 * gammaincinv((n - 1) / 2, share) / (n - 1))
    room = np.maximum(margin - half_width(seen, n), 0) * math.sqrt(n) / sd
    return float(np.mean(2 * ndtr(room) - 1))


def holm(p_values: Sequence[float], level: float = LEVEL) -> tuple[bool, ...]:
    """Return which hypotheses Holm's step-down procedure rejects (Holm 1979), in the order given."""
    rejected = [False] * len(p_values)
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[index] > level / (len(p_values) - rank):
            break
        rejected[index] = True
    return tuple(rejected)
