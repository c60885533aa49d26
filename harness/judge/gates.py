"""The gates that every claim passes in order; the first that applies decides the outcome.

1. NOT_RUN: there is no result, or one that cannot be true (``not_run`` in ``eligibility``).
2. NOT_COMPARABLE: it was measured in another way than in the paper, or could not have failed (``not_comparable``).
3. REPRODUCED, NOT_REPRODUCED or INCONCLUSIVE: the statistical test of the claim's relation (``_decided``).
"""

from __future__ import annotations

from harness.judge import sentences
from harness.judge.clean import clean_sentence
from harness.judge.construction import by_construction
from harness.judge.deviation import declared_deviation
from harness.judge.directions import Direction, direction
from harness.judge.eligibility import measuring, not_comparable, not_run, not_yet
from harness.judge.independence import collapse_deterministic
from harness.judge.looks import LEVEL, Ladder, confidence, spending
from harness.judge.members import decide_parts, in_parts
from harness.judge.observed import Observed, observe, pooled
from harness.judge.outcome import Outcome
from harness.judge.relations import Decision, decide_claim
from harness.judge.samples import shortfall
from harness.judge.stability import far_run
from harness.judge.statistics import OPEN, REFUTED, REPRODUCED
from harness.judge.verdict import CONSTRUCTED, EARLIER, FITTED, UNPOOLED, UNSTABLE, Verdict
from harness.record.attempts import clause, unfinished
from harness.record.dates import days, measured, moment
from harness.record.measurement import FIRST_PILOT, Measurement
from harness.record.model import Record
from harness.spec.claim import Claim
from harness.spec.paper import Pilot
from harness.spec.selection import fits

OUTCOMES = {
    REPRODUCED: Outcome.REPRODUCED,
    REFUTED: Outcome.NOT_REPRODUCED,
    OPEN: Outcome.INCONCLUSIVE,
}
"""Decision of the test -> outcome."""


def judge_claims(record: Record, level: float = LEVEL) -> tuple[Verdict, ...]:
    """Judge every claim under the readings it was measured with; ``level`` is the error rate of all looks at a claim."""
    ladder = spending(record.paper.looks, level)
    return tuple(_judge(claim, record, ladder) for claim in record.paper.claims)


def _judge(claim: Claim, record: Record, ladder: Ladder) -> Verdict:
    measurement = record.measurements.get(claim.id)
    measurement = measurement and collapse_deterministic(measurement, record.jobs)
    qualifiers = _qualifiers(claim, record)
    observed = observe(claim, measurement, ladder) if measurement is not None else None
    missing = not_run(claim, record, measurement, observed)
    if missing is not None or measurement is None or observed is None:
        missing = missing or not_yet(claim, record)
        found = _verdict(claim, Outcome.NOT_RUN, missing.reason, missing.sentence, qualifiers)
        return found.model_copy(update={"attempt": unfinished(measurement)})
    found = _measured(claim, record, measurement, observed, qualifiers)
    update = {
        "sentence": found.sentence + clause(measurement, record.jobs),
        "qualifiers": (*found.qualifiers, *([EARLIER] if measurement.attempt is not None else [])),
        "measured": days(measurement, record.jobs),
        "attempt": unfinished(measurement),
    }
    return found.model_copy(update=update)


def _measured(
    claim: Claim, record: Record, measurement: Measurement, observed: Observed, qualifiers: tuple[str, ...]
) -> Verdict:
    """Judge a claim whose result is possible."""
    pilot = _pilot(claim, record, measurement)
    observed = _pooled(claim, record, measurement, observed, pilot)
    beside = ""
    if in_parts(claim):
        part = decide_parts(claim, measurement, observed.ladder, pilot)
        observed, decision = part.observed, part.decision
        beside = f" The decisive one of {part.parts} comparisons is {part.name}."
    else:
        decision = decide_claim(claim, observed, pilot)
    if not observed.settled:
        qualifiers = (*qualifiers, "not-converged")
    why = not_comparable(claim, record, measurement, observed, decision)
    if why is not None:
        way = direction(claim, observed, record, decision.mean) if decision.code == REFUTED else None
        sentence = sentences.indicative(claim, observed, decision, why.sentence)
        sentence += sentences.number_alone(claim, observed, decision, way) if claim.another is not None else ""
        sentence += beside + clean_sentence(claim, record) + shortfall(claim, measurement, record.jobs)
        return _verdict(claim, Outcome.NOT_COMPARABLE, why.reason, sentence, qualifiers, observed, decision)
    if observed.deterministic:
        qualifiers = (*qualifiers, "exact")
    found = _decided(claim, record, measurement, observed, decision, qualifiers)
    return found.model_copy(update={"sentence": found.sentence + beside})


def evidence(claim: Claim, record: Record) -> tuple[Observed, Pilot | None] | None:
    """Return what a claim is judged by: its runs with the pooled variance, and its pilot; None if nothing was measured."""
    measurement = record.measurements.get(claim.id)
    measurement = measurement and collapse_deterministic(measurement, record.jobs)
    observed = observe(claim, measurement, spending(record.paper.looks)) if measurement is not None else None
    if measurement is None or observed is None:
        return None
    pilot = _pilot(claim, record, measurement)
    return _pooled(claim, record, measurement, observed, pilot), pilot


