"""Detection: the smallest true difference that future runs would refute, from the pilot's standard deviation."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtri

from harness.judge.foresight import lattice
from harness.judge.looks import LADDER, Ladder, alpha
from harness.judge.pooling import pool
from harness.judge.printed import ONE_RUN, PrintedNumber
from harness.judge.statistics import Region, predicted
from harness.kinds.quantity import ANY, Bounds

DETECTED = 0.8
"""Probability with which a detectable difference is refuted."""


def detectable(
    region: Region,
    sd: float,
    n: int,
    *,
    pilot_runs: int,
    number: PrintedNumber = ONE_RUN,
    possible: Bounds = ANY,
    ladder: Ladder = LADDER,
) -> float | None:
    """Return the smallest true difference that n runs, tested once, refute with probability ``DETECTED``.

    The true difference δ is the mean over infinitely many runs like ours minus the printed number, or minus the other
    measure. A mean over n runs, δ + σ Z / √n, is refuted beyond a threshold that depends on the spread
    found; so δ is the quantile of threshold - σ Z / √n. As in ``foresee``, the true σ is not known: given p² from m pilot
    runs its square is (m - 1) p² over a chi-squared variate of m - 1 degrees of freedom.

    Args:
        region: accepting and refuting region of the relation, in the printed unit.
        sd: standard deviation between pilot runs, in the same unit.
        n: number of runs.
        pilot_runs: number of pilot runs from which ``sd`` was estimated, at least 2.
        number: how the printed number came about.
        possible: least and greatest difference that the measure can show.
        ladder: the looks.

    Returns:
        The distance from the printed number (from a difference of 0, for two measures), at least 0. Where a claim can be refuted on
        either side, what is detected on both. None if n is below the first look, or no possible difference is detected.
    """
    if n < min(ladder):
        return None
    over, step, found = _drawn(n, pilot_runs)
    true = sd * over
    used, df, _ = pool(true * found, n, sd, pilot_runs)
    ends = number.interval(used, n, df, alpha(n, ladder))
    printed = predicted(used, n, number, df=df, ladder=ladder) if region.printed else (0.0, 0.0)
    sizes = []
    for side, (edge, end) in enumerate(zip(region.refute, possible, strict=True)):
        if math.isinf(edge):
            continue
        sign = 2 * side - 1
        # On the upper side, the lower end of the interval must lie beyond the edge, and the printed number below its prediction interval.
        threshold = np.maximum(sign * (edge - ends[1 - side]), -sign * np.asarray(printed[1 - side]))
        size = max(0.0, float(np.quantile(threshold - true * step, DETECTED)))
        if size <= sign * end:
            sizes.append(size)
    return max(sizes, default=None)


@functools.cache
def _drawn(n: int, pilot_runs: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return equally likely σ/p, Z/√n and s/σ, as many of each as the lattice has points."""
    place, spread, rest = lattice()
    own, theirs = n - 1, pilot_runs - 1
    true = np.sqrt(theirs / (2 * gammaincinv(theirs / 2, spread)))
    return true, ndtri(place) / math.sqrt(n), np.sqrt(2 * gammaincinv(own / 2, rest) / own)
