"""Foresight: the probability that future runs decide a claim, from a pilot or from the runs so far.

Both account for the error of a standard deviation estimated from few runs: given s² with ν degrees of freedom, the true variance is
ν s² over a chi-squared variate of ν degrees of freedom (the posterior under the prior 1/σ, Box and Tiao 1973, Bayesian
Inference in Statistical Analysis, section 2.3), over which the probability is averaged.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv, ndtr, ndtri

from harness.judge.looks import LADDER, Ladder, alpha
from harness.judge.pooling import pool
from harness.judge.printed import ONE_RUN, PrintedNumber
from harness.judge.statistics import OPEN, Region, decide, predicted

FINE, COARSE = 4000, 100
"""Numbers of quantiles over which a chi distribution is averaged: if there is one, and if there are two."""
POINTS = 4096
"""Points of the lattice that three random numbers are averaged over."""


class Foreseen(NamedTuple):
    """Probabilities at one number of runs; the claim stays open with the rest."""

    reproduced: float
    refuted: float

    @property
    def open(self) -> float:
        """Probability that the claim stays open."""
        return 1 - self.reproduced - self.refuted


def foresee(
    margin: float,
    sd: float,
    n: int,
    *,
    pilot_runs: int | None = None,
    number: PrintedNumber | None = None,
    ladder: Ladder = LADDER,
) -> Foreseen:
    """Return the probabilities that n runs, tested once, reproduce or refute a claim if the paper is right.

    If the printed number is one run, for example, it differs from the true mean with the standard deviation of one run: the
    observed difference has the variance σ²/n of our mean plus the variance σ² of that run.

    Args:
        margin: half-width Δ of ``close_to`` or ``equivalent_to``.
        sd: standard deviation between runs, in the margin's unit: the true one, or that of pilot runs.
        n: number of runs; nothing is decided below the first look.
        pilot_runs: number of pilot runs from which ``sd`` was estimated; they are pooled with the judged runs. None if it is the
            true standard deviation.
        number: how the printed number came about; None if the claim compares with none.
        ladder: the looks.
    """
    if n < min(ladder):
        return Foreseen(0.0, 0.0)
    if sd <= 0:
        return Foreseen(1.0, 0.0)
    if pilot_runs is None:
        true = np.asarray(sd, dtype=np.float64)
        used, df = true * np.sqrt(_chi_squared(n - 1, FINE) / (n - 1)), None
    else:
        true = sd * np.sqrt((pilot_runs - 1) / _chi_squared(pilot_runs - 1, COARSE))[:, None]
        seen = true * np.sqrt(_chi_squared(n - 1, COARSE) / (n - 1))
        used, df, _ = pool(seen, n, sd, pilot_runs)
    freedom = n - 1 if df is None else df
    low, high = (number or ONE_RUN).interval(used, n, freedom, alpha(n, ladder))
    above, below = margin - low, -margin - high  # the differences beyond which the interval lies outside
    if number is not None:
        least, greatest = predicted(used, n, number, df=df, ladder=ladder)
        above, below = np.maximum(above, -least), np.minimum(below, -greatest)

    def at_most(difference: NDArray[np.float64]) -> NDArray[np.float64]:
        return ndtr(difference * math.sqrt(n) / true) if number is None else number.scatter(difference, true, n)

    within = np.maximum(at_most(margin - high) - at_most(-margin - low), 0)
    return Foreseen(float(np.mean(within)), float(np.mean(at_most(below) + 1 - at_most(above))))


def power(margin: float, sd: float, n: int) -> float:
    """Return the power of the equivalence test at a true difference of 0 and a known true spread, to about four digits."""
    return foresee(margin, sd, n).reproduced


def settling_chance(
    difference: float,
    sd: float,
    n: int,
    look: int,
    region: Region,
    number: PrintedNumber = ONE_RUN,
    *,
    df: float | None = None,
    ladder: Ladder = LADDER,
) -> float:
    """Return the probability that an inconclusive claim is decided at a later look, given the runs so far.

    The mean of the further runs has a t-distribution about the mean of the runs so far (Hahn and Meeker 1991, section
    4.6); their own spread and their distance from it enter the variance at the later look.

    Args:
        difference: as in ``decide``, as are ``sd``, ``region``, ``number`` and ``df``.
        n: number of runs so far.
        look: number of runs at the later look.
        sd: standard deviation between runs.
        region: what the relation accepts and refutes.
        number: how the printed number came about.
        df: degrees of freedom of ``sd``.
        ladder: the looks.
    """
    known, more = float(n - 1 if df is None else df), look - n
    place = lattice()[1]
    variance = known * sd**2 / _spread_over(known, 0)
    step = ndtri(place) * np.sqrt(variance * (1 / n + 1 / more))
    within = variance * _spread_over(more - 1, 2) if more > 1 else 0.0
    later = known + more
    seen = np.sqrt((known * sd**2 + within + n * more / look * step**2) / later)
    decided = decide(difference + more / look * step, seen, look, region, number, df=later, ladder=ladder)
    return float(np.mean(decided != OPEN))


def _chi_squared(df: float, count: int) -> NDArray[np.float64]:
    """Return equally likely quantiles of a chi-squared distribution."""
    at: ArrayLike = (np.arange(count) + 0.5) / count
    return np.asarray(2 * gammaincinv(df / 2, at))


@functools.cache
def _spread_over(df: float, dimension: int) -> NDArray[np.float64]:
    """Return the quantiles of a chi-squared distribution at the lattice's points in one dimension; a few degrees occur."""
    return np.asarray(2 * gammaincinv(df / 2, lattice()[dimension]))


@functools.cache
def lattice() -> NDArray[np.float64]:
    """Return points distributed evenly over the unit cube, (3, points): always the same ones, so that verdicts are pure.

    The multiples of 1/g, 1/g² and 1/g³ modulo 1, with g the root of x⁴ = x + 1 (Roberts 2018, a Kronecker sequence).
    """
    root = 1.2207440846057596
    steps = root ** -np.arange(1.0, 4.0)
    return np.asarray((0.5 + steps[:, None] * np.arange(1, POINTS + 1)) % 1.0)
