"""The first two gates: is there a possible result, and was it measured as in the paper?"""

from __future__ import annotations

from harness.errors import DataMissing, Infeasible, WeightsMissing
from harness.judge.attacked import left_out
from harness.judge.independence import shared_draw
from harness.judge.kind_facts import best, sizes, statistic_of
from harness.judge.members import keeps_members
from harness.judge.observed import Observed, without_number
from harness.judge.relations import Decision
from harness.record.measurement import Measurement, Missing
from harness.record.model import Record
from harness.spec.claim import Claim, as_tuple
from harness.spec.ranges import cannot_be_missed
from harness.spec.selection import set_aside


def not_run(claim: Claim, record: Record, measurement: Measurement | None, seen: Observed | None) -> Missing | None:
    """First gate, NOT_RUN: is there a result, and is it possible?"""
    if measurement is None:
        return not_yet(claim, record)
    missing = measurement.missing
    if missing is not None and (missing.reason == "not-yet-run" or not missing.sentence.strip()):
        missing = Missing(reason=missing.reason, sentence=not_yet(claim, record).sentence)
    missing = missing and _to_bring(record, missing)
    if seen is None or without_number(claim, measurement) is not None or not keeps_members(claim, measurement):
        return _numberless(claim, record, measurement, missing)
    # Oracles: an exact minimum bounds every attack from below, and two measures of the same jobs cannot differ.
    if seen.undercut is not None:
        return Missing(
            reason="invalid",
            sentence=f"Run {seen.undercut} gave a smaller distortion than the exact minimum for the same images, which "
            "is impossible: the attack or the exact solver has a defect; fix it and run again.",
        )
    if any(run.other is not None and run.other.keys == run.measured.keys for run in measurement.runs):
        return Missing(
            reason="invalid",
            sentence="The two measures that it compares are the same jobs, so they cannot differ; name two different measures.",
        )
    # Runs that share random numbers are one run: the interval over runs would be too narrow.
    shared = shared_draw(measurement, record.jobs)
    if shared is not None:
        return Missing(reason="invalid", sentence=shared)
    if missing is not None and missing.reason == "invalid":
        return missing
    # One random run has no interval; with several runs, the claim is judged by them and the sentence says how many are missing.
    if missing is not None and seen.n == 1 and not seen.deterministic:
        known = f"1 of {record.paper.runs} runs" if record.paper.runs > 1 else "1 run"
        return Missing(reason=missing.reason, sentence=f"Only {known} was measured. {missing.sentence}")
    return None


def _numberless(claim: Claim, record: Record, measurement: Measurement, missing: Missing | None) -> Missing:
    """Return why there is no run to judge, or why one of the runs has no number."""
    if (run := without_number(claim, measurement)) is not None:
        return Missing(
            reason="invalid",
            sentence=f"The denominator of run {run.run} is 0, so it has no ratio; compare with a measure that is not 0.",
        )
    if not keeps_members(claim, measurement):
        sentence = f"The record has no values for the single members of the claim's lists; {measuring(claim, record)} adds them."
        return Missing(reason="failed", sentence=sentence)
    if measurement.runs and missing is None:
        sentence = f"The runs lack the measure to compare with; {measuring(claim, record)} measures both."
        return Missing(reason="failed", sentence=sentence)
    return missing or not_yet(claim, record)


def not_yet(claim: Claim, record: Record) -> Missing:
    """Return that a claim was not measured yet, why if that is known, and the command that measures it."""
    if claim.infeasible is not None:
        return Missing(reason=Infeasible.reason, sentence=_infeasible(claim, record))
    if why := set_aside(claim.id, record.paper):
        sentence = (
            f"Set aside by the budget {record.paper.budget}: {why.rstrip('.')}; {measuring(claim, record)} measures it."
        )
        return Missing(reason="set-aside", sentence=sentence)
    return Missing(reason="not-yet-run", sentence=f"Not measured yet; {measuring(claim, record)} measures it.")


def _infeasible(claim: Claim, record: Record) -> str:
    """Return the cost of measuring a claim, the sizes of its networks first, and the command that measures it."""
    found = sizes(as_tuple(claim.measure.model), record)
    large = [f"{name} has {count:,} parameters" for name, count in found.items()]
    why = (claim.infeasible or "").strip().rstrip(".")
    return (
        f"Infeasible: {'; '.join([*large, why])}. On a machine that can do it, {measuring(claim, record)} measures it."
    )


def _to_bring(record: Record, missing: Missing) -> Missing:
    """Return that files are missing, with the command that measures all claims that need them: the sentence is the same for all."""
    if missing.reason not in {DataMissing.reason, WeightsMissing.reason}:
        return missing
    told = f"{missing.sentence.rstrip('.')}; then `{record.verifying(None)}` measures it."
    return Missing(reason=missing.reason, sentence=told)


def measuring(claim: Claim, record: Record, *more: str) -> str:
    """Return the command that measures a claim, between backticks."""
    return f"`{record.verifying(claim.id, *more)}`"


def not_comparable(
    claim: Claim, record: Record, measurement: Measurement, observed: Observed, decision: Decision
) -> Missing | None:
    """Second gate, NOT_COMPARABLE: was it measured as in the paper, and could it fail?

    Returns:
        The reason, and a clause that follows ``because``.
    """
    if not measurement.comparable:
        how = f"it was measured in a rehearsal, with a reduced budget; {measuring(claim, record)} measures it in full"
        return Missing(reason="rehearsal", sentence=how)
    if claim.another is not None:
        what = "on other data" if claim.another.what == "data" else f"with another {claim.another.what}"
        how = f"it was measured {what} than in the paper: {claim.another.described.strip().rstrip('.')}"
        return Missing(reason=f"another-{claim.another.what}", sentence=how)
    if claim.expected.relates.printed and statistic_of(claim) == "time":
        how = "running times depend on the machine; both are shown"
        return Missing(reason="another-machine", sentence=how)
    if how := left_out(claim, observed, decision):
        return Missing(reason="attack-incomplete", sentence=how)
    if not observed.settled:
        how = "a training that it depends on had not converged, so the number may still change; allow more iterations"
        return Missing(reason="not-converged", sentence=how)
    if claim.expected.printed_is is not None and best(claim) not in {"lower", "higher"}:
        how = "the paper prints the best of several runs, and the metric does not declare which values are better"
        return Missing(reason="best-unknown", sentence=how)
    # `lint` refuses such a margin in a pack; a record may still hold one, and a noisy pilot may widen a margin to it.
    why = cannot_be_missed(claim.expected, decision.margin)
    if why:
        return Missing(reason="margin-decides-nothing", sentence=f"{why}; declare a narrower one")
    return None
