"""runs.csv: a row for each run of each claim, judged, under other readings, and of the pilot.

``value`` is the quantity that is printed, whose mean over the runs of role ``judged`` is ``mean`` in results.csv and
readings.csv. ``measured`` and ``other`` are the measure and the one it is compared with, ``difference`` theirs where the
claim is about a difference. Numbers are in the printed unit; of a ratio, which has none, its two measures are in their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.judge.independence import collapse_deterministic
from harness.record.measurement import Measurement, Run
from harness.record.model import Record
from harness.report.csv_text import Cell, Row, csv_text
from harness.report.values import quantity_of, tested_runs
from harness.spec.claim import Claim

NAME = "runs.csv"
"""The table's file, in the folder of the report."""
JUDGED, WAITING, PILOT = "judged", "not judged", "pilot"
"""What a run is for: the verdict is on it; it waits for the next look, or lacks a number; it set a margin."""
COLUMNS = (
    *("paper", "exhibit", "claim", "readings", "run", "role", "value", "unit", "measured", "other", "difference"),
    *("limit", "count", "of", "sd_over_images", "attack_success", "settled", "budget"),
)
"""Columns, in order."""


def runs_as_csv(record: Record) -> str:
    """Return the table as CSV."""
    return csv_text(COLUMNS, run_rows(record))


def run_rows(record: Record) -> Iterator[Row]:
    """Yield the rows, claim by claim: the chosen readings, then each other one, then the pilot's."""
    of = {claim: exhibit.id for exhibit in record.paper.exhibits for claim in exhibit.claims}
    measured = {"": record.measurements} | {label: each.measurements for label, each in record.variants.items()}
    for claim in record.paper.claims:
        about: dict[str, Cell] = {"paper": record.paper.name, "exhibit": of.get(claim.id, ""), "claim": claim.id}
        for label, measurements in measured.items():
            if (found := measurements.get(claim.id)) is not None:
                same = about | {"readings": label, "unit": claim.expected.unit, "budget": found.budget}
                yield from _rows(same, claim, found, record)
        if (pilot := record.pilots.get(claim.id)) is not None:
            same = about | {"readings": "", "unit": claim.expected.unit, "budget": ""}
            yield from (same | {"role": PILOT} | _row(claim, run) for run in pilot.runs)


def _rows(same: Row, claim: Claim, found: Measurement, record: Record) -> Iterable[Row]:
    """Return the rows of one measurement."""
    judged = {run.run for run in tested_runs(record, claim, found)}
    runs = collapse_deterministic(found, record.jobs).runs
    return [dict(same) | {"role": JUDGED if run.run in judged else WAITING} | _row(claim, run) for run in runs]


def _row(claim: Claim, run: Run) -> dict[str, Cell]:
    scale, side = claim.expected.scale, run.measured
    measured, other, limit = (None if each is None else each.value / scale for each in (side, run.other, run.limit))
    signed = claim.expected.relates.quantity.signed
    return {
        "run": run.run,
        "value": quantity_of(claim, run),
        "measured": measured,
        "other": other,
        "difference": measured - other if signed and measured is not None and other is not None else None,
        "limit": limit,
        "count": side.count,
        "of": side.of,
        "sd_over_images": None if side.spread is None else side.spread / scale,
        "attack_success": side.found,
        "settled": run.settled,
    }
