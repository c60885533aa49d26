"""Claims on each member of a list of models or splits, or on each pair of neighbours: no mean over them can hide one.

A claim is reproduced if every part is, each at the usual alpha: this is an intersection-union test, whose level is no larger
than that of its parts (Berger 1982, Technometrics 24, 295-300). It is refuted if any of m parts is refuted at alpha / m: by
Bonferroni's inequality the probability that a correct part is refuted is at most alpha. The standard deviation of a part is
that of the judged runs alone, because a pilot only records that of the mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness.judge.looks import Ladder
from harness.judge.observed import Observed, observe
from harness.judge.relations import Decision, decide_claim
from harness.judge.statistics import OPEN, REFUTED, REPRODUCED
from harness.record.measurement import Measurement, Run, Sampled
from harness.spec.claim import Claim, Member
from harness.spec.paper import Pilot


@dataclass(frozen=True)
class Part:
    """One part of a claim on each member.

    Attributes:
        name: of the member, or of two neighbours.
        measurement: its runs.
    """

    name: str
    measurement: Measurement


@dataclass(frozen=True)
class Decisive:
    """The part that decides a claim, and the decision on the whole.

    Attributes:
        name: of the part.
        parts: how many there are.
        observed: its runs.
        decision: on the whole claim, its numbers those of the part.
    """

    name: str
    parts: int
    observed: Observed
    decision: Decision


def in_parts(claim: Claim) -> bool:
    """Whether a claim is on each member of its lists."""
    relation = claim.expected.relates
    return relation.neighbours or (bool(claim.expected.each) and not relation.exception_refutes)


def keeps_members(claim: Claim, measurement: Measurement) -> bool:
    """Whether every run of a claim in parts has the values of its members; true for any other claim."""
    return not in_parts(claim) or all(run.measured.members for run in measurement.runs)


def decide_parts(claim: Claim, measurement: Measurement, ladder: Ladder, pilot: Pilot | None) -> Decisive:
    """Decide a claim on each member, from runs that have members; ``pilot`` as in ``margin``."""
    parts = list(_parts(claim, measurement))
    stricter = {n: alpha / len(parts) for n, alpha in ladder.items()}
    usual = [_decided(claim, part, ladder, pilot) for part in parts]
    strict = [_decided(claim, part, stricter, pilot) for part in parts]
    refuted = [at for at, (_, decision) in enumerate(strict) if decision.code == REFUTED]
    if refuted:
        at = min(refuted, key=lambda each: strict[each][1].p_value or 0.0)
        observed, decision = strict[at]
        p_value = None if decision.p_value is None else min(1.0, len(parts) * decision.p_value)
        return Decisive(parts[at].name, len(parts), observed, replace(decision, p_value=p_value))
    if all(decision.code == REPRODUCED for _, decision in usual):
        at = min(range(len(parts)), key=lambda each: _room(*usual[each]))
        return Decisive(parts[at].name, len(parts), *usual[at])
    at = min(
        (each for each in range(len(parts)) if usual[each][1].code != REPRODUCED), key=lambda each: _room(*usual[each])
    )
    observed, decision = usual[at] if usual[at][1].code == OPEN else strict[at]
    return Decisive(parts[at].name, len(parts), observed, decision)


def _decided(claim: Claim, part: Part, ladder: Ladder, pilot: Pilot | None) -> tuple[Observed, Decision]:
    observed = observe(claim, part.measurement, ladder)
    assert observed is not None
    return observed, decide_claim(claim, observed, pilot)


def _room(observed: Observed, decision: Decision) -> float:
    """Return how far inside the accepting region the difference lies."""
    assert decision.region is not None
    low, high = decision.region.accept
    return min(each for each in (observed.difference - low, high - observed.difference) if math.isfinite(each))


def _parts(claim: Claim, measurement: Measurement) -> Iterator[Part]:
    """Yield each member with its own runs; for a trend each member except the first, paired with the one before it."""
    members = claim.measure.members
    theirs = claim.other.members if claim.other is not None else ()
    neighbours = claim.expected.relates.neighbours
    for at, member in enumerate(members):
        if neighbours and not at:
            continue
        runs = []
        for run in measurement.runs:
            other = _alone(run.measured, at - 1) if neighbours else None
            if run.other is not None:
                other = _alone(run.other, at) if len(theirs) == len(members) else run.other
            runs.append(Run(run=run.run, measured=_alone(run.measured, at), other=other))
        name = _named(member, members)
        yield Part(
            f"{name} after {_named(members[at - 1], members)}" if neighbours else name,
            measurement.model_copy(update={"runs": tuple(runs)}),
        )


def _alone(side: Sampled, at: int) -> Sampled:
    """Return one member of a side."""
    value = side.members[at]
    return Sampled(
        keys=(side.keys[at],),
        value=value.value,
        count=value.count,
        of=value.of,
        settled=side.settled,
        found=side.found,
        failures=side.failures,
    )


def _named(member: Member, members: Sequence[Member]) -> str:
    """Return the name of a member, made of what distinguishes it from the others."""
    names = [member.model] if len({each.model for each in members}) > 1 else []
    if len({each.data for each in members}) > 1:
        names.append(f"on {member.data}")
    if len({each.victim for each in members}) > 1 and member.victim != member.model:
        names.append(f"with examples made for {member.victim}")
    return " ".join(names)
