"""Quantity: the number that one run contributes to a claim: a measure, its difference from another, or the ratio of the two."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import ClassVar

Bounds = tuple[float, float]
"""Least and greatest number; infinite where there is no bound."""
ANY: Bounds = (-math.inf, math.inf)


class Quantity(ABC):
    """What is computed from the measure of one run and, if the claim has one, the other measure of the same run."""

    signed: ClassVar[bool] = False
    """Whether it is a difference, shown with its sign and in points where percent is printed."""
    own_unit: ClassVar[bool] = True
    """Whether it is in the unit of the measure."""
    column: ClassVar[str] = ""
    """Heading of its values, run by run; empty if they are those of the measure."""
    article: ClassVar[str] = ""
    """Words before its value in a sentence: ``a ratio of ``."""

    def defined(self, measured: float, other: float | None) -> bool:
        """Whether a run has this number."""
        return math.isfinite(measured)

    @abstractmethod
    def of(self, measured: float, other: float | None) -> float:
        """Return the number of one run.

        Args:
            measured: value of the measure, in the printed unit; in the metric's natural one if the number has no unit.
            other: that of the other measure; None if the claim has none.
        """

    @abstractmethod
    def resolution(self, measured: float, other: float | None, steps: tuple[float, float]) -> float:
        """Return the smallest step the number can make, from those of the two measures; other arguments as in ``of``."""

    def ends(self, low: float, high: float) -> Bounds:
        """Return the least and the greatest number, given those of the measure."""
        return low, high


class Itself(Quantity):
    """The measure itself."""

    def of(self, measured: float, other: float | None) -> float:
        """Return the measure."""
        return measured

    def resolution(self, measured: float, other: float | None, steps: tuple[float, float]) -> float:
        """Return the step of the measure."""
        return steps[0]


class Difference(Quantity):
    """The measure minus the other one."""

    signed = True
    column = "difference"

    def of(self, measured: float, other: float | None) -> float:
        """Return measured - other."""
        return measured - (other or 0.0)

    def resolution(self, measured: float, other: float | None, steps: tuple[float, float]) -> float:
        """Return the root of the sum of both steps squared."""
        return math.hypot(*steps)

    def ends(self, low: float, high: float) -> Bounds:
        """Return the least and the greatest difference of two such measures."""
        return low - high, high - low


class Ratio(Quantity):
    """The measure divided by the other one.

    The ratio of each run, not that of the two means: the printed ratio is that of one run, so our runs and the paper's have
    the same distribution. It is not taken to logarithms, so a measure of 0 has a ratio, and standard deviation, margin and
    interval are in the printed unit. The cost of its skewness, by simulation at the margin: error rates stay within 5 % if
    the measures have a relative standard deviation of 5 %, and reach 5.6 % at 10 %.
    """

    own_unit = False
    column = "ratio"
    article = "a ratio of "

    def defined(self, measured: float, other: float | None) -> bool:
        """Whether the other measure is not 0."""
        return bool(other)

    def of(self, measured: float, other: float | None) -> float:
        """Return measured / other."""
        assert other
        return measured / other

    def resolution(self, measured: float, other: float | None, steps: tuple[float, float]) -> float:
        """Return the step to first order: the root of (step / other)² + (measured · other's step / other²)²."""
        assert other
        return math.hypot(steps[0] / other, measured * steps[1] / other**2)

    def ends(self, low: float, high: float) -> Bounds:
        """Return every number: a ratio to a small measure has no bound."""
        return ANY


MEASURED, DIFFERENCE, RATIO = Itself(), Difference(), Ratio()
