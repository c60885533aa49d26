"""Equivalence of two measured means, each over runs of its own: Schuirmann's TOST with a pooled variance.

With means a of m runs and b of n, the difference d = b - a has the standard error s sqrt(1/m + 1/n), s² being the variances
pooled by their degrees of freedom (Snedecor and Cochran 1989, Statistical Methods, section 6.7). The means are shown to be
the same if the (1 - 2 alpha) interval of d lies wholly within the bounds, which is both one-sided tests rejecting at alpha
(Schuirmann 1987, J. Pharmacokinet. Biopharm. 15, 657-680), and to differ if it lies wholly outside.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import stdtr, stdtrit

from harness.judge.looks import LEVEL
from harness.kinds.quantity import Bounds


@dataclass(frozen=True)
class Mean:
    """One mean over runs.

    Attributes:
        value: the mean.
        n: number of runs.
        sd: standard deviation between runs; 0 if nothing is random, None for a single random run.
        df: its degrees of freedom; 0 if it is not estimated.
    """

    value: float
    n: int
    sd: float | None
    df: float


@dataclass(frozen=True)
class Equivalence:
    """What a comparison of two means shows.

    Attributes:
        difference: the second mean minus the first.
        interval: its (1 - 2 alpha) interval; None if nothing is random, and where no spread is known.
        same: whether the means are shown to lie within the bounds of each other.
        differ: whether they are shown not to.
        p_value: one-sided, of the difference so far outside the bounds, were the true one at the nearest of them; None
            where nothing is random, and where no spread is known.
    """

    difference: float
    interval: Bounds | None
    same: bool
    differ: bool
    p_value: float | None = None


def equivalence(first: Mean, second: Mean, bounds: Bounds, level: float = LEVEL) -> Equivalence:
    """Return what two independent means show about their difference.

    Args:
        first: the mean that is compared with.
        second: the other one.
        bounds: least and greatest difference at which they still count as the same.
        level: alpha of each of the one-sided tests.
    """
    difference = second.value - first.value
    df = first.df + second.df
    if df:
        variance = sum(mean.df * (mean.sd or 0.0) ** 2 for mean in (first, second)) / df
        error = math.sqrt(sum(variance / mean.n for mean in (first, second) if mean.sd != 0 or mean.df))
    else:
        error = 0.0
    beyond = max(difference - bounds[1], bounds[0] - difference)
    if not df and None in (first.sd, second.sd):
        return Equivalence(difference, None, same=False, differ=False)
    if not error:
        tolerance = 1e-9 * max(1.0, *(abs(bound) for bound in bounds if math.isfinite(bound)))
        return Equivalence(difference, None, same=beyond <= tolerance, differ=beyond > tolerance)
    half = float(stdtrit(df, 1 - level)) * error
    low, high = difference - half, difference + half
    return Equivalence(
        difference,
        (low, high),
        same=bounds[0] < low and high < bounds[1],
        differ=low > bounds[1] or high < bounds[0],
        p_value=float(stdtr(df, -beyond / error)),
    )
