"""How many cells of a table would reproduce if its printed numbers were shuffled: the result of chance alone.

A permutation test of the whole table (Fisher 1935, The Design of Experiments, section 21): if the numbers in the wrong cells
reproduced as often as in their own cells, the verdicts would say nothing about single cells. Numbers are permuted among
cells of one kind, whose measures differ only in model, split and attack. The expected number is exact, without random
permutations: a cell gets the number of each other cell with the same probability, so the expectation is the sum over cells
of the fraction of the others' numbers that reproduce it. Cells that are true by construction are left out, because they
could hardly have failed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.judge.clean import transfers
from harness.judge.gates import evidence
from harness.judge.kind_facts import metric_of
from harness.judge.observed import Observed
from harness.judge.outcome import Outcome
from harness.judge.relations import decide_claim
from harness.judge.rivals import controls_of
from harness.judge.statistics import REPRODUCED
from harness.judge.verdict import CONSTRUCTED, Verdict
from harness.record.model import Record
from harness.spec.claim import Claim
from harness.spec.paper import Exhibit, Pilot

SAME = 0.05
"""Cells, half of the last digit shown: with so small an advantage, a table's own numbers do no better than shuffled ones."""


@dataclass(frozen=True)
class Shuffled:
    """The cells of one kind in a table.

    Attributes:
        what: the kind, in words.
        cells: how many were judged, at least 2.
        own: how many reproduce with their own number.
        expected: how many would reproduce on average with the number of another cell.
    """

    what: str
    cells: int
    own: int
    expected: float


def shuffled(exhibit: Exhibit, record: Record, verdicts: Mapping[str, Verdict]) -> tuple[Shuffled, ...]:
    """Return the kinds of cells of a table with at least two judged cells whose numbers are not all the same.

    Args:
        exhibit: a table; a list has no cells.
        record: what was measured.
        verdicts: by claim id.
    """
    kinds: dict[tuple[str, ...], list[Claim]] = defaultdict(list)
    known, controls = record.paper.by_id, controls_of(record)
    for claim_id in exhibit.cells.values():
        claim = known.get(claim_id)
        if claim is not None and claim.expected.number is not None and _counts(verdicts[claim.id]):
            kinds[_kind(claim, record, controls)].append(claim)
    return tuple(
        _dealt(" ".join(kind[:2]).strip(), claims, record, verdicts)
        for kind, claims in kinds.items()
        if len({claim.expected.number for claim in claims}) > 1
    )


def _counts(verdict: Verdict) -> bool:
    return verdict.outcome.judged and CONSTRUCTED not in verdict.qualifiers


def _kind(claim: Claim, record: Record, controls: frozenset[str]) -> tuple[str, ...]:
    """Return what cells must share so that their numbers can be exchanged; the first two are words for it."""
    measure, metric = claim.measure, metric_of(claim.measure)
    where = ""
    if measure.attack in controls:
        where = "under a control"
    elif transfers(claim, record):
        where = "of examples fed to another network"
    name = metric.in_words() if metric is not None else measure.metric.replace("-", " ")
    options = json.dumps(measure.options, sort_keys=True, default=str)
    attacked = str(measure.attack is not None)
    return name, where, measure.metric, options, attacked, claim.expected.unit, claim.expected.relation


def _dealt(what: str, claims: Sequence[Claim], record: Record, verdicts: Mapping[str, Verdict]) -> Shuffled:
    seen = [(claim, evidence(claim, record)) for claim in claims]
    expected = 0.0
    for place, (claim, found) in enumerate(seen):
        others = [other for at, other in enumerate(claims) if at != place]
        if found is not None:
            expected += sum(_reproduces(claim, other, *found) for other in others) / len(others)
    own = sum(verdicts[claim.id].outcome is Outcome.REPRODUCED for claim in claims)
    return Shuffled(what, len(claims), own, expected)


def _reproduces(claim: Claim, other: Claim, observed: Observed, pilot: Pilot | None) -> bool:
    """Whether a claim would reproduce with another's printed number; the rule of its own margin is kept."""
    number = other.expected.number or 0.0
    printed = {"printed": other.expected.printed, "decimals": other.expected.decimals}
    dealt = claim.model_copy(update={"expected": claim.expected.model_copy(update=printed)})
    return decide_claim(dealt, replace(observed, difference=observed.mean - number), pilot).code == REPRODUCED


def shuffled_in_words(found: Sequence[Shuffled]) -> str:
    """Return how many cells reproduce, and how many would with shuffled numbers, in a sentence; empty if none was judged."""
    told = [
        f"{each.own} of {each.cells} cells ({each.what}) reproduce with the printed numbers in their cells, "
        f"{each.expected:.1f} on average if these are shuffled"
        for each in found
    ]
    blind = [each.what for each in found if 0 < each.own <= each.expected + SAME]
    cannot = f" The cells ({'; '.join(blind)}) do not distinguish their numbers from shuffled ones." if blind else ""
    return f"Permutation test: {'; '.join(told)}.{cannot}" if told else ""