def _pilot(claim: Claim, record: Record, measurement: Measurement) -> Pilot | None:
    """Return the result of the claim's pilot runs; None if they measured something else than the judged runs."""
    pilot = record.paper.pilot.get(claim.id)
    return pilot if pilot is not None and pilot.inputs == measurement.inputs else None


def _pooled(
    claim: Claim, record: Record, measurement: Measurement, observed: Observed, pilot: Pilot | None
) -> Observed:
    """Pool the variance of the runs with that of their own pilot runs; a variant has none and uses the chosen readings' margin."""
    if pilot is None or _own_pilot(claim, record, measurement) is None:
        return observed
    made, judged = moment(pilot.made), measured(measurement, record.jobs)
    # The pilot has a date without a time: one of the same day as the first judged run may have been made before it.
    late = made is not None and judged is not None and made.date() > judged[0].date()
    return pooled(observed, pilot, late=late)


def _own_pilot(claim: Claim, record: Record, measurement: Measurement) -> Pilot | None:
    """Return the result of the claim's pilot runs, unless they used other readings than its runs."""
    return None if claim.id in record.borrowed_pilots else _pilot(claim, record, measurement)


def _qualifiers(claim: Claim, record: Record) -> tuple[str, ...]:
    """Return the qualifiers that follow from the pack alone."""
    patterns = [pattern for assumption in record.paper.assumptions.values() for pattern in assumption.fitted_on]
    fitted = any(fits(claim.id, pattern) for pattern in patterns)
    return (FITTED,) if fitted else ()


def _decided(
    claim: Claim,
    record: Record,
    measurement: Measurement,
    observed: Observed,
    decision: Decision,
    qualifiers: tuple[str, ...],
) -> Verdict:
    """Third gate: the test of the relation; then declared deviations and claims that are true by construction."""
    way: Direction | None = direction(claim, observed, record, decision.mean) if decision.code == REFUTED else None
    reason = way.reason if way is not None else decision.reason
    sentence = sentences.verdict(claim, observed, decision, way) + clean_sentence(claim, record)
    sentence += shortfall(claim, measurement, record.jobs)
    if measurement.missing is not None:
        there = sum(run.run < FIRST_PILOT for run in measurement.runs)
        few = there < record.paper.runs
        known = f"Only {there} of {record.paper.runs} runs were" if few else "Not every run was"
        sentence += f" {known} measured: {measurement.missing.sentence}"
    if not observed.deterministic and _pilot(claim, record, measurement) is None:
        sentence += _unpiloted(claim, record)
    if observed.unpooled:
        qualifiers = (*qualifiers, UNPOOLED[observed.unpooled])
        sentence += sentences.unpooled(claim, record.paper.pilot[claim.id], observed)
    far = far_run(observed, _own_pilot(claim, record, measurement), claim.expected.number or 0.0)
    if far is not None and not claim.expected.relates.exception_refutes:
        qualifiers = (*qualifiers, UNSTABLE)
        sentence += sentences.unstable(claim, observed, far)
    if claim.deviates_because:
        qualifier, explained = declared_deviation(claim, measurement, record)
        qualifiers = qualifiers if decision.code == REPRODUCED else (*qualifiers, qualifier)
        # A declared deviation that reproduces is an error too, like an expected failure that passes.
        if decision.code == REPRODUCED:
            reason, because = "unexpected-pass", claim.deviates_because.strip().rstrip(".")
            sentence += f" A deviation was declared ({because}), but the claim reproduces: remove the declaration."
        elif decision.code == REFUTED:
            sentence += f" {explained}"
    if decision.code == REPRODUCED and (why := by_construction(claim, measurement, record)):
        qualifiers = (*qualifiers, CONSTRUCTED)
        sentence += f" True by construction: {why}."
    return _verdict(claim, OUTCOMES[decision.code], reason, sentence, qualifiers, observed, decision)


def _unpiloted(claim: Claim, record: Record) -> str:
    """Return a sentence if a margin lacks the standard deviation between pilot runs; empty for margins without it."""
    declared = claim.expected.margin
    if declared is None or (declared.sampling is None and not declared.same_images):
        return ""
    why = "The pilot runs are out of date" if claim.id in record.paper.pilot else "There are no pilot runs"
    measures = measuring(claim, record, "--pilot")
    return f" {why}, so the margin does not include the variance between runs; {measures} measures it."


def _verdict(
    claim: Claim,
    outcome: Outcome,
    reason: str,
    sentence: str,
    qualifiers: tuple[str, ...],
    observed: Observed | None = None,
    decision: Decision | None = None,
) -> Verdict:
    mean = None
    if observed is not None and decision is not None:
        mean = observed.mean if decision.mean is None else decision.mean
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
        interval=decision.interval if decision is not None else None,
        level=_level(observed, decision),
        margin=decision.margin if decision is not None else None,
        prediction_sd=decision.prediction_sd if decision is not None else None,
        limit=observed.limit if observed is not None else None,
        qualifiers=qualifiers,
        primary=claim.primary,
        p_value=decision.p_value if decision is not None and outcome is Outcome.NOT_REPRODUCED else None,
    )


def _level(observed: Observed | None, decision: Decision | None) -> float | None:
    if observed is None or decision is None or decision.interval is None:
        return None
    return confidence(observed.n, observed.ladder)
