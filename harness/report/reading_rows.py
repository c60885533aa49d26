"""readings.csv: a row for each claim and reading, the chosen readings first.

``readings`` names those that differ from the chosen ones, and is empty for the chosen ones themselves. ``change`` is how far
they move the number that was judged, over the runs that both have.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.report.csv_text import Cell, Row, csv_text
from harness.report.verdict_types import ReportedClaim, ReportedReading, VerdictsFile

NAME = "readings.csv"
"""The table's file, in the folder of the report."""
COLUMNS = (
    *(
        "paper",
        "exhibit",
        "claim",
        "readings",
        "chosen",
        "outcome",
        "reason",
        "relation",
        "printed",
        "unit",
        "mean",
        "n",
    ),
    *("interval_low", "interval_high", "margin", "change", "qualifiers"),
)
"""Columns, in order."""


def readings_as_csv(document: VerdictsFile) -> str:
    """Return the table as CSV."""
    return csv_text(COLUMNS, reading_rows(document))


def reading_rows(document: VerdictsFile) -> Iterator[Row]:
    """Yield the rows; numbers in the printed unit, empty if there is none."""
    for claim in document.claims:
        about: dict[str, Cell] = {"paper": document.pack, "exhibit": claim.exhibit, "claim": claim.claim}
        about |= {"relation": claim.relation, "printed": claim.printed, "unit": claim.unit}
        margin = claim.margin.value if claim.margin is not None else None
        yield about | {"readings": "", "chosen": True, "margin": margin} | _row(claim)
        for reading in claim.readings:
            also = {"margin": reading.margin, "change": reading.change}
            yield about | {"readings": reading.label, "chosen": False} | also | _row(reading)


def _row(found: ReportedClaim | ReportedReading) -> dict[str, Cell]:
    low, high = found.interval or (None, None)
    return {
        "outcome": found.outcome.value,
        "reason": found.reason,
        "mean": found.mean,
        "n": found.n,
        "interval_low": low,
        "interval_high": high,
        "qualifiers": " ".join(found.qualifiers),
    }
