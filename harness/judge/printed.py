"""What a printed number is: one run, a mean over runs, or the best of several; and its distance from ours by chance.

With x̄ the mean of n runs of ours and s their standard deviation on ν degrees of freedom:

- **One run, or a mean over k runs** of unknown spread, taken to be that of ours: it lies within t · sqrt(s² (1/k + 1/n)) of
  x̄ (Hahn and Meeker 1991, Statistical Intervals, chapter 4; a mean of k runs in section 4.7).
- **A mean over k runs with a printed standard deviation p**: within t' · sqrt(s²/n + p²/k), t' being the mean of the t-quantiles
  of ν and of k - 1 degrees of freedom, weighted by the two variances (Cochran and Cox 1957, Experimental Designs, section
  4.14; Cochran 1964, Biometrics 20, 191-195). Welch's and Satterthwaite's degrees of freedom would wrongly refute up to
  8.6 % of right papers over the looks 3, 5, 10, against 4.4 % (``benchmarks/printed_numbers.py``); the least of both
  degrees of freedom, 0.1 % where both are few.
- **The best of k runs**, for example the lowest. If the paper is right, its expected value is θ = μ - e σ, e being the expected
  largest of k standard normal numbers (Harter 1961, Biometrika 48, 151-165). So θ, and not the mean, is compared with it.
  The interval of θ is that of a point of a normal distribution: (x̄ - θ) sqrt(n) / s has a noncentral t-distribution with
  noncentrality e sqrt(n) (Hahn and Meeker 1991, section 4.4). A refutation needs the printed number to lie outside the
  prediction interval for the least of k further runs too (Hahn 1970, J. Am. Stat. Assoc. 65, 1668-1676).

All assume normal runs; the best of several depends most on this assumption, and more for larger k.
"""

from __future__ import annotations

import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv, nctdtr, nctdtrit, ndtr, ndtri, stdtr, stdtrit

Reals = NDArray[np.float64]
Offsets = tuple[Reals, Reals]
"""Least and greatest distance from the mean of our runs."""
NODES = 48
"""Nodes of the quadrature over a normal distribution."""
SPREADS = 1000
"""Quantiles of the spread of our runs that a prediction is averaged over."""
HALVINGS = 60
"""Steps of a bisection, to the accuracy of float64."""


class PrintedNumber(ABC):
    """What a printed number is. Distances are in units of the given standard deviation ``sd``."""

    of_mean: ClassVar[bool]
    """Whether it is compared with the mean itself."""

    @abstractmethod
    def expected(self, sd: ArrayLike) -> Reals:
        """Return its expected distance from the true mean if the paper is right."""

    @abstractmethod
    def interval(self, sd: ArrayLike, n: int, df: ArrayLike, tail: float) -> Offsets:
        """Return the ends of the (1 - 2 tail) confidence interval of what it is compared with, from the mean of n runs."""

    @abstractmethod
    def edge(self, beyond: float, sd: float, n: int, df: float, *, lower: bool = False) -> float:
        """Return the p-value of what it is compared with lying within a bound.

        Args:
            beyond: how far the mean lies outside; negative inside.
            sd: standard deviation between our runs, on ``df`` degrees of freedom.
            n: number of our runs.
            df: degrees of freedom.
            lower: whether it is a lower bound.
        """

    @abstractmethod
    def prediction(self, sd: ArrayLike, n: int, df: ArrayLike, level: float) -> Offsets:
        """Return where it lies with probability 1 - level, relative to the mean of our n runs, if the paper is right."""

    @abstractmethod
    def another(self, offset: float, sd: float, n: int, df: float) -> float:
        """Return the two-sided p-value of a printed number at this distance from the mean of n runs."""

    @abstractmethod
    def scatter(self, difference: ArrayLike, sd: ArrayLike, n: int) -> Reals:
        """Return the probability that the mean of n runs exceeds it by no more than a difference, at a true ``sd``."""

    @abstractmethod
    def deviation(self, sd: float, n: int) -> float | None:
        """Return the standard deviation of its difference from the mean of n runs; None if it is not compared with that."""

    @abstractmethod
    def allowance(self, level: float) -> float:
        """Return how far it may lie from a number of ours that is not random, at a two-sided level."""


