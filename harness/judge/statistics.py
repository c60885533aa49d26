"""Statistics of a verdict: confidence and prediction intervals, margins, the test and its p-value.

- The test is an equivalence test by the confidence interval of the mean, which at level 1 - 2α is Schuirmann's TOST at α
  (Schuirmann 1987, J. Pharmacokinet. Biopharm. 15, 657-680).
- α is split over the looks (``harness/judge/looks.py``), so that testing again with more runs is allowed.
- The standard deviation may be pooled with the pilot's (``harness/judge/pooling.py``): ``df`` are its degrees of freedom,
  n - 1 where nothing else is said.
- A printed number is refuted only outside the prediction interval for one more run, or whatever else it is
  (``harness/judge/printed.py``).
- Rates have Wilson's score interval (Wilson 1927, J. Am. Stat. Assoc. 22, 209-212).
- Many claims are corrected by Holm's procedure (Holm 1979, Scand. J. Stat. 6, 65-70).

Functions take arrays as well as numbers: the simulations of the error rates run the same code as judging.
Distributions come from ``scipy.special``; ``scipy.stats`` takes a second to import.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from harness.judge.looks import LADDER, LEVEL, Ladder, alpha
from harness.judge.printed import ONE_RUN, Offsets, PrintedNumber, t_quantile

CENTRAL = 0.95
"""Share of numbers from equal samples that a margin should include, for every level of the test."""
NORMAL = 1.96
"""Quantile of the normal distribution for this share."""
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


def half_width(sd: ArrayLike, n: int, *, df: ArrayLike | None = None, ladder: Ladder = LADDER) -> NDArray[np.float64]:
    """Return half the (1 - 2 alpha) t-interval of a mean over n >= 2 runs."""
    return np.asarray(t_quantile(_df(n, df), 1 - alpha(n, ladder)) * np.asarray(sd) / math.sqrt(n))


def _df(n: int, df: ArrayLike | None) -> NDArray[np.float64]:
    """Return the degrees of freedom of a standard deviation: those given, or of n runs alone."""
    return np.asarray(n - 1 if df is None else df, dtype=np.float64)


def predicted(
    sd: ArrayLike,
    n: int,
    number: PrintedNumber = ONE_RUN,
    *,
    df: ArrayLike | None = None,
    ladder: Ladder = LADDER,
) -> Offsets:
    """Return the prediction interval for the printed number, as distances from our mean.

    The level is 1 - alpha(n), two-sided: 95 % over all looks. At a flat 95 % per look, three tests would refute one in ten
    papers whose number is another run.

    Args:
        sd: standard deviation between our runs.
        n: number of our runs.
        number: how the printed number came about; one run if nothing is said.
        df: degrees of freedom of ``sd``.
        ladder: the looks.
    """
    return number.prediction(sd, n, _df(n, df), alpha(n, ladder))


def decide(
    difference: ArrayLike,
    sd: ArrayLike,
    n: int,
    region: Region,
    number: PrintedNumber = ONE_RUN,
    *,
    df: ArrayLike | None = None,
    ladder: Ladder = LADDER,
) -> NDArray[np.int8]:
    """Decide claims from the mean difference over runs.

    Args:
        difference: mean over runs minus the printed number, or mean of the paired differences.
        sd: standard deviation between runs, floored at the resolution of the measurement.
        n: number of runs; below the first look nothing is decided.
        region: what the relation accepts and refutes.
        number: how the printed number came about; that of two measures of one claim is 0, and no run.
        df: degrees of freedom of ``sd``.
        ladder: the looks.

    Returns:
        REPRODUCED, REFUTED or OPEN for each.
    """
    mean = np.asarray(difference, dtype=np.float64)
    if n < min(ladder):
        return np.zeros(mean.shape, np.int8)
    low, high = (mean + end for end in number.interval(sd, n, _df(n, df), alpha(n, ladder)))
    # TOST: both one-sided tests reject at alpha(n) exactly if the (1 - 2 alpha) interval lies within the region.
    reproduced = (region.accept[0] < low) & (high < region.accept[1])
    refuted = (high < region.refute[0]) | (low > region.refute[1])
    # The interval is that of our mean; the printed number is a single run, which may lie outside it by chance.
    if region.printed:
        least, greatest = predicted(sd, n, number, df=df, ladder=ladder)
        refuted &= (-mean < least) | (-mean > greatest)
    return np.where(reproduced, REPRODUCED, np.where(refuted, REFUTED, OPEN)).astype(np.int8)


def decide_exact(difference: float, region: Region, number: PrintedNumber = ONE_RUN, *, level: float = LEVEL) -> int:
    """Decide a deterministic claim: no interval; bounds are included, except a bound of 0, which states an order.

    Args:
        difference: measured minus printed, or minus the other measure.
        region: what the relation accepts and refutes.
        number: how the printed number came about.
        level: of the interval within which the printed number may lie from ours by the paper's own error.
    """
    tolerance = 1e-9 * max(1.0, *(abs(bound) for bound in region.accept if math.isfinite(bound)))

    def within(bounds: tuple[float, float]) -> bool:
        low, high = bounds
        above = difference >= low - tolerance if low else difference > tolerance
        return above and (difference <= high + tolerance if high else difference < -tolerance)

    if within(region.accept):
        return REPRODUCED
    # Between the regions of a bound or an order; or within the sampling error of the paper's number.
    between = region.accept != region.refute and within(region.refute)
    plausible = region.printed and abs(difference) <= number.allowance(level)
    return OPEN if between or plausible else REFUTED


def p_value(
    difference: float, sd: float, n: int, region: Region, number: PrintedNumber = ONE_RUN, *, df: float | None = None
) -> float:
    """Return the p-value of a refutation, which is below alpha exactly where ``decide`` refutes: the larger of two.

    - One-sided, of a mean at least this far outside the refuting region if the true difference is at its nearest bound.
    - Two-sided, of a printed number at least this far from our mean if it is one more run (the prediction interval's test).

    A refutation needs both tests to reject (an intersection-union test, Berger 1982, Technometrics 24, 295-300), so the
    larger p-value is its own. Holm's correction on the first alone would refute one of 47 right numbers in 34 % of audits
    at margins of one standard deviation.
    """
    freedom = n - 1 if df is None else df
    above = number.edge(difference - region.refute[1], sd, n, freedom)
    below = number.edge(region.refute[0] - difference, sd, n, freedom, lower=True)
    margin = min(above, below)
    return max(margin, number.another(-difference, sd, n, freedom)) if region.printed else margin


def settling_look(
    difference: float,
    sd: float,
    n: int,
    region: Region,
    number: PrintedNumber = ONE_RUN,
    *,
    df: float | None = None,
    ladder: Ladder = LADDER,
) -> int | None:
    """Return the next look that decides the claim if mean and standard deviation stay the same; None if none does."""

    def decides(look: int) -> bool:
        later = None if df is None else df + look - n
        return bool(decide(difference, sd, look, region, number, df=later, ladder=ladder) != OPEN)

    return next((look for look in ladder if look > n and decides(look)), None)


def why_open(
    difference: float,
    sd: float,
    n: int,
    region: Region,
    number: PrintedNumber = ONE_RUN,
    *,
    df: float | None = None,
    ladder: Ladder = LADDER,
) -> tuple[str, int | None]:
    """Return the reason code of an inconclusive claim, and the look that decides it if mean and standard deviation stay the same.

    ``too-few-runs``: below the first look. ``noisy``: a later look would decide. ``margin-below-noise``: the interval is
    wider than the margin even at the last look. ``borderline``: the difference lies at the edge of the margin.
    """
    if n < min(ladder):
        return "too-few-runs", min(ladder)
    look = settling_look(difference, sd, n, region, number, df=df, ladder=ladder)
    if look is not None:
        return "noisy", look
    # No look decides. Either the noise is too large (the interval is wider than the margin even at the last look, or
    # only the prediction interval prevents a refutation), or the difference lies at the edge.
    last = max(n, *ladder)
    width = min(-region.accept[0], region.accept[1])
    least, most = number.interval(sd, last, _df(last, None if df is None else df + last - n), alpha(last, ladder))
    low, high = (difference + end for end in number.interval(sd, n, _df(n, df), alpha(n, ladder)))
    vetoed = high < region.refute[0] or low > region.refute[1]
    hidden = region.printed and vetoed
    two_sided = math.isfinite(region.accept[0]) and math.isfinite(region.accept[1])
    return ("margin-below-noise" if hidden or (two_sided and 2 * width <= most - least) else "borderline"), None


def spread(values: Sequence[float], resolution: float = 0.0) -> float:
    """Return the standard deviation over runs, at least the resolution of the measurement.

    A count k/n cannot change by less than 1/n: three runs that agree to the image may still be one image off. Without
    the floor, small counts are wrongly reproduced in up to 8 % of cases (by simulation); with it in less than 5 %.
    """
    agree = max(values) == min(values)  # rounding of their mean would give numpy a spread above 0
    return max(0.0 if agree else float(np.std(values, ddof=1)), resolution)


def wilson_interval(count: int, images: int, level: float) -> tuple[float, float]:
    """Return the Wilson score interval of a rate counted on a number of images, within [0, 1] (Wilson 1927)."""
    rate, z = count / images, float(ndtri((1 + level) / 2))
    centre = (rate + z**2 / (2 * images)) / (1 + z**2 / images)
    half = float(wilson_half_width(rate, images, level))
    # At the ends centre and half-width differ by rounding alone.
    return 0.0 if not count else max(centre - half, 0.0), 1.0 if count == images else min(centre + half, 1.0)


def wilson_half_width(rate: ArrayLike, images: int, level: float = CENTRAL) -> NDArray[np.float64]:
    """Return half the Wilson score interval of a rate counted on a number of images; positive at 0 and 1 too."""
    z = ndtri((1 + level) / 2)
    rate = np.asarray(rate, dtype=np.float64)
    return np.asarray(z / (1 + z**2 / images) * np.sqrt(rate * (1 - rate) / images + z**2 / (4 * images**2)))


def sampling_margin(
    half: ArrayLike, pilot_sd: ArrayLike = 0.0, image_variance: ArrayLike = 0.0, images: int | None = None
) -> NDArray[np.float64]:
    """Return the margin of a number estimated from a sample: Δ² = half² + 1.96² τ², τ² = max(s² - v/n, 0).

    The printed number has two independent errors: which images the paper drew, and which run it printed. Between runs of
    ours, which draw n images each, the variance is s² = τ² + v/n; taking our own sampling error v/n out leaves the variance
    τ² between runs on the same images (the method of moments for a variance component: Searle, Casella and McCulloch 1992,
    Variance Components, section 3.5). So a smaller sample of ours makes no wider margin, apart from the error of this estimate.

    Args:
        half: half the 95 % interval of the paper's own count, or of its mean over images.
        pilot_sd: standard deviation s between pilot runs.
        image_variance: variance v over the images of one run.
        images: number n of images that each run samples; None if it samples none, which then add nothing to its variance.
    """
    ours = np.asarray(image_variance) / images if images else 0.0
    between = np.maximum(np.square(pilot_sd) - ours, 0)
    return np.sqrt(np.square(half) + NORMAL**2 * between)


def same_images_margin(pilot_sd: ArrayLike) -> NDArray[np.float64]:
    """Return the margin of a number measured on the same images as in the paper: 1.96 · sqrt(2) s.

    Two runs on the same images differ only by the variance between runs: with standard deviation s each, their difference
    stays within 1.96 sqrt(2) s in 95 % of cases. It is the reproducibility limit of ISO 5725-6:1994, section 4.1.4, 2.8 s.
    """
    return NORMAL * math.sqrt(2) * np.asarray(pilot_sd, dtype=np.float64)


def holm(p_values: Sequence[float], level: float = LEVEL) -> tuple[bool, ...]:
    """Return which hypotheses Holm's step-down procedure rejects (Holm 1979), in the order given."""
    rejected = [False] * len(p_values)
    # Smallest p-value first, at level / m; each next one at level / (m - rank), until one fails.
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[index] > level / (len(p_values) - rank):
            break
        rejected[index] = True
    return tuple(rejected)
