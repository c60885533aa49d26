"""Where the numbers come from: surroundings, jobs and times of a record, arranged for reading."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from harness.judge.record import Record

FIRST = (
    "commit",
    "harness",
    "source",
    "python",
    "backend",
    "device",
    "processor",
    "threads",
    "seed",
    "seeds",
    "versions",
    "system",
    "settings",
)
"""What a reader looks for first, in this order; whatever else there is follows by name."""


def facts(surroundings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return surroundings as (name, words), those best known first; free-form values become text."""
    rank = {name: place for place, name in enumerate(FIRST)}
    names = sorted(surroundings, key=lambda name: (rank.get(name, len(rank)), name))
    return [(name.replace("_", " "), in_words(surroundings[name])) for name in names]


def in_words(value: Any) -> str:
    """Return any JSON value as text: ``keras 3.15, numpy 2.4`` for an object, ``yes`` for true, ``unknown`` for null."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {in_words(part)}" for name, part in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(in_words(part) for part in value) or "none"
    return str(value)


def measured_at(record: Record) -> datetime | None:
    """Return when the record's latest job ended, or the latest time its surroundings tell; None if neither is known.

    A report shows this time and never the present one, so the same record always gives the same report.
    """
    noted = [job.get("when") for job in record.jobs.values()]
    noted += [
        surroundings.get(name)
        for surroundings in record.provenance.values()
        for name in ("when", "finished", "started")
    ]
    return max((time for time in map(_time, noted) if time is not None), default=None)


def latest_commit(record: Record) -> str | None:
    """Return the commit the latest job was computed by; None where that is not known."""
    commits = {key: found.get("commit") for key, found in record.provenance.items()}
    latest = max(record.jobs.values(), key=lambda job: str(job.get("when", "")), default={})
    known = commits.get(latest.get("provenance", "")) or next(filter(None, commits.values()), None)
    return str(known) if known else None


def _time(value: Any) -> datetime | None:
    """Return a time noted as ISO 8601 or as seconds since 1970; None for anything else."""
    try:
        if isinstance(value, str):
            time = datetime.fromisoformat(value)
            return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def recipes(record: Record) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return what every name meant, room by room: (name, kind, its fields in words)."""
    rooms = []
    for room, entries in record.recipes.items():
        rows = []
        for name, fields in entries.items():
            rest = {field: value for field, value in fields.items() if field != "kind"}
            rows.append(
                (name, in_words(fields.get("kind", "")), ", ".join(f"{k} {in_words(v)}" for k, v in rest.items()))
            )
        if rows:
            rooms.append((room, rows))
    return rooms