@dataclass(frozen=True)
class MeanOf(PrintedNumber):
    """A mean over runs, or a single one.

    Attributes:
        runs: how many.
        sd: the paper's own standard deviation between them; None if it is not printed, and taken to be ours.
        extra: variance one run of the paper's has beyond ours, because it was measured on fewer images.
    """

    of_mean = True
    runs: int = 1
    sd: float | None = None
    extra: float = 0.0

    def expected(self, sd: ArrayLike) -> Reals:
        """Return 0: a mean is expected at the mean."""
        return np.zeros_like(np.asarray(sd, dtype=np.float64))

    def interval(self, sd: ArrayLike, n: int, df: ArrayLike, tail: float) -> Offsets:
        """Return the t-interval of the mean."""
        half = np.asarray(t_quantile(df, 1 - tail) * np.asarray(sd) / math.sqrt(n))
        return -half, half

    def edge(self, beyond: float, sd: float, n: int, df: float, *, lower: bool = False) -> float:
        """Return the p-value of a one-sided t-test."""
        return float(stdtr(df, -beyond * math.sqrt(n) / sd)) if sd else float(beyond < 0)

    def prediction(self, sd: ArrayLike, n: int, df: ArrayLike, level: float) -> Offsets:
        """Return the prediction interval of a further run, or of a mean over further ones."""
        half = self._quantile(np.square(sd) / n, df, 1 - level / 2) * np.sqrt(self._variance(sd, n))
        return -half, half

    def another(self, offset: float, sd: float, n: int, df: float) -> float:
        """Return the p-value of the test that the prediction interval inverts."""
        variance = float(self._variance(sd, n))
        if not variance:
            return float(offset == 0)
        distance = abs(offset) / math.sqrt(variance)
        if self.sd is None:
            return 2 * float(stdtr(df, -distance))
        low, high = 0.0, 0.5  # of one tail, whose quantile falls as it grows
        for _ in range(HALVINGS):
            tail = (low + high) / 2
            beyond = self._quantile(np.asarray(sd**2 / n), df, 1 - tail) > distance
            low, high = (tail, high) if beyond else (low, tail)
        return 2 * high

    def scatter(self, difference: ArrayLike, sd: ArrayLike, n: int) -> Reals:
        """Return a normal probability."""
        deviation = np.sqrt(self._variance(sd, n))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(ndtr(np.asarray(difference) / deviation))

    def deviation(self, sd: float, n: int) -> float | None:
        """Return sqrt(s²/n + the variance of the printed number)."""
        return math.sqrt(float(self._variance(sd, n)))

    def allowance(self, level: float) -> float:
        """Return the quantile of the paper's own error, where that is known."""
        if self.sd is not None:
            return float(stdtrit(self.runs - 1, 1 - level / 2)) * self.sd / math.sqrt(self.runs)
        return float(ndtri(1 - level / 2)) * math.sqrt(self.extra / self.runs)

    def _own(self, sd: ArrayLike) -> Reals:
        """Return the variance of the printed number itself."""
        own = np.square(np.asarray(sd, dtype=np.float64)) + self.extra if self.sd is None else self.sd**2
        return np.asarray(own / self.runs)

    def _variance(self, sd: ArrayLike, n: int) -> Reals:
        """Return the variance of its difference from the mean of n runs."""
        return np.asarray(np.square(np.asarray(sd, dtype=np.float64)) / n + self._own(sd))

    def _quantile(self, ours: ArrayLike, df: ArrayLike, level: float) -> Reals:
        """Return the quantile of the difference in its standard deviations; ``ours`` is the variance of our mean."""
        quantile = t_quantile(df, level)
        if self.sd is None:
            return quantile
        theirs = self._own(0.0)
        with np.errstate(invalid="ignore"):
            share = np.where(theirs > 0, theirs / (np.asarray(ours) + theirs), 0.0)
        return np.asarray((1 - share) * quantile + share * stdtrit(self.runs - 1, level))


