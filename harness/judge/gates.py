"""Judges every claim of a record: the gates in order, the first that fires decides."""

from __future__ import annotations

from harness.judge import sentences
from harness.judge.construction import by_construction, over_found
from harness.judge.directions import Direction, direction
from harness.judge.foresight import foresight
from harness.judge.independence import as_one, shared_draw
from harness.judge.observed import Observed, observe
from harness.judge.relations import Finding, find
from harness.judge.samples import shortfall
from harness.judge.statistics import OPEN, REFUTED, REPRODUCED, confidence
from harness.judge.verdict import CONSTRUCTED, EARLIER, Outcome, Verdict
from harness.record.attempts import clause, unfinished
from harness.record.dates import days
from harness.record.measurement import FIRST_PILOT, Measurement, Missing
from harness.record.model import Record
from harness.spec.claim import Claim
from harness.spec.paper import Pilot
from harness.spec.ranges import cannot_be_missed
from harness.spec.selection import fits

OUTCOMES = {
    REPRODUCED: Outcome.REPRODUCED,
    REFUTED: Outcome.NOT_REPRODUCED,
    OPEN: Outcome.INCONCLUSIVE,
}


LEAST_FOUND = 0.99
"""A mean distortion is over the images an example was found for; with fewer than this share it is another number."""


def judge_each(record: Record) -> tuple[Verdict, ...]:
    """Judge every claim under the readings it was measured with; ``harness.judge.sensitivity`` sets others beside them."""
    return tuple(_judge(claim, record) for claim in record.paper.claims)


def _judge(claim: Claim, record: Record) -> Verdict:
    measurement = record.measurements.get(claim.id)
    measurement = measurement and as_one(measurement, record.jobs)
    marks = _marks(claim, record)
    observed = observe(claim, measurement) if measurement is not None else None
    missing = _missing(claim, record, measurement, observed)
    if missing is not None or measurement is None or observed is None:
        missing = missing or _not_yet(claim, record)
        found = _verdict(claim, Outcome.NOT_RUN, missing.reason, missing.sentence, marks)
        return found.model_copy(update={"attempt": unfinished(measurement)})
    found = _measured(claim, record, measurement, observed, marks)
    update = {
        "sentence": found.sentence + clause(measurement, record.jobs),
        "qualifiers": (*found.qualifiers, *([EARLIER] if measurement.attempt is not None else [])),
        "measured": days(measurement, record.jobs),
        "attempt": unfinished(measurement),
    }
    return found.model_copy(update=update)


def _measured(
    claim: Claim, record: Record, measurement: Measurement, observed: Observed, marks: tuple[str, ...]
) -> Verdict:
    """Judge a claim that has runs which can be true."""
    finding = find(claim, observed, _pilot(claim, record, measurement))
    if not observed.settled:
        marks = (*marks, "not-converged")
    why = _incomparable(claim, record, measurement, observed, finding)
    if why is not None:
        sentence = sentences.indicative(claim, observed, finding, why.sentence)
        sentence += shortfall(claim, measurement, record.jobs)
        return _verdict(claim, Outcome.NOT_COMPARABLE, why.reason, sentence, marks, observed, finding)
    if observed.deterministic:
        marks = (*marks, "exact")
    return _decided(claim, record, measurement, observed, finding, marks)


def _pilot(claim: Claim, record: Record, measurement: Measurement) -> Pilot | None:
    """Return what the claim's pilot runs showed, unless they measured something else than the runs that are judged."""
    pilot = record.paper.pilot.get(claim.id)
    return pilot if pilot is not None and pilot.inputs == measurement.inputs else None


def _missing(claim: Claim, record: Record, measurement: Measurement | None, seen: Observed | None) -> Missing | None:
    """First gate: is there a result at all, and can it be true?"""
    if measurement is None:
        return _not_yet(claim, record)
    missing = measurement.missing
    if missing is not None and (missing.reason == "not-yet-run" or not missing.sentence.strip()):
        missing = Missing(reason=missing.reason, sentence=_not_yet(claim, record).sentence)
    if seen is None:
        if measurement.runs and missing is None:
            told = f"Its runs lack the measure to compare with; {_command(claim, record)} measures both."
            return Missing(reason="failed", sentence=told)
        return missing or _not_yet(claim, record)
    if seen.undercut is not None:
        return Missing(
            reason="invalid",
            sentence=f"Run {seen.undercut} gave a smaller distortion than the exact minimum for the same images, which "
            "cannot be: the attack or the exact solver has a defect; mend it and run again.",
        )
    if any(run.other is not None and run.other.keys == run.measured.keys for run in measurement.runs):
        return Missing(
            reason="invalid",
            sentence="Both measures it compares are the very same jobs, so that they cannot differ: what their names stand "
            "for has one content; name two different measures.",
        )
    shared = shared_draw(measurement, record.jobs)
    if shared is not None:
        return Missing(reason="invalid", sentence=shared)
    if missing is not None and missing.reason == "invalid":
        return missing
    if missing is not None and seen.n == 1 and not seen.deterministic:
        wanted = f" of {record.paper.runs}" if record.paper.runs > 1 else ""
        return Missing(reason=missing.reason, sentence=f"Only 1{wanted} runs is there. {missing.sentence}")
    return None


