"""Rivals: alternative values that would also reproduce a claim, so that its verdict cannot distinguish them.

A margin around a transfer rate says little about transfer if it also contains the error of the same network without an
attack. Rivals come from printed numbers and, if there is a record, from measurements without an attack.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from harness.spec.claim import Claim, Measure
from harness.spec.paper import Exhibit, Paper
from harness.spec.ranges import TOLERANCE, value_range

HALF = 0.5
"""Fraction of the range from which on most values agree with the paper."""


class Sort(Enum):
    """Types of rivals, in the order in which they are listed; the value completes "a margin contains …"."""

    RANGE = "more than half of the range"
    END = "an end of the range"
    CLEAN = "the value without an attack"
    CONTROL = "a printed control"


@dataclass(frozen=True)
class Rival:
    """One alternative value that would also reproduce a claim.

    Attributes:
        sort: what it is.
        value: in the claim's printed unit; None for a fraction of the range.
        source: id of the claim that prints or measures it; empty if it follows from the range.
        label: its label in the table; empty if it has none.
        measured: whether it is measured; else it is printed.
        exact: whether the measured value is deterministic; else it is a mean over runs.
    """

    sort: Sort
    value: float | None
    source: str = ""
    label: str = ""
    measured: bool = False
    exact: bool = False


def rivals(
    claim: Claim,
    width: float | None,
    paper: Paper,
    controls: Collection[str] = (),
    measured: Mapping[str, float] | None = None,
    exact: Collection[str] = (),
) -> tuple[Rival, ...]:
    """Return the rivals of a claim; none if it is not compared with a printed number, or has no margin yet.

    Args:
        claim: the claim.
        width: its margin in the printed unit; None if there is none or it is unknown.
        paper: the other printed numbers.
        controls: names of the attacks whose images do not depend on the model.
        measured: claim id -> mean over runs in the metric's natural unit, of what was measured without an attack.
        exact: those of these claims whose value is deterministic.
    """
    held = accepted(claim, width)
    if held is None:
        return ()
    others = [*_clean(claim, paper, measured or {}, exact), *_controls(claim, paper, controls)]
    within = [each for each in others if each.value is not None and _holds(held, each.value)]
    return (*_of_range(claim, held), *within)


def accepted(claim: Claim, width: float | None) -> tuple[float, float] | None:
    """Return the open interval of the values that agree with a printed number; None if nothing is printed or known."""
    expected = claim.expected
    relation, number = expected.relates, expected.number
    if number is None or not relation.printed or (width is None and relation.takes_margin == "required"):
        return None
    low, high = relation.accepts(width or 0.0, expected.half_unit, number)
    return number + low, number + high


def _holds(held: tuple[float, float], value: float) -> bool:
    """Whether a value lies inside an open interval, and not at its end within rounding."""
    rounding = TOLERANCE * max(1.0, abs(value))
    return held[0] + rounding < value < held[1] - rounding


def without_attack(measure: Measure, paper: Paper) -> tuple[Claim, ...]:
    """Return the claims on the same measure of whole splits without an attack, one for each split and model.

    Empty if the measure has no attack, or if one of its models has no such claim.
    """
    if measure.attack is None:
        return ()
    found = []
    for data, model in dict.fromkeys((member.data, member.model) for member in measure.members):
        plain = measure.model_copy(
            update={"attack": None, "crafted_on": None, "limit": None, "data": data, "model": model}
        )
        found.append(next((each for each in paper.claims if _measures(each, plain)), None))
    return tuple(each for each in found if each is not None) if None not in found else ()


def _measures(claim: Claim, plain: Measure) -> bool:
    """Whether a claim compares such a measure, of all images of the split, with a printed number."""
    one = claim.measure
    same = (one.metric, one.options, one.data, one.model) == (plain.metric, plain.options, plain.data, plain.model)
    whole = one.attack is None and not one.sample.random and one.sample.which == "all"
    return same and whole and claim.expected.number is not None and claim.expected.relates.two_sided


def _of_range(claim: Claim, held: tuple[float, float]) -> Iterator[Rival]:
    """Yield a rival if a two-sided claim contains more than half of the range, and one for each end that it contains."""
    if not claim.expected.relates.two_sided:
        return
    low, high = value_range(claim.expected)
    if math.isfinite(high - low) and min(held[1], high) - max(held[0], low) > HALF * (high - low) * (1 + TOLERANCE):
        yield Rival(Sort.RANGE, None)
    for end in (low, high):
        if math.isfinite(end) and _holds(held, end) and end != claim.expected.number:
            yield Rival(Sort.END, end)


def _clean(claim: Claim, paper: Paper, measured: Mapping[str, float], exact: Collection[str]) -> Iterator[Rival]:
    """Yield the value without an attack, printed and measured; a mean if the claim is a mean over several models."""
    plain = without_attack(claim.measure, paper)
    if not plain:
        return
    scale, source = claim.expected.scale, plain[0].id if len(plain) == 1 else ""
    printed = [(each.expected.number or 0.0) * each.expected.scale for each in plain]
    yield Rival(Sort.CLEAN, math.fsum(printed) / len(printed) / scale, source)
    if all(each.id in measured for each in plain):
        ours = [measured[each.id] for each in plain]
        same = all(each.id in exact for each in plain)
        yield Rival(Sort.CLEAN, math.fsum(ours) / len(ours) / scale, source, measured=True, exact=same)


def _controls(claim: Claim, paper: Paper, controls: Collection[str]) -> Iterator[Rival]:
    """Yield what the claim's own table prints for the same measure with a control."""
    measure = claim.measure
    if measure.attack is None or measure.attack in controls:
        return
    exhibit = next((each for each in paper.exhibits if claim.id in each.claims), None)
    known = paper.by_id
    for each in (known[name] for name in (exhibit.claims if exhibit is not None else ())):
        other, number = each.measure, each.expected.number
        alike = (other.metric, other.options, other.data, other.model) == (
            *(measure.metric, measure.options),
            *(measure.data, measure.model),
        )
        if alike and other.attack in controls and number is not None and exhibit is not None:
            value = number * each.expected.scale / claim.expected.scale
            yield Rival(Sort.CONTROL, value, each.id, _row(exhibit, each.id))


def _row(exhibit: Exhibit, claim_id: str) -> str:
    """Return the label of a claim's row; empty if it is not in a table."""
    places = [place for place, found in exhibit.cells.items() if found == claim_id]
    name = places[0].partition("/")[0] if places else ""
    return next((row.label for row in exhibit.rows if row.name == name), "")


def counted(found: Iterable[tuple[Rival, ...]]) -> dict[Sort, int]:
    """Return the number of claims with a rival of each type, in the order of types; types without claims are omitted."""
    sorts = [{each.sort for each in rivals} for rivals in found]
    return {sort: number for sort in Sort if (number := sum(sort in each for each in sorts))}
