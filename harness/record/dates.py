"""When the values of a claim were measured, from the dates of the record's jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from harness.record.measurement import FIRST_PILOT, Measurement, Run
from harness.record.upstream import Jobs


def measured(measurement: Measurement, jobs: Jobs) -> list[datetime] | None:
    """Return when the values of the judged runs were measured, in order; None if a date is missing."""
    return _moments([run for run in measurement.runs if run.run < FIRST_PILOT], jobs)


def last_day(measurement: Measurement, jobs: Jobs) -> str:
    """Return the day of the last run, including pilot runs; empty if unknown."""
    moments = _moments(measurement.runs, jobs)
    return moments[-1].date().isoformat() if moments else ""


def _moments(runs: Sequence[Run], jobs: Jobs) -> list[datetime] | None:
    """Return when the values of runs were measured, in order; None if a date is missing."""
    keys = [key for run in runs for side in (run.measured, run.other) if side is not None for key in side.keys]
    moments = [moment(jobs.get(key, {}).get("when")) for key in keys]
    known = [each for each in moments if each is not None]
    return sorted(known) if known and len(known) == len(moments) else None


def days(measurement: Measurement, jobs: Jobs) -> str:
    """Return the day of the judged runs, or the first and the last day; empty if unknown."""
    moments = measured(measurement, jobs)
    if moments is None:
        return ""
    return " to ".join(dict.fromkeys(each.date().isoformat() for each in (moments[0], moments[-1])))


def moment(text: object) -> datetime | None:
    """Return the time of an ISO 8601 text, UTC by default; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
