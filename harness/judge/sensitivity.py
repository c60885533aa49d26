"""What other readings of the paper do to its verdicts: which hold whatever is chosen, and which choice moves them most."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.judge.gates import judge_each
from harness.judge.verdict import Outcome, Verdict
from harness.record.measurement import Measurement, Run
from harness.record.model import Record
from harness.record.unverified import UNVERIFIED, unverified
from harness.spec.claim import Expected

ROBUST, DEPENDENT = "robust", "choice-dependent"
"""Qualifiers of a verdict that holds under every reading tried, and of one that does not."""
DECIDED = frozenset({Outcome.REPRODUCED, Outcome.NOT_REPRODUCED, Outcome.INCONCLUSIVE})
"""Outcomes of a measurement that may be held against the paper."""


@dataclass(frozen=True)
class Tried:
    """One claim under one other reading.

    Attributes:
        label: the readings that differ from the chosen ones.
        readings: assumption -> reading, of those.
        verdict: what it would be; numbers in the printed unit.
        moved: how far it is from the number under the chosen readings, in the printed unit: the mean over the runs both
            have, which differ in nothing else. None where they share no run, and for a statement on all images.
    """

    label: str
    readings: Mapping[str, str]
    verdict: Verdict
    moved: float | None


@dataclass(frozen=True)
class Choice:
    """How far one assumption moves a number.

    Attributes:
        assumption: its name.
        reading: the reading that moves the number most, no other being changed.
        moved: by how much, in the printed unit, with sign.
    """

    assumption: str
    reading: str
    moved: float


@dataclass(frozen=True)
class Choices:
    """One claim under all readings that touch it.

    Attributes:
        chosen: the verdict under the chosen readings.
        tried: the others, in the order of the record.
    """

    chosen: Verdict
    tried: tuple[Tried, ...] = ()

    @property
    def standing(self) -> str:
        """``robust``, ``choice-dependent``, or nothing where nothing decided can be compared."""
        outcomes = [tried.verdict.outcome for tried in self.tried if tried.verdict.outcome in DECIDED]
        if not outcomes or self.chosen.outcome not in DECIDED:
            return ""
        same = all(outcome is self.chosen.outcome for outcome in outcomes)
        if not same:
            return DEPENDENT
        return "" if self.chosen.outcome is Outcome.INCONCLUSIVE else ROBUST

    @property
    def reproducing(self) -> tuple[str, ...]:
        """Labels of the readings the claim reproduces under, the chosen ones left out."""
        return tuple(tried.label for tried in self.tried if tried.verdict.outcome is Outcome.REPRODUCED)

    @property
    def ranked(self) -> tuple[Choice, ...]:
        """The assumptions by how far they alone move the number, the farthest first."""
        farthest: dict[str, Choice] = {}
        for tried in self.tried:
            if tried.moved is None or len(tried.readings) != 1:
                continue
            (name, reading), *_ = tried.readings.items()
            if name not in farthest or abs(tried.moved) > abs(farthest[name].moved):
                farthest[name] = Choice(name, reading, tried.moved)
        return tuple(sorted(farthest.values(), key=lambda choice: -abs(choice.moved)))


def explore(record: Record, verdicts: Sequence[Verdict]) -> dict[str, Choices]:
    """Return every claim's verdicts under other readings, by claim id; a claim none of them touches has none.

    Args:
        record: what was measured.
        verdicts: those under the chosen readings.
    """
    found: dict[str, list[Tried]] = {verdict.claim: [] for verdict in verdicts}
    claims = record.paper.by_id
    for label, explored in record.variants.items():
        for verdict in judge_each(record.under(label)):
            other, usual = (each.get(verdict.claim) for each in (explored.measurements, record.measurements))
            if other is not None:
                moved = _moved(claims[verdict.claim].expected, usual, other)
                found[verdict.claim].append(Tried(label, explored.readings, verdict, moved))
    chosen = {verdict.claim: verdict for verdict in verdicts}
    return {claim: Choices(chosen[claim], tuple(tried)) for claim, tried in found.items()}


def _moved(expected: Expected, usual: Measurement | None, other: Measurement) -> float | None:
    """Return the mean difference between two measurements of a claim over the runs both have, in the printed unit."""
    before = {run.run: _number(run) for run in usual.runs} if usual is not None else {}
    steps = [_number(run) - before[run.run] for run in other.runs if run.run in before]
    if not steps or expected.relation == "all":
        return None
    return math.fsum(steps) / len(steps) / expected.scale


def _number(run: Run) -> float:
    """Return a run's value, or its difference from the measure compared with."""
    return run.measured.value - (run.other.value if run.other is not None else 0.0)


def judge(record: Record) -> tuple[Verdict, ...]:
    """Judge every claim of the paper, in the paper's order. Pure: the same record gives the same verdicts.

    Where other readings were tried, a verdict is qualified as ``robust`` or ``choice-dependent``; where no checksum
    vouches for its numbers, as ``unverified``.
    """
    verdicts = judge_each(record)
    if record.variants:
        choices = explore(record, verdicts)
        verdicts = tuple(_qualified(verdict, choices[verdict.claim].standing) for verdict in verdicts)
    open_to_doubt = unverified(record)
    return tuple(_qualified(each, UNVERIFIED if each.claim in open_to_doubt else "") for each in verdicts)


def _qualified(verdict: Verdict, standing: str) -> Verdict:
    return verdict.model_copy(update={"qualifiers": (*verdict.qualifiers, standing)}) if standing else verdict
