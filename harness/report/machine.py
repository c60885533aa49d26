"""The files for programs: their names, and the text of each from one document of verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.record.model import Record
from harness.report import claim_rows, junit, reading_rows, run_rows, verdict_file
from harness.report.case import Case
from harness.report.inexpressible import in_order
from harness.report.record_file import RecordFile

MARKS: Mapping[str, bytes] = {
    claim_rows.NAME: b"claim,source,row,column,says,outcome,",
    run_rows.NAME: b"paper,exhibit,claim,readings,run,role,",
    reading_rows.NAME: b"paper,exhibit,claim,readings,chosen,",
    verdict_file.NAME: b'"document": "harness-verdicts"',
    junit.NAME: b"<testsuite",
}
"""File -> what it contains near its beginning, in the order they are written."""


def machine_texts(record: Record, cases: Mapping[str, Case], source: RecordFile) -> dict[str, str]:
    """Return the text of each of these files.

    Args:
        record: what was measured.
        cases: of its claims, by id.
        source: its file.
    """
    document = verdict_file.verdicts_file(record, cases, source)
    return {
        claim_rows.NAME: claim_rows.claims_as_csv(document, _order(record, cases)),
        run_rows.NAME: run_rows.runs_as_csv(record),
        reading_rows.NAME: reading_rows.readings_as_csv(document),
        verdict_file.NAME: verdict_file.as_json_text(document),
        junit.NAME: junit.as_junit(record, cases.values()),
    }


def _order(record: Record, cases: Mapping[str, Case]) -> Iterator[str]:
    """Yield the ids of every claim and of what is not expressible, in the order of the paper."""
    for exhibit in record.paper.exhibits:
        for each in in_order(exhibit, cases):
            yield each.claim.id if isinstance(each, Case) else each.stated.id
