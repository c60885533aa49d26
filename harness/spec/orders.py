"""Holds the orders a paper states in prose against the numbers it prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from harness.spec.claim import Claim, Measure
from harness.spec.node import Node, Problems

Cell = tuple[str, str, str, str, str | None, str | None]
"""What one printed number is of: metric, its options, data, model, attack, and the model the attack was made for."""


def check_orders(claims: Iterable[tuple[Claim, Node | None]], problems: Problems) -> None:
    """Report a claim that something is less (or greater) than something else where the tables print the opposite.

    Only where every number behind both sides is printed; equal numbers contradict nothing, as both were rounded.

    Args:
        claims: every claim, and where its relation is written.
        problems: receives every mistake.
    """
    claims = list(claims)
    printed: dict[Cell, float] = {}
    for claim, _ in claims:
        number, cells = claim.expected.number, list(_cells(claim.measure))
        if number is not None and claim.expected.relation == "close_to" and len(cells) == 1:
            printed.setdefault(cells[0], number * claim.expected.scale)
    for claim, node in claims:
        relation = claim.expected.relation
        if relation not in {"less_than", "greater_than"} or claim.other is None or node is None:
            continue
        mine, theirs = _mean(claim.measure, printed), _mean(claim.other, printed)
        if mine is None or theirs is None or claim.deviates_because is not None:
            continue
        if (mine > theirs) if relation == "less_than" else (mine < theirs):
            scale = claim.expected.scale
            problems.at(
                node,
                f"the numbers printed say the opposite: {mine / scale:.4g} here, {theirs / scale:.4g} for the other; "
                "restrict the claim to what they support, or declare it with 'deviates_because'",
            )


def _cells(measure: Measure) -> Iterator[Cell]:
    """Yield each member of a measure's lists; pairs of a model with itself are left out where there is a list."""
    data, models, made_for = (_each(names) for names in (measure.data, measure.model, measure.crafted_on))
    several = isinstance(measure.model, tuple) or isinstance(measure.crafted_on, tuple)
    for split, model, source in product(data, models, made_for):
        if not (source is not None and source == model and several):
            crafted = (source or model) if measure.attack else None
            yield measure.metric, repr(sorted(measure.options.items())), str(split), str(model), measure.attack, crafted


def _each(names: str | tuple[str, ...] | None) -> tuple[str | None, ...]:
    return names if isinstance(names, tuple) else (names,)


def _mean(measure: Measure, printed: dict[Cell, float]) -> float | None:
    """Return the mean of the printed numbers behind a measure, or None where one is not printed."""
    numbers = [printed.get(cell) for cell in _cells(measure)]
    known = [number for number in numbers if number is not None]
    return sum(known) / len(known) if known and len(known) == len(numbers) else None
