"""Reports a margin or a bound that no possible value could miss, with a suggestion."""

from __future__ import annotations

from collections.abc import Mapping

from harness.kinds.relation import Relation
from harness.spec.claim import Expected
from harness.spec.ranges import cannot_be_missed, value_range
from harness.spec.reading.node import Node, Problems
from harness.spec.rules.numbers import MARGIN_CANNOT_BE_MISSED


def report_idle(expected: Expected, keys: Mapping[str, Node], problems: Problems) -> None:
    """Report an expectation that no value can miss, at its margin or bound.

    Args:
        expected: the expectation, its printed number being one.
        keys: its keys as written.
        problems: receives the mistake.
    """
    margin, number = expected.margin, expected.number
    absolute, relative = (margin.absolute, margin.relative) if margin is not None else (None, None)
    if relative is not None and number == 0:
        return  # a fraction of 0 has no width, which is reported as a separate mistake
    why = cannot_be_missed(expected, relative * abs(number) if relative and number is not None else absolute)
    if not why:
        return
    if relative is not None and relative >= 1:
        node, repair = keys["margin"].entries["relative"], f"write {relative / 100:g} for {relative:g} %"
    elif cannot_be_missed(expected, 0.0):
        node, repair = keys["printed"], "correct the bound or the relation, or leave out the claim"
    elif absolute is not None:
        node, repair = keys["margin"].entries["absolute"], _narrower(expected, absolute)
    else:
        node, repair = keys["margin"].entries["relative"], "write a smaller fraction"
    problems.at(node, MARGIN_CANNOT_BE_MISSED, f"expected a claim that a measurement can refute; {why}; {repair}")


def _narrower(expected: Expected, absolute: float) -> str:
    """Suggest a repair for an absolute margin that covers all possible values."""
    if expected.relates.margin_is != Relation.margin_is:
        return f"write a smaller one; it is {expected.relates.margin_is}"
    low, high = value_range(expected)
    if expected.unit != "%" and high == 1 and 1 < absolute <= 100:
        return f"in the unit {expected.unit!r} write {absolute / 100:g} for {absolute:g} points"
    return f"write a narrower margin in the printed unit, whose values go from {low:g} to {high:g}"
