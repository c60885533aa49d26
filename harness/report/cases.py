"""The cases of a record: one for each claim, put together from record and verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import ReportError
from harness.judge.clean import clean_value
from harness.judge.independence import collapse_deterministic
from harness.judge.rivals import rivals_of
from harness.judge.samples import Span, all_taken
from harness.judge.sensitivity import sensitivities
from harness.judge.verdict import Verdict
from harness.record.measurement import Measurement
from harness.record.model import Record
from harness.report.case import Case
from harness.spec.orders import printed_orders
from harness.spec.paper import Exhibit


def cases_of(record: Record, verdicts: Sequence[Verdict]) -> dict[str, Case]:
    """Return every claim's case by id, in the order of the pack.

    Raises:
        ReportError: if the verdicts are not those of the record's claims.
    """
    judged = {verdict.claim: verdict for verdict in verdicts}
    claims = record.paper.by_id
    if set(judged) != set(claims):
        odd = sorted(set(judged) ^ set(claims))
        raise ReportError(
            f"{record.paper.name}: the record has {len(claims)} claims and the verdicts are about {len(judged)}; "
            f"{odd[0]!r} is in one only; judge this record again and report those verdicts"
        )
    sensitivity, orders = sensitivities(record, verdicts), printed_orders(record.paper.claims)
    rivals, cases = rivals_of(record, verdicts), {}
    for exhibit in record.paper.exhibits:
        labels = _labels(exhibit)
        for claim_id in exhibit.claims:
            row, column = labels.get(claim_id, (claim_id.rpartition("/")[2], ""))
            measured = collapse_deterministic(
                record.measurements.get(claim_id, Measurement(claim=claim_id)), record.jobs
            )
            cases[claim_id] = Case(
                claims[claim_id],
                judged[claim_id],
                measured,
                exhibit,
                row,
                column,
                sensitivity[claim_id],
                orders.get(claim_id),
                _taken(measured, record),
                rivals.get(claim_id),
                clean_value(claims[claim_id], record),
            )
    if lost := set(claims) - set(cases):
        raise ReportError(f"{record.paper.name}: claim {min(lost)!r} is in no exhibit of the record")
    return cases


def _taken(measurement: Measurement, record: Record) -> tuple[Span | None, Span | None]:
    """Return how many images the samples of both sides took, where those were all there are."""
    others = [run.other for run in measurement.runs if run.other is not None]
    sides = [run.measured for run in measurement.runs], others
    first, second = (all_taken([key for side in each for key in side.keys], record.jobs) for each in sides)
    return first, second


def _labels(exhibit: Exhibit) -> dict[str, tuple[str, str]]:
    """Return claim id -> (label of its row, label of its column)."""
    return {
        exhibit.cells[f"{row.name}/{column.name}"]: (row.label, column.label)
        for row in exhibit.rows
        for column in exhibit.columns
        if f"{row.name}/{column.name}" in exhibit.cells
    }
