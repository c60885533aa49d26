"""The values a measure can take, and whether any of them lies outside a margin."""

from __future__ import annotations

import math

from harness.kinds.unit import UNITS
from harness.spec.claim import Expected

RANGES = {word: (unit.least, unit.greatest) for word, unit in UNITS.items()}
"""Printed unit -> the least and the greatest value."""
TOLERANCE = 1e-9
"""Relative rounding of a margin typed in decimals."""


def value_range(expected: Expected) -> tuple[float, float]:
    """Return the least and the greatest value of the measure, in the printed unit.

    Distortions above 1, of noise that is not clipped, have no upper end.
    """
    low, high = RANGES[expected.unit]
    beyond = expected.number is not None and expected.number > high
    return low, math.inf if beyond else high


def quantity_range(expected: Expected) -> tuple[float, float]:
    """Return the least and the greatest number a run can contribute, in the printed unit."""
    return expected.relates.quantity.ends(*value_range(expected))


def cannot_be_missed(expected: Expected, width: float | None) -> str:
    """Return why no possible value could refute a claim, in a clause after ``because``; empty where one could.

    Args:
        expected: what the paper prints.
        width: half-width of the margin in the printed unit; None where it has none or is not known.
    """
    margin, relation = expected.margin, expected.relates
    if margin is not None and margin.relative is not None and margin.relative >= 1:
        return f"its relative margin of {margin.relative:g} is {100 * margin.relative:g} % of the number it refers to"
    if margin is not None and margin.sampling is not None and not relation.two_sided:
        width = None  # it follows from the sample, and makes no bound or order easier to reproduce
    if relation.exception_refutes or (relation.printed and expected.number is None):
        return ""
    reference = expected.number or 0.0
    low, high = quantity_range(expected)
    possible = low - reference, high - reference
    if _covers(relation.accepts(0.0, expected.half_unit, reference), possible):
        end = next(
            end for end, bound in zip(possible, relation.accepts(0.0, 0.0, reference), strict=True) if bound == 0
        )
        return f"no value lies beyond the bound: {reference + end:g} is as far as the measure goes"
    region = relation.refutes(width or 0.0, expected.half_unit, reference)
    if width is None or not _covers(region, possible):
        return ""
    reach = max(abs(end) for end, bound in zip(possible, region, strict=True) if math.isfinite(bound))
    return (
        f"its margin of {relation.written(width, f'{width:g}')} reaches every value the measure can take, none of which is "
        f"farther off than {reach:g}"
    )


def _covers(region: tuple[float, float], possible: tuple[float, float]) -> bool:
    """Whether a region of differences leaves no possible one outside."""
    return region[0] <= possible[0] * (1 - TOLERANCE) and region[1] >= possible[1] * (1 - TOLERANCE)
