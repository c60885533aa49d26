"""Number formats: decimals, signs and units as the paper prints them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from harness.kinds.unit import UNITS
from harness.spec.claim import Expected

LARGE, FINE = 1e15, 12
"""From this size on, and with more decimals than these, numbers are written with an exponent."""


@dataclass(frozen=True)
class Style:
    """Number format of one claim.

    Attributes:
        unit: the printed unit.
        decimals: decimals of measured numbers: those of the printed one and one more, to show what was rounded off.
        printed: the number as printed; empty if the claim has none.
    """

    unit: str
    decimals: int
    printed: str = ""

    def plain(self, number: float) -> str:
        """Return a number without its unit."""
        return numeral(number, self.decimals)

    def value(self, number: float) -> str:
        """Return a number with its unit: ``7.41 %``."""
        return self.plain(number) + UNITS[self.unit].after

    def as_printed(self) -> str:
        """Return the printed number with its unit: ``7.4 %``."""
        return self.printed + UNITS[self.unit].after

    def step(self, number: float) -> str:
        """Return a difference with its unit, which for percent is points: ``0.30 points``."""
        return self.plain(number) + UNITS[self.unit].after_difference

    def width(self, number: float, *, plural: bool = False) -> str:
        """Return a size without sign, with its unit, in as few digits as it needs: ``0.5 points``, ``1 point``."""
        width = short(number, self.decimals)
        after = UNITS[self.unit].after_difference
        return width + (after.removesuffix("s") if width == "1" and after.endswith("points") and not plural else after)


def style(expected: Expected, size: float) -> Style:
    """Return the style of a claim.

    Args:
        expected: what the paper prints.
        size: a typical measured value, in the printed unit; sets the decimals where nothing is printed.
    """
    if expected.decimals is not None:
        decimals = expected.decimals + 1
    elif expected.printed is not None:
        decimals = max(0, -int(Decimal(expected.printed).as_tuple().exponent)) + 1
    elif expected.unit == "%":
        decimals = 2
    else:
        decimals = max(0, 2 - math.floor(math.log10(abs(size)))) if size else 2
    return Style(expected.unit, decimals, expected.printed or "")


def numeral(number: float, decimals: int) -> str:
    """Return a number with a fixed number of decimals and a true minus sign; never ``−0.0``.

    Where that would be more digits than a float64 has, or than fit a table, it is written as ``1.5e+20``.
    """
    text = f"{number:.10g}" if abs(number) >= LARGE or decimals > FINE else f"{number:.{decimals}f}"
    text = text.removeprefix("-") if not text.strip("-0.") else text
    return text.replace("-", "−")


def short(number: float, decimals: int) -> str:
    """Return a number with at most ``decimals`` (at least two significant digits), without trailing zeros."""
    if number and math.isfinite(number):
        decimals = max(decimals, 1 - math.floor(math.log10(abs(number))))
    if abs(number) >= LARGE or decimals > FINE:
        return numeral(number, decimals)
    text = f"{number:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def share(fraction: float) -> str:
    """Return a fraction of images as a percentage that never rounds a shortfall to 100 %: ``99.6 %``."""
    percent = min(100 * fraction, 99.9) if fraction < 1 else 100.0
    return f"{short(percent, 1)} %"


def runs(n: int) -> str:
    """Return a number of runs in words: ``a single run``, ``3 runs``."""
    return "a single run" if n == 1 else f"{n} runs"
