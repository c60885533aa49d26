"""``compare``: whether the numbers of two records are the same, claim by claim, what else differs, and where they diverge.

Two means are the same if they are shown to lie within the claim's own margin of each other, and differ if they are shown
not to (``harness/judge/equivalence.py``); the margin is that of the first record, unless only the second has one. If
nothing is random, the difference itself is compared with the margin. Runs that are equal bit for bit are the same. Pilot
runs are not used, because both records may share them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from harness.errors import UsageError, plural
from harness.judge.equivalence import Equivalence, Mean, equivalence
from harness.judge.independence import collapse_deterministic
from harness.judge.judging import judge
from harness.judge.looks import LEVEL, spending
from harness.judge.observed import Observed, observe
from harness.judge.outcome import Outcome
from harness.judge.statistics import holm
from harness.judge.verdict import Verdict
from harness.kinds.quantity import Bounds
from harness.record.differing import Differing, differing
from harness.record.divergence import Divergence, divergences
from harness.record.measurement import Measurement
from harness.record.model import Record, check_record
from harness.spec.claim import Claim


class Likeness(StrEnum):
    """What a comparison shows of one claim; its value is the word.

    Attributes:
        style: in the terminal (rich).
    """

    style: str

    def __new__(cls, word: str, style: str) -> Self:
        """Make a member that equals its word."""
        member = str.__new__(cls, word)
        member._value_, member.style = word, style
        return member

    SAME = "same", "green"
    DIFFERS = "differs", "red"
    NOT_SHOWN = "not shown", "yellow"
    ONLY_A = "only in A", "cyan"
    ONLY_B = "only in B", "cyan"


@dataclass(frozen=True)
class ClaimComparison:
    """One claim in two records; numbers are in the printed unit of the first record that has it.

    Attributes:
        claim: its id.
        likeness: what is shown.
        because: why, in a clause.
        a, b: the verdicts on it; None if a pack lacks it.
        shown: the difference of the means, B minus A, its interval, and the p-value of a difference beyond the margin;
            None if two means were not compared.
        bounds: the differences at which the means count as the same; None if the claim has no margin.
    """

    claim: str
    likeness: Likeness
    because: str
    a: Verdict | None
    b: Verdict | None
    shown: Equivalence | None = None
    bounds: Bounds | None = None

    @property
    def flipped(self) -> bool:
        """Whether the claim is reproduced in one record and refuted in the other."""
        if self.a is None or self.b is None:
            return False
        return self.a.outcome.decided and self.b.outcome.decided and self.a.outcome is not self.b.outcome


@dataclass(frozen=True)
class Comparison:
    """What two records have in common, and what differs.

    Attributes:
        claims: every claim of either, those of the first in its order.
        provenance: what else differs.
        divergences: where claims diverge first.
    """

    claims: tuple[ClaimComparison, ...]
    provenance: tuple[Differing, ...]
    divergences: tuple[Divergence, ...]

    @property
    def changed(self) -> tuple[str, ...]:
        """The claims that really changed: whose verdict flipped, or whose means differ by Holm's correction over all."""
        tested = [each for each in self.claims if each.shown is not None and each.shown.p_value is not None]
        rejected = holm([each.shown.p_value for each in tested if each.shown and each.shown.p_value is not None], LEVEL)
        beyond = {each.claim for each, sure in zip(tested, rejected, strict=True) if sure}
        exact = {each.claim for each in self.claims if each not in tested and each.likeness is Likeness.DIFFERS}
        return tuple(each.claim for each in self.claims if each.flipped or each.claim in beyond | exact)

    @property
    def status(self) -> int:
        """The exit status: 1 where a claim really changed, else 0."""
        return 1 if self.changed else 0


def compare(a: Record, b: Record) -> Comparison:
    """Compare two records of one paper: each claim's measurements, what else differs, and where they diverge first.

    Args:
        a: the record that is compared with.
        b: the other one.

    Returns:
        For each claim ``same``, ``differs``, ``not shown``, ``only in A`` or ``only in B``; the facts that differ; the
        earliest jobs that do; and ``status``, 1 where a verdict flipped between REPRODUCED and NOT_REPRODUCED or two means
        are shown to differ beyond the margin, else 0.

    Raises:
        UsageError: if one of the two is no record, or they have no claim in common.
    """
    check_record(a, "compare")
    check_record(b, "compare")
    if a.paper.name != b.paper.name and a.paper.by_id.keys().isdisjoint(b.paper.by_id):
        raise UsageError(
            f"compare: expected two records of one paper, found {a.paper.name} and {b.paper.name}, which have no claim in "
            "common; name two records of one pack"
        )
    first, second = ({verdict.claim: verdict for verdict in judge(each)} for each in (a, b))
    known = {**b.paper.by_id, **a.paper.by_id}
    claims = tuple(
        _compared(known[name], a, b, first.get(name), second.get(name)) for name in dict.fromkeys([*first, *second])
    )
    return Comparison(claims, differing(a, b), divergences(a, b))


