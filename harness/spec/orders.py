"""Compares the orders that a paper states in prose with its printed numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.spec.claim import Claim, Measure

PrintedMeasure = tuple[str, str, str, str, str | None, str | None]
"""The measure of one printed number: metric, its options, data, model, attack, attacked model."""


@dataclass(frozen=True)
class PrintedPair:
    """Two printed numbers, or means of printed numbers, for one split and one model; in the claim's printed unit.

    Attributes:
        data: the split.
        model: the model that classifies the images.
        measured: what is printed for the claim's own measure.
        other: what is printed for the measure to compare with.
        agrees: whether their order is not the opposite of the stated order.
    """

    data: str
    model: str
    measured: float
    other: float
    agrees: bool


@dataclass(frozen=True)
class Printed:
    """What a paper's own tables print for an order that it states; numbers in the claim's printed unit.

    Attributes:
        measured: mean of what is printed for the claim's own measure.
        other: mean of what is printed for the measure to compare with.
        agrees: whether the order of the means is not the opposite of the stated order; equal means agree, because both
            were rounded.
        pairs: the numbers for each model and split for which all numbers of both sides are printed.
    """

    measured: float
    other: float
    agrees: bool
    pairs: tuple[PrintedPair, ...]

    @property
    def against(self) -> tuple[PrintedPair, ...]:
        """The pairs in the opposite order."""
        return tuple(pair for pair in self.pairs if not pair.agrees)


def printed_orders(claims: Iterable[Claim]) -> dict[str, Printed]:
    """Return, by claim id, the printed numbers for every order whose numbers are all printed."""
    claims = list(claims)
    printed: dict[PrintedMeasure, float] = {}
    for claim in claims:
        number, cells = claim.expected.number, list(_cells(claim.measure))
        if number is not None and _is_the_number(claim) and len(cells) == 1:
            printed.setdefault(cells[0], number * claim.expected.scale)
    orders = {claim.id: _printed(claim, printed) for claim in claims if claim.expected.relates.ordinal}
    return {name: order for name, order in orders.items() if order is not None}


def _is_the_number(claim: Claim) -> bool:
    """Whether a claim's printed number is the value of its measure, not a bound."""
    relation = claim.expected.relates
    return relation.printed and relation.two_sided and relation.quantity.own_unit


def _printed(claim: Claim, printed: Mapping[PrintedMeasure, float]) -> Printed | None:
    """Return the printed numbers for one order; None if a number of either side is not printed."""
    if claim.other is None:
        return None
    sides = [list(_cells(measure)) for measure in (claim.measure, claim.other)]
    mine, theirs = (_mean(cells, printed) for cells in sides)
    if mine is None or theirs is None:
        return None
    scale, relation = claim.expected.scale, claim.expected.relates

    def agrees(measured: float, other: float) -> bool:
        low, high = relation.accepts(0.0, 0.0, other)
        return low <= measured - other <= high

    pairs = []
    for data, model in dict.fromkeys((cell[2], cell[3]) for cell in sides[0]):
        here = [_mean([cell for cell in cells if cell[2:4] == (data, model)], printed) for cells in sides]
        if here[0] is not None and here[1] is not None:
            pairs.append(PrintedPair(data, model, here[0] / scale, here[1] / scale, agrees(here[0], here[1])))
    return Printed(mine / scale, theirs / scale, agrees(mine, theirs), tuple(pairs))


def _cells(measure: Measure) -> Iterator[PrintedMeasure]:
    """Yield each member of a measure's lists."""
    options = repr(sorted(measure.options.items()))
    for data, model, victim in measure.members:
        yield measure.metric, options, data, model, measure.attack, victim if measure.attack else None


def _mean(cells: Iterable[PrintedMeasure], printed: Mapping[PrintedMeasure, float]) -> float | None:
    """Return the mean of the printed numbers of some cells, or None if one is not printed."""
    numbers = [printed.get(cell) for cell in cells]
    known = [number for number in numbers if number is not None]
    return sum(known) / len(known) if known and len(known) == len(numbers) else None
