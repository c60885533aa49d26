"""When the values of a claim were measured, from the dates of the record's jobs."""

from __future__ import annotations

from datetime import UTC, datetime

from harness.record.measurement import FIRST_PILOT, Measurement
from harness.record.upstream import Jobs


def measured(measurement: Measurement, jobs: Jobs) -> list[datetime] | None:
    """Return when the values of the judged runs were measured, in order; None where a date is missing."""
    runs = [run for run in measurement.runs if run.run < FIRST_PILOT]
    keys = [key for run in runs for side in (run.measured, run.other) if side is not None for key in side.keys]
    moments = [moment(jobs.get(key, {}).get("when")) for key in keys]
    known = [each for each in moments if each is not None]
    return sorted(known) if known and len(known) == len(moments) else None


def days(measurement: Measurement, jobs: Jobs) -> str:
    """Return the day on which the judged runs were measured, or the first and the last; empty where not known."""
    moments = measured(measurement, jobs)
    if moments is None:
        return ""
    return " to ".join(dict.fromkeys(each.date().isoformat() for each in (moments[0], moments[-1])))


def moment(text: object) -> datetime | None:
    """Return the time an ISO 8601 text gives, UTC by default; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
