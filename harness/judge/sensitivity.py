"""Sensitivity of verdicts to what the paper leaves open: which hold under every reading, and which assumption matters most."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.judge.gates import judge_claims
from harness.judge.observed import number_of
from harness.judge.outcome import Outcome
from harness.judge.verdict import Verdict
from harness.record.measurement import Measurement
from harness.record.model import Record
from harness.spec.claim import Claim

ROBUST, DEPENDENT = "robust", "choice-dependent"
"""Qualifiers: the outcome is the same under every reading that was measured; the outcome differs under at least one."""


@dataclass(frozen=True)
class VariantVerdict:
    """The verdict on one claim under readings other than the chosen ones.

    Attributes:
        label: the readings that differ from the chosen ones.
        readings: assumption -> reading, of those.
        verdict: numbers in the printed unit.
        change: how far these readings move the number, in the printed unit: mean of the differences paired by run,
            since runs of one number differ in nothing else. None where no run is shared, and for a statement on all
            images.
    """

    label: str
    readings: Mapping[str, str]
    verdict: Verdict
    change: float | None


@dataclass(frozen=True)
class Effect:
    """How far one assumption moves the number of one claim.

    Attributes:
        assumption: its name.
        reading: the reading that moves the number most, all other assumptions as chosen.
        change: by how much, in the printed unit, with sign.
    """

    assumption: str
    reading: str
    change: float


@dataclass(frozen=True)
class Sensitivity:
    """One claim under all readings that affect it.

    Attributes:
        chosen: the verdict under the chosen readings.
        variants: the verdicts under other readings, in the order of the record.
    """

    chosen: Verdict
    variants: tuple[VariantVerdict, ...] = ()

    @property
    def qualifier(self) -> str:
        """``robust``, ``choice-dependent``, or empty where no two verdicts can be compared."""
        outcomes = [each.verdict.outcome for each in self.compared]
        if not outcomes or not self.chosen.outcome.judged:
            return ""
        if any(outcome is not self.chosen.outcome for outcome in outcomes):
            return DEPENDENT
        # Undecided under every reading: nothing has been shown that could be robust.
        return "" if self.chosen.outcome is Outcome.INCONCLUSIVE else ROBUST

    @property
    def compared(self) -> tuple[VariantVerdict, ...]:
        """The other readings whose number was compared with the paper."""
        return tuple(each for each in self.variants if each.verdict.outcome.judged)

    @property
    def reproducing(self) -> tuple[str, ...]:
        """Labels of the other readings under which the claim reproduces."""
        return tuple(each.label for each in self.variants if each.verdict.outcome is Outcome.REPRODUCED)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The effect of each assumption alone, the largest first."""
        largest: dict[str, Effect] = {}
        for each in self.variants:
            # Where several assumptions change together, no one of them has caused the difference.
            if each.change is None or len(each.readings) != 1:
                continue
            (name, reading), *_ = each.readings.items()
            if name not in largest or abs(each.change) > abs(largest[name].change):
                largest[name] = Effect(name, reading, each.change)
        return tuple(sorted(largest.values(), key=lambda effect: -abs(effect.change)))


def sensitivities(record: Record, verdicts: Sequence[Verdict]) -> dict[str, Sensitivity]:
    """Return the sensitivity of every claim, by claim id; one without variants where no other reading affects it.

    Args:
        record: what was measured.
        verdicts: those under the chosen readings.
    """
    variants: dict[str, list[VariantVerdict]] = {verdict.claim: [] for verdict in verdicts}
    claims = record.paper.by_id
    for label, variant in record.variants.items():
        for verdict in judge_claims(record.under(label)):
            other, usual = (each.get(verdict.claim) for each in (variant.measurements, record.measurements))
            if other is not None:
                change = _change(claims[verdict.claim], usual, other)
                variants[verdict.claim].append(VariantVerdict(label, variant.readings, verdict, change))
    return {verdict.claim: Sensitivity(verdict, tuple(variants[verdict.claim])) for verdict in verdicts}


def _change(claim: Claim, usual: Measurement | None, other: Measurement) -> float | None:
    """Return the mean difference between two measurements of a claim, paired by run, in the printed unit."""
    before, after = (_numbers(claim, each) if each is not None else {} for each in (usual, other))
    steps = [after[run] - before[run] for run in after if run in before]
    if not steps or claim.expected.relates.exception_refutes:
        return None
    return math.fsum(steps) / len(steps)


def _numbers(claim: Claim, measurement: Measurement) -> dict[int, float]:
    """Return run -> its number in the printed unit, of the runs that have one."""
    return {run.run: number for run in measurement.runs if (number := number_of(claim, run)) is not None}
