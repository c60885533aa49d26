"""Agreement of many measured numbers with the printed ones: z-scores, rank agreement, and scale on a log scale.

- A z-score is measured minus printed over the standard deviation of that difference if the printed number is one more run
  like ours: sqrt(s² (1 + 1/n) + extra), as in the prediction interval (``harness/judge/statistics.py``).
- Kendall's tau-b counts concordant minus discordant pairs, with a correction for ties (Kendall 1945,
  Biometrika 33, 239-251).
- The slope is that of ordinary least squares of log measured on log printed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from harness.judge.verdict import Verdict


@dataclass(frozen=True)
class Scatter:
    """Distances of measured numbers from the printed ones, in standard deviations.

    Attributes:
        count: number of z-scores, at least 1.
        rms: their root mean square.
        median: the median of their sizes.
    """

    count: int
    rms: float
    median: float


@dataclass(frozen=True)
class Ranks:
    """Rank agreement and scale of measured numbers and printed ones.

    Attributes:
        count: number of pairs.
        tau: Kendall's tau-b, -1 to 1; None if all printed or all measured numbers are equal.
        positive: number of pairs of positive numbers, from which slope and ratio are computed.
        slope: of log measured on log printed; None for fewer than three different printed numbers.
        log_ratio: root mean square of log(measured / printed); None without positive pairs.
    """

    count: int
    tau: float | None
    positive: int
    slope: float | None
    log_ratio: float | None

    @property
    def factor(self) -> float | None:
        """The typical ratio of the larger to the smaller number, exp of the root mean square."""
        return None if self.log_ratio is None else math.exp(self.log_ratio)


def counts(verdict: Verdict) -> bool:
    """Whether a verdict is evidence of agreement: it is judged, and is neither fitted nor true by construction."""
    return verdict.outcome.judged and not verdict.untested


def z_score(verdict: Verdict, printed: float) -> float | None:
    """Return measured minus printed in standard deviations of such a difference; None if nothing is random."""
    if verdict.mean is None or not verdict.prediction_sd:
        return None
    return (verdict.mean - printed) / verdict.prediction_sd


def scatter(scores: Sequence[float]) -> Scatter:
    """Summarise z-scores, at least one.

    If the printed numbers vary like another run of ours, the root mean square is about 1, or slightly more, because each
    standard deviation is estimated: sqrt(ν / (ν - 2)) with ν degrees of freedom, 1.2 with six. The median is
    about 0.7, whatever ν is.
    """
    z = np.asarray(scores, dtype=np.float64)
    return Scatter(len(z), float(np.sqrt(np.mean(z**2))), float(np.median(np.abs(z))))


def ranks(printed: Sequence[float], measured: Sequence[float]) -> Ranks:
    """Return how well measured numbers agree with printed ones in order and scale; finite numbers, as many of each."""
    x, y = np.asarray(printed, dtype=np.float64), np.asarray(measured, dtype=np.float64)
    positive = (x > 0) & (y > 0)
    log_x, log_y = np.log(x[positive]), np.log(y[positive])
    slope = None
    if len(np.unique(log_x)) > 2:
        centred = log_x - log_x.mean()
        slope = float(centred @ log_y / (centred @ centred))
    log_ratio = float(np.sqrt(np.mean((log_y - log_x) ** 2))) if positive.any() else None
    return Ranks(len(x), tau_b(x, y), int(positive.sum()), slope, log_ratio)


def tau_b(first: ArrayLike, second: ArrayLike) -> float | None:
    """Return Kendall's tau-b of pairs; None if one side has no two different numbers."""
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    upper = np.triu_indices(len(x), 1)
    orders = [np.sign(side[:, None] - side[None, :])[upper] for side in (x, y)]
    untied = [float(np.sum(order != 0)) for order in orders]
    if not all(untied):
        return None
    return float(orders[0] @ orders[1]) / math.sqrt(untied[0] * untied[1])