def _not_yet(claim: Claim, record: Record) -> Missing:
    return Missing(reason="not-yet-run", sentence=f"Not measured yet; {_command(claim, record)} measures it.")


def _command(claim: Claim, record: Record, *more: str) -> str:
    return f"`{record.verifying(claim.id, *more)}`"


def _incomparable(
    claim: Claim, record: Record, measurement: Measurement, observed: Observed, finding: Finding
) -> Missing | None:
    """Second gate: was it measured as the paper did, and can it turn out otherwise?

    Returns the reason, and a clause after ``because``.
    """
    if not measurement.comparable:
        how = f"it was a rehearsal on a reduced budget; {_command(claim, record)} measures it in full"
        return Missing(reason="rehearsal", sentence=how)
    if observed.found is not None and observed.found < LEAST_FOUND and over_found(claim):
        how = "the mean is over the images an example was found for, and too many were left without one"
        return Missing(reason="attack-incomplete", sentence=how)
    if not observed.settled:
        how = "a training behind it ended before it had settled, so the number may still move; allow it more iterations"
        return Missing(reason="not-converged", sentence=how)
    idle = cannot_be_missed(claim.expected, finding.margin)
    if idle:  # a pack with such a margin is refused; a record may hold one, and so may a pilot of much noise
        return Missing(reason="margin-decides-nothing", sentence=f"{idle}; declare a narrower one")
    return None


def _marks(claim: Claim, record: Record) -> tuple[str, ...]:
    """Return the qualifiers that follow from the pack alone."""
    patterns = [pattern for assumption in record.paper.assumptions.values() for pattern in assumption.fitted_on]
    fitted = any(fits(claim.id, pattern) for pattern in patterns)
    return ("fitted",) if fitted else ()


def _decided(
    claim: Claim, record: Record, measurement: Measurement, observed: Observed, finding: Finding, marks: tuple[str, ...]
) -> Verdict:
    """Third gate: what the statistics say, what was declared, and what could not have turned out otherwise."""
    way: Direction | None = direction(claim, observed) if finding.decision == REFUTED else None
    reason = way.reason if way is not None else finding.reason
    sentence = sentences.verdict(claim, observed, finding, way) + shortfall(claim, measurement, record.jobs)
    if measurement.missing is not None:
        there = sum(run.run < FIRST_PILOT for run in measurement.runs)
        few = there < record.paper.runs
        known = f"Only {there} of {record.paper.runs} runs are" if few else "Not every run is"
        sentence += f" {known} there: {measurement.missing.sentence}"
    if not observed.deterministic and _pilot(claim, record, measurement) is None:
        sentence += _unpiloted(claim, record)
    if claim.deviates_because:
        mark, explained = foresight(claim, measurement, record)
        marks = marks if finding.decision == REPRODUCED else (*marks, mark)
        if finding.decision == REPRODUCED:
            reason, because = "unexpected-pass", claim.deviates_because.strip().rstrip(".")
            sentence += f" It was declared not to reproduce ({because}), but it does: take the declaration back."
        elif finding.decision == REFUTED:
            sentence += f" {explained}"
    if finding.decision == REPRODUCED and (why := by_construction(claim, measurement, record)):
        marks = (*marks, CONSTRUCTED)
        sentence += f" True by construction: {why}."
    return _verdict(claim, OUTCOMES[finding.decision], reason, sentence, marks, observed, finding)


def _unpiloted(claim: Claim, record: Record) -> str:
    """Say that a sampling margin lacks the spread between pilot runs; nothing of other margins."""
    if claim.expected.margin is None or claim.expected.margin.sampling is None:
        return ""
    why = "Its pilot runs are out of date" if claim.id in record.paper.pilot else "It has no pilot runs"
    command = _command(claim, record, "--pilot")
    return f" {why}, so that the margin leaves out the spread between runs; {command} measures it."


def _verdict(
    claim: Claim,
    outcome: Outcome,
    reason: str,
    sentence: str,
    marks: tuple[str, ...],
    observed: Observed | None = None,
    finding: Finding | None = None,
) -> Verdict:
    mean = None
    if observed is not None:
        mean = observed.mean if observed.other is None else observed.difference
    return Verdict(
        claim=claim.id,
        outcome=outcome,
        reason=reason,
        sentence=sentence,
        printed=claim.expected.printed,
        unit=claim.expected.unit,
        relation=claim.expected.relation,
        mean=mean,
        sd=observed.spread if observed is not None else None,
        n=observed.n if observed is not None else 0,
        interval=finding.interval if finding is not None else None,
        level=confidence(observed.n) if observed is not None and finding is not None and finding.interval else None,
        margin=finding.margin if finding is not None else None,
        limit=observed.limit if observed is not None else None,
        qualifiers=marks,
        primary=claim.primary,
        p_value=finding.p_value if finding is not None and outcome is Outcome.NOT_REPRODUCED else None,
    )