def _compared(claim: Claim, a: Record, b: Record, first: Verdict | None, second: Verdict | None) -> ClaimComparison:
    one, two = (_measured(claim, record) for record in (a, b))
    if one is None or two is None:
        alone = Likeness.NOT_SHOWN if one is two else Likeness.ONLY_B if one is None else Likeness.ONLY_A
        lacks = "A" if first is None else "B" if second is None else ""
        why = (
            f"not in the pack of {lacks}"
            if lacks
            else "measured in neither"
            if one is two
            else "not measured in the other"
        )
        return ClaimComparison(claim.id, alone, why, first, second)
    if first is None or second is None:  # measured, but no claim of the pack any more
        which = Likeness.ONLY_B if first is None else Likeness.ONLY_A
        return ClaimComparison(claim.id, which, f"not in the pack of {'A' if first is None else 'B'}", first, second)
    seen, other = observe(claim, one, spending(a.paper.looks)), observe(claim, two, spending(b.paper.looks))
    if why := _incomparable(a, b, claim, one, two, first, second):
        return ClaimComparison(claim.id, Likeness.NOT_SHOWN, why, first, second)
    if seen is None or other is None:
        return ClaimComparison(claim.id, Likeness.NOT_SHOWN, "the measure to compare with is missing", first, second)
    shared = _shared(one, two)
    if shared == len(one.runs) == len(two.runs):
        same = Equivalence(0.0, None, same=True, differ=False)
        return ClaimComparison(claim.id, Likeness.SAME, f"{_runs(shared)}, equal bit for bit", first, second, same)
    bounds = _bounds(claim, seen, first, second)
    if bounds is None:
        return _without_margin(claim, seen, other, first, second)
    shown = equivalence(_mean(claim, seen), _mean(claim, other), bounds)
    likeness = Likeness.SAME if shown.same else Likeness.DIFFERS if shown.differ else Likeness.NOT_SHOWN
    return ClaimComparison(claim.id, likeness, _why(shown, shared, seen, other), first, second, shown, bounds)


def _measured(claim: Claim, record: Record) -> Measurement | None:
    """Return the measurement of a claim; None if it has no run."""
    found = record.measurements.get(claim.id)
    return collapse_deterministic(found, record.jobs) if found is not None and found.runs else None


def _incomparable(
    a: Record, b: Record, claim: Claim, one: Measurement, two: Measurement, first: Verdict, second: Verdict
) -> str:
    """Return why the numbers of two records cannot be compared; empty if they can."""
    for name, verdict in (("A", first), ("B", second)):
        if verdict.outcome is Outcome.NOT_RUN:
            return f"{verdict.reason} in {name}"
    if one.comparable != two.comparable:
        return f"{'A' if two.comparable else 'B'} is a rehearsal"
    measure, other = (record.paper.claim(claim.id).measure for record in (a, b))
    if (measure.metric, measure.options) != (other.metric, other.options):
        return f"another metric: {measure.metric} and {other.metric}"
    return ""


def _shared(one: Measurement, two: Measurement) -> int:
    """Return how many runs of two measurements are the same jobs with the same values."""
    return sum(run in two.runs for run in one.runs)


def _bounds(claim: Claim, seen: Observed, first: Verdict, second: Verdict) -> Bounds | None:
    """Return the differences at which two means count as the same, by the claim's margin; None if it has none."""
    margin = first.margin if first.margin is not None else second.margin
    if margin is None:
        return None
    relation = claim.expected.relates
    # The relation defines the margin: a half-width, or a factor.
    return relation.accepts(margin, 0.0, seen.mean) if relation.two_sided else (-margin, margin)


def _mean(claim: Claim, seen: Observed) -> Mean:
    """Return the mean of a claim over its runs; the mean paired difference if it compares two measures."""
    value = seen.difference if claim.expected.relates.quantity.signed else seen.mean
    return Mean(value, seen.n, 0.0 if seen.deterministic else seen.sd, seen.df or 0.0)


def _without_margin(claim: Claim, seen: Observed, other: Observed, first: Verdict, second: Verdict) -> ClaimComparison:
    """Compare the verdicts if the claim has no margin to compare a difference of means with."""
    if claim.expected.relates.exception_refutes and seen.everywhere and other.everywhere:
        return ClaimComparison(claim.id, Likeness.SAME, "it holds for every image in both", first, second)
    if first.outcome.decided and second.outcome.decided and first.outcome is not second.outcome:
        return ClaimComparison(claim.id, Likeness.DIFFERS, "the verdicts are opposite", first, second)
    alike = f"both are {first.outcome}; " if first.outcome is second.outcome else ""
    why = f"{alike}no margin to compare the difference with"
    return ClaimComparison(claim.id, Likeness.NOT_SHOWN, why, first, second)


def _why(shown: Equivalence, shared: int, seen: Observed, other: Observed) -> str:
    """Return what decides, in a clause."""
    common = f", {_runs(shared)} in common" if shared else ""
    if seen.deterministic and other.deterministic:
        return "deterministic" if shown.difference else "equal and deterministic"
    if shown.interval is None and not shown.same and not shown.differ:
        return "single runs have no standard deviation"
    where = "within" if shown.same else "outside" if shown.differ else "partly outside"
    return f"interval {where} the margin, {seen.n} and {plural(other.n, 'run')}{common}"


def _runs(number: int) -> str:
    return plural(number, "run")


def tally_of(claims: Sequence[ClaimComparison]) -> str:
    """Return how many claims have which likeness."""
    counts = {likeness: sum(each.likeness is likeness for each in claims) for likeness in Likeness}
    return ", ".join(f"{count} {likeness}" for likeness, count in counts.items() if count)
