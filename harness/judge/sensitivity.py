"""Sensitivity of verdicts to details that the paper does not state: which verdicts hold under every reading."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.judge.gates import judge_claims
from harness.judge.independence import collapse_deterministic
from harness.judge.looks import LEVEL
from harness.judge.moves import Move, move
from harness.judge.outcome import Outcome
from harness.judge.relations import region
from harness.judge.verdict import Verdict
from harness.kinds.quantity import Bounds
from harness.record.measurement import Measurement
from harness.record.model import Record
from harness.spec.claim import Expected

ROBUST, DEPENDENT = "robust", "choice-dependent"
"""Qualifiers. ``choice-dependent``: two readings that differ give opposite verdicts, or one moves the number by more than
the margin. ``robust``: the verdict is the same under every measured reading, and none moves the number by as much as the
margin. If neither is shown, there is no qualifier: one verdict may be inconclusive by chance, or because of fewer runs."""
OPPOSITE = frozenset({Outcome.REPRODUCED, Outcome.NOT_REPRODUCED})
"""Two opposite outcomes: at most one can be right for a number."""


@dataclass(frozen=True)
class VariantVerdict:
    """The verdict on one claim under readings other than the chosen ones.

    Attributes:
        label: the readings that differ from the chosen ones.
        readings: assumption -> reading, of those.
        verdict: numbers in the printed unit.
        move: how far these readings move the number, paired by run. None if no run is shared, and for a statement on
            all images.
    """

    label: str
    readings: Mapping[str, str]
    verdict: Verdict
    move: Move | None

    @property
    def change(self) -> float | None:
        """The mean move, in the printed unit."""
        return None if self.move is None else self.move.change


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
        room: how far the paper's own number may move before it is refuted: the relation's refuting region. None if there is no
            margin; then only the verdicts are compared.
    """

    chosen: Verdict
    variants: tuple[VariantVerdict, ...] = ()
    room: Bounds | None = None

    @property
    def qualifier(self) -> str:
        """``robust``, ``choice-dependent``, or empty if neither is shown."""
        if not self.compared or not self.chosen.outcome.judged:
            return ""
        if self.opposed or self.beyond:
            return DEPENDENT
        # Undecided under every reading: there is no verdict that could be robust.
        return ROBUST if self.chosen.outcome.decided and not self.differing and not self.unsure else ""

    @property
    def opposed(self) -> bool:
        """Whether two readings, the chosen ones among them, give opposite verdicts and differ in the number itself.

        The verdicts alone are not enough: many readings are judged, each with its own error rate.
        """
        found = [(self.chosen.outcome, None), *((each.verdict.outcome, each.move) for each in self.compared)]
        pairs = itertools.combinations(enumerate(found), 2)
        return any(
            {one, two} == OPPOSITE and _differ(first, second, self._error, chosen=not place)
            for (place, (one, first)), (_, (two, second)) in pairs
        )

    @property
    def beyond(self) -> tuple[VariantVerdict, ...]:
        """The other readings that move the number by more than the margin, at 5 % over all of them together."""
        if self.room is None:
            return ()
        return tuple(
            each for each in self.compared if each.move is not None and each.move.beyond(self.room, self._error)
        )

    @property
    def _error(self) -> float:
        """The error rate of each compared reading; all together have 5 % (Bonferroni)."""
        return LEVEL / max(len(self.compared), 1)

    @property
    def unsure(self) -> tuple[VariantVerdict, ...]:
        """The other readings that are not shown to move the number by less than the margin."""
        if self.room is None:
            return ()
        return tuple(each for each in self.compared if each.move is None or not each.move.within(self.room))

    @property
    def differing(self) -> tuple[VariantVerdict, ...]:
        """The other readings with another outcome than the chosen ones."""
        return tuple(each for each in self.compared if each.verdict.outcome is not self.chosen.outcome)

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
            # If several assumptions change together, the difference cannot be attributed to one of them.
            if each.change is None or len(each.readings) != 1:
                continue
            (name, reading), *_ = each.readings.items()
            if name not in largest or abs(each.change) > abs(largest[name].change):
                largest[name] = Effect(name, reading, each.change)
        return tuple(sorted(largest.values(), key=lambda effect: -abs(effect.change)))


def _differ(first: Move | None, second: Move | None, error: float, *, chosen: bool) -> bool:
    """Whether two readings differ in their number; assumed if only their opposite verdicts are known.

    Args:
        first: move from the chosen readings to one of the two; not used if this one is the chosen readings.
        second: to the other.
        error: probability of a false positive.
        chosen: whether the first are the chosen readings.
    """
    between = second if chosen or first is None or second is None else second.since(first)
    return between is None or between.half_width() is None or between.differs(error)


def sensitivities(record: Record, verdicts: Sequence[Verdict], level: float = LEVEL) -> dict[str, Sensitivity]:
    """Return the sensitivity of every claim, by claim id; one without variants where no other reading affects it.

    Args:
        record: what was measured.
        verdicts: those under the chosen readings.
        level: that they were judged at.
    """
    variants: dict[str, list[VariantVerdict]] = {verdict.claim: [] for verdict in verdicts}
    claims, jobs = record.paper.by_id, record.jobs
    usual = {claim: collapse_deterministic(each, jobs) for claim, each in record.measurements.items()}
    for label, variant in record.variants.items():
        for verdict in judge_claims(record.under(label), level):
            other = variant.measurements.get(verdict.claim)
            if other is not None:
                moved = move(claims[verdict.claim], usual.get(verdict.claim), collapse_deterministic(other, jobs))
                variants[verdict.claim].append(VariantVerdict(label, variant.readings, verdict, moved))
    return {
        verdict.claim: Sensitivity(
            verdict,
            tuple(variants[verdict.claim]),
            _room(claims[verdict.claim].expected, verdict, usual.get(verdict.claim)),
        )
        for verdict in verdicts
    }


def _room(expected: Expected, verdict: Verdict, usual: Measurement | None) -> Bounds | None:
    """Return how far a claim's number may move: within the refuting region of its relation; None without a margin.

    For a bound or an order only a move against it counts: the paper does not say how far a number lies on the right side.
    """
    if verdict.margin is None or usual is None:
        return None
    others = [run.other.value / expected.scale for run in usual.runs if run.other is not None]
    return region(expected, verdict.margin, math.fsum(others) / len(others) if others else None).refute
