"""The possible values of a measure, and whether any of them lies outside a margin."""

from __future__ import annotations

import math

from harness.kinds.unit import UNITS
from harness.spec.claim import Expected

RANGES = {word: (unit.least, unit.greatest) for word, unit in UNITS.items()}
"""Printed unit -> the smallest and the largest value."""
TOLERANCE = 1e-9
"""Relative rounding error of a margin in decimals."""


def value_range(expected: Expected) -> tuple[float, float]:
    """Return the smallest and the largest value of the measure, in the printed unit.

    If a printed distortion is above 1 (noise that is not clipped), there is no upper end.
    """
    low, high = RANGES[expected.unit]
    beyond = expected.number is not None and expected.number > high
    return low, math.inf if beyond else high


def quantity_range(expected: Expected) -> tuple[float, float]:
    """Return the smallest and the largest number that a run can contribute, in the printed unit."""
    return expected.relates.quantity.ends(*value_range(expected))


def cannot_be_missed(expected: Expected, width: float | None) -> str:
    """Return why no possible value could refute a claim, as a clause after ``because``; empty if one could.

    Args:
        expected: what the paper prints.
        width: half-width of the margin in the printed unit; None if there is none or it is unknown.
    """
    margin, relation = expected.margin, expected.relates
    if margin is not None and margin.relative is not None and margin.relative >= 1:
        return f"its relative margin of {margin.relative:g} is {100 * margin.relative:g} % of the printed number"
    if margin is not None and margin.sampling is not None and not relation.two_sided:
        width = None  # it follows from the sample and does not make a bound or an order easier to reproduce
    if relation.exception_refutes or (relation.printed and expected.number is None):
        return ""
    reference = expected.number or 0.0
    low, high = quantity_range(expected)
    possible = low - reference, high - reference
    if _covers(relation.accepts(0.0, expected.half_unit, reference), possible):
        end = next(
            end for end, bound in zip(possible, relation.accepts(0.0, 0.0, reference), strict=True) if bound == 0
        )
        return f"no value lies beyond the bound: {reference + end:g} is the end of the measure's range"
    region = relation.refutes(width or 0.0, expected.half_unit, reference)
    if width is None or not _covers(region, possible):
        return ""
    reach = max(abs(end) for end, bound in zip(possible, region, strict=True) if math.isfinite(bound))
    return (
        f"its margin of {relation.written(width, f'{width:g}')} covers every possible value of the measure: "
        f"none is farther away than {reach:g}"
    )


def _covers(region: tuple[float, float], possible: tuple[float, float]) -> bool:
    """Whether a region contains every possible difference."""
    return region[0] <= possible[0] * (1 - TOLERANCE) and region[1] >= possible[1] * (1 - TOLERANCE)
