"""Holds the orders a paper states in prose against the numbers it prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.spec.claim import Claim, Measure

Cell = tuple[str, str, str, str, str | None, str | None]
"""What one printed number is of: metric, its options, data, model, attack, and the model the attack was made for."""


@dataclass(frozen=True)
class PrintedPair:
    """Two printed numbers, or means of such, for images of one split fed to one model; in the claim's printed unit.

    Attributes:
        data: the split.
        model: the model the images are fed to.
        measured: what is printed for the claim's own measure.
        other: what is printed for the measure compared with.
        agrees: whether they do not stand the other way round than the order says.
    """

    data: str
    model: str
    measured: float
    other: float
    agrees: bool


@dataclass(frozen=True)
class Printed:
    """What a paper's own tables say of an order it states; numbers in the claim's printed unit.

    Attributes:
        measured: mean of what is printed for the claim's own measure.
        other: mean of what is printed for the measure compared with.
        agrees: whether the means do not stand the other way round than the order says; equal ones were both rounded.
        pairs: the numbers model by model, where every one of both sides is printed for the model and the split.
    """

    measured: float
    other: float
    agrees: bool
    pairs: tuple[PrintedPair, ...]

    @property
    def against(self) -> tuple[PrintedPair, ...]:
        """The pairs that stand the other way round."""
        return tuple(pair for pair in self.pairs if not pair.agrees)


def printed_orders(claims: Iterable[Claim]) -> dict[str, Printed]:
    """Return, by claim id, what is printed of every order of which all numbers are."""
    claims = list(claims)
    printed: dict[Cell, float] = {}
    for claim in claims:
        number, cells = claim.expected.number, list(_cells(claim.measure))
        if number is not None and _is_the_number(claim) and len(cells) == 1:
            printed.setdefault(cells[0], number * claim.expected.scale)
    orders = {claim.id: _printed(claim, printed) for claim in claims if claim.expected.relates.ordinal}
    return {name: order for name, order in orders.items() if order is not None}


def _is_the_number(claim: Claim) -> bool:
    """Whether the number a claim prints is that of its measure, and no bound."""
    return claim.expected.relates.printed and claim.expected.relates.two_sided


def _printed(claim: Claim, printed: Mapping[Cell, float]) -> Printed | None:
    """Return what is printed of one order; None where a number of either side is not."""
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


def _cells(measure: Measure) -> Iterator[Cell]:
    """Yield each member of a measure's lists."""
    options = repr(sorted(measure.options.items()))
    for data, model, victim in measure.members:
        yield measure.metric, options, data, model, measure.attack, victim if measure.attack else None


def _mean(cells: Iterable[Cell], printed: Mapping[Cell, float]) -> float | None:
    """Return the mean of the numbers printed for some cells, or None where one is not printed."""
    numbers = [printed.get(cell) for cell in cells]
    known = [number for number in numbers if number is not None]
    return sum(known) / len(known) if known and len(known) == len(numbers) else None
