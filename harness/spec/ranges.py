"""The values a measure can take, and whether any of them lies outside a margin."""

from __future__ import annotations

import math

from harness.spec.claim import AGAINST_OTHER, TWO_SIDED, Expected

RANGES = {"%": (0.0, 100.0), "fraction": (0.0, 1.0), "distortion": (0.0, 1.0), "number": (-math.inf, math.inf)}
"""Printed unit -> the least and the greatest value; a distortion is an RMS over pixels in [0, 1]."""
TOLERANCE = 1e-9
"""Relative rounding of a margin typed in decimals."""


def value_range(expected: Expected) -> tuple[float, float]:
    """Return the least and the greatest value of the measure, in the printed unit.

    Distortions above 1, of noise that is not clipped, have no upper end.
    """
    low, high = RANGES[expected.unit]
    beyond = expected.number is not None and expected.number > high
    return low, math.inf if beyond else high


def difference_range(expected: Expected) -> tuple[float, float]:
    """Return the least and the greatest difference of two such measures, in the printed unit."""
    low, high = RANGES[expected.unit]
    return low - high, high - low


def cannot_be_missed(expected: Expected, width: float | None) -> str:
    """Return why no possible value could refute a claim, in a clause after ``because``; empty where one could.

    Args:
        expected: what the paper prints.
        width: half-width of the margin in the printed unit; None where it has none or is not known.
    """
    margin, relation = expected.margin, expected.relation
    if margin is not None and margin.relative is not None and margin.relative >= 1:
        return f"its relative margin of {margin.relative:g} is {100 * margin.relative:g} % of the number it refers to"
    if margin is not None and margin.sampling is not None and relation not in TWO_SIDED:
        width = None  # it follows from the sample, and makes no bound or order easier to reproduce
    if relation in AGAINST_OTHER:
        return _covers(width, difference_range(expected)[1])
    number, (low, high) = expected.number, value_range(expected)
    if number is None:
        return ""
    if relation == "close_to":
        return _covers(width, max(number - low, high - number))
    end, reach = (high, high - number) if relation == "at_most" else (low, number - low)
    if reach <= expected.half_unit:
        return f"no value lies beyond the bound: {end:g} is as far as the measure goes"
    return _covers(width, reach)


def _covers(width: float | None, reach: float) -> str:
    if width is None or width < reach * (1 - TOLERANCE):
        return ""
    return f"its margin of ±{width:g} reaches every value the measure can take, none of which is farther off than {reach:g}"