@dataclass(frozen=True)
class BestOf(PrintedNumber):
    """The best of several runs with the same variance as ours.

    Attributes:
        runs: of how many, at least 2.
        lowest: whether the lowest is best; else the highest.
    """

    of_mean = False
    runs: int
    lowest: bool

    @property
    def _shift(self) -> float:
        return -expected_largest(self.runs)

    def expected(self, sd: ArrayLike) -> Reals:
        """Return the expected best of so many normal numbers."""
        return self._turned(self._shift * np.asarray(sd, dtype=np.float64))

    def interval(self, sd: ArrayLike, n: int, df: ArrayLike, tail: float) -> Offsets:
        """Return the interval of the expected best, from the noncentral t-distribution."""
        unit = np.asarray(sd, dtype=np.float64) / math.sqrt(n)
        centre = -self._shift * math.sqrt(n)

        def quantile(at: float) -> Reals:
            return _by_freedom(df, lambda each: float(nctdtrit(each, centre, at)))

        return self._ordered(-quantile(1 - tail) * unit, -quantile(tail) * unit)

    def edge(self, beyond: float, sd: float, n: int, df: float, *, lower: bool = False) -> float:
        """Return the p-value from the noncentral t-distribution."""
        if not sd or math.isinf(beyond):
            return float(beyond < 0)
        centre = -self._shift * math.sqrt(n)
        return float(nctdtr(df, centre if lower == self.lowest else -centre, -beyond * math.sqrt(n) / sd))

    def prediction(self, sd: ArrayLike, n: int, df: ArrayLike, level: float) -> Offsets:
        """Return the prediction interval of the best of as many further runs."""

        def quantile(at: float) -> Reals:
            return _by_freedom(df, lambda each: _lowest_quantile(self.runs, n, each, at))

        return self._ordered(quantile(level / 2) * np.asarray(sd), quantile(1 - level / 2) * np.asarray(sd))

    def another(self, offset: float, sd: float, n: int, df: float) -> float:
        """Return twice the smaller tail of its predictive distribution."""
        if not sd:
            return float(offset == 0)
        below = _lowest_below(float(self._turned(np.asarray(offset))) / sd, self.runs, n, df)
        return 2 * min(below, 1 - below)

    def scatter(self, difference: ArrayLike, sd: ArrayLike, n: int) -> Reals:
        """Return the probability, averaged over the mean of n runs."""
        with np.errstate(divide="ignore", invalid="ignore"):
            at = self._turned(np.asarray(difference) / np.asarray(sd, dtype=np.float64))
        nodes, weights = _normal()
        above = ndtr(-(nodes / math.sqrt(n) - at[..., None])) ** self.runs  # the lowest exceeds our mean less ``at``
        found = above @ weights
        return np.asarray(found if self.lowest else 1 - found)

    def deviation(self, sd: float, n: int) -> float | None:
        """Return None: it is not compared with the mean."""
        return None

    def allowance(self, level: float) -> float:
        """Return 0: the best of deterministic numbers is any of them."""
        return 0.0

    def _turned(self, offset: Reals) -> Reals:
        return offset if self.lowest else -offset

    def _ordered(self, low: Reals, high: Reals) -> Offsets:
        return (low, high) if self.lowest else (-high, -low)


ONE_RUN = MeanOf()
"""What a printed number is if the paper does not say it."""


@functools.cache
def expected_largest(count: int) -> float:
    """Return the expected largest of some standard normal numbers: 0.564 of two, 1.163 of five, 1.539 of ten."""
    at = np.linspace(-10, 10, 4001)
    density = np.exp(-(at**2) / 2) / math.sqrt(2 * math.pi)
    return float(np.trapezoid(at * count * density * ndtr(at) ** (count - 1), at))


@functools.cache
def _normal() -> tuple[Reals, Reals]:
    """Return nodes and weights of the mean over a standard normal number."""
    nodes, weights = hermegauss(NODES)
    return nodes, weights / weights.sum()


@functools.cache
def _spreads(df: float) -> Reals:
    """Return equally likely quantiles of s / σ."""
    return np.asarray(np.sqrt(2 * gammaincinv(df / 2, (np.arange(SPREADS) + 0.5) / SPREADS) / df))


def t_quantile(df: ArrayLike, level: float) -> Reals:
    """Return quantiles of Student's t; a quantile takes a microsecond, and of many claims few degrees of freedom differ."""
    return _by_freedom(df, lambda each: float(stdtrit(each, level)))


def _by_freedom(df: ArrayLike, quantile: Callable[[float], float]) -> Reals:
    """Return a quantile for each degrees of freedom, worked out once for those that are alike."""
    if np.ndim(df) == 0:
        return np.asarray(quantile(float(np.asarray(df))))
    given, places = np.unique(np.asarray(df, dtype=np.float64), return_inverse=True)
    return np.asarray([quantile(float(each)) for each in given])[places].reshape(np.shape(df))


def _lowest_below(offset: float, runs: int, n: int, df: float) -> float:
    """Return the probability that the lowest of further runs lies no farther above the mean of n than offset · s."""
    nodes, weights = _normal()
    above = ndtr(-(offset * _spreads(df)[:, None] + nodes / math.sqrt(n))) ** runs
    return float(1 - np.mean(above @ weights))


@functools.lru_cache(maxsize=4096)
def _lowest_quantile(runs: int, n: int, df: float, level: float) -> float:
    """Return the offset, in units of s, below which the lowest of further runs lies with a probability."""
    low, high = -1.0, 1.0
    while _lowest_below(low, runs, n, df) > level:
        low *= 2
    while _lowest_below(high, runs, n, df) < level:
        high *= 2
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _lowest_below(middle, runs, n, df) < level else (low, middle)
    return (low + high) / 2
