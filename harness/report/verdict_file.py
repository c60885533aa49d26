"""verdicts.json: every verdict with all that a program needs, one document whose schema is published."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import harness
from harness.judge import doubts, exit_status
from harness.judge.sensitivity import VariantVerdict
from harness.judge.verdict import Verdict
from harness.record.model import Record
from harness.report.case import Case
from harness.report.inexpressible import Inexpressible, inexpressible_of
from harness.report.record_file import RecordFile
from harness.report.values import quantities
from harness.report.verdict_types import (
    ReportedClaim,
    ReportedDoubt,
    ReportedInexpressible,
    ReportedMargin,
    ReportedReading,
    ReportedRecord,
    VerdictsFile,
)
from harness.report.words import plain

NAME = "verdicts.json"
"""The document's file, in the folder of the report."""


def as_json_text(document: VerdictsFile) -> str:
    """Return the document as JSON, without what no page may contain."""
    return json.dumps(_plain(document.model_dump(mode="json")), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def verdicts_file(record: Record, cases: Mapping[str, Case], source: RecordFile) -> VerdictsFile:
    """Return the verdicts on a record as the document has them.

    Args:
        record: what was measured.
        cases: of its claims, by id.
        source: its file.
    """
    paper, verdicts = record.paper, [case.verdict for case in cases.values()]
    return VerdictsFile(
        document="harness-verdicts",
        format=1,
        harness=harness.__version__,
        pack=paper.name,
        title=paper.bibliography.title,
        record=ReportedRecord(
            file=source.path, sha256=source.sha256 or None, verified=record.verified, harness=record.harness
        ),
        budget=paper.budget,
        comparable=paper.comparable,
        exit_status=exit_status(verdicts),
        doubts=tuple(
            ReportedDoubt(doubt=doubt.id, sentence=doubt.sentence, claims=tuple(doubt.claims))
            for doubt in doubts(record, verdicts)
        ),
        claims=reported_claims(record, cases.values()),
        not_expressible=tuple(
            reported_inexpressible(each) for exhibit in paper.exhibits for each in inexpressible_of(exhibit).values()
        ),
    )


def reported_claims(record: Record, cases: Iterable[Case]) -> tuple[ReportedClaim, ...]:
    """Return some claims as the document has them, in their order."""
    return tuple(_claim(record, case) for case in cases)


def _claim(record: Record, case: Case) -> ReportedClaim:
    claim, verdict, expected = case.claim, case.verdict, case.claim.expected
    values = quantities(record, claim, case.measurement)
    return ReportedClaim(
        claim=claim.id,
        exhibit=case.exhibit.id,
        source=str(claim.source),
        row=case.row,
        column=case.column,
        says=case.statement,
        relation=verdict.relation,
        printed=verdict.printed,
        unit=expected.unit,
        printed_runs=expected.printed_runs,
        printed_sd=expected.printed_sd,
        printed_best_of=expected.printed_is.best_of if expected.printed_is is not None else None,
        primary=verdict.primary,
        same_as=claim.same_as,
        outcome=verdict.outcome,
        reason=plain(verdict.reason),
        qualifiers=verdict.qualifiers,
        sentence=plain(verdict.sentence),
        mean=_mean(verdict, values),
        difference=verdict.mean if case.paired else case.deviation,
        judged="difference" if case.paired else "mean",
        sd=verdict.sd,
        n=verdict.n,
        runs=values,
        interval=verdict.interval,
        level=verdict.level,
        margin=_margin(case),
        p_value=verdict.p_value,
        limit=verdict.limit,
        times_limit=_finite(case.times_limit),
        deviates_because=claim.deviates_because,
        budget=case.measurement.budget,
        measured=verdict.measured,
        attempt=verdict.attempt,
        readings=tuple(_reading(record, case, each) for each in case.sensitivity.variants),
    )


def _mean(verdict: Verdict, values: Sequence[float]) -> float | None:
    """Return the mean of what is printed; None if the verdict has no number."""
    return None if verdict.mean is None or not values else math.fsum(values) / len(values)


def _finite(number: float | None) -> float | None:
    """Return a number, or None for one too large to be written."""
    return number if number is not None and math.isfinite(number) else None


def _margin(case: Case) -> ReportedMargin | None:
    declared = case.claim.expected.margin
    if declared is None:
        return None
    means = case.claim.expected.relates.margin_is
    return ReportedMargin(value=case.verdict.margin, means=means, declared=declared)


def _reading(record: Record, case: Case, variant: VariantVerdict) -> ReportedReading:
    verdict, measured = variant.verdict, record.variants[variant.label].measurements[case.claim.id]
    return ReportedReading(
        label=variant.label,
        readings=dict(variant.readings),
        outcome=verdict.outcome,
        reason=verdict.reason,
        qualifiers=verdict.qualifiers,
        mean=_mean(verdict, quantities(record, case.claim, measured)),
        n=verdict.n,
        interval=verdict.interval,
        margin=verdict.margin,
        change=variant.change,
    )


def reported_inexpressible(found: Inexpressible) -> ReportedInexpressible:
    """Return what is not expressible as the document has it."""
    stated = found.stated
    return ReportedInexpressible(
        id=stated.id,
        exhibit=stated.id.partition("/")[0],
        source=str(stated.source),
        row=found.row,
        column=found.column,
        says=stated.says,
        relation=stated.relation,
        printed=stated.printed,
        unit=stated.unit,
        why=stated.why,
    )


def _plain(value: Any) -> Any:
    """Return values of JSON, with the text in them plain."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return plain(value) if isinstance(value, str) else value
