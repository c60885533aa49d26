"""Provenance of the numbers: source revisions, machines, times and recipes of a record, arranged for reading."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harness.errors import plural
from harness.record.dates import moment
from harness.record.model import Record

FIRST = (
    "commit",
    "harness",
    "python",
    "backend",
    "device",
    "processor",
    "threads",
    "versions",
    "system",
    "settings",
)
"""Facts in the order they are listed; all others follow by name."""
DIRTY = "-dirty"
"""Suffix of a commit whose tree had uncommitted changes."""


@dataclass(frozen=True)
class Revision:
    """A revision of harness's own source that computed results.

    Attributes:
        commit: its abbreviated hash; empty if it is not known.
        dirty: whether the tree had uncommitted changes; its source is in no commit.
        jobs: how many jobs it computed.
    """

    commit: str
    dirty: bool
    jobs: int


def revisions(record: Record) -> list[Revision]:
    """Return the revisions that computed a record's jobs, those of most jobs first."""
    counts = Counter(_commit(record, job) for job in record.jobs.values())
    for found in record.provenance.values():
        counts.setdefault(str(found.get("commit") or ""), 0)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [Revision(name.removesuffix(DIRTY), name.endswith(DIRTY), jobs) for name, jobs in ranked if name or jobs]


def _commit(record: Record, job: Mapping[str, Any]) -> str:
    return str(record.provenance.get(str(job.get("provenance", "")), {}).get("commit") or "")


def uncommitted(record: Record) -> str:
    """Return in a sentence how many jobs were computed from uncommitted source; empty if all source was committed."""
    jobs = sum(each.jobs for each in revisions(record) if each.dirty)
    if not jobs:
        return ""
    return f"{jobs:,} of {len(record.jobs):,} jobs were computed from source with uncommitted changes, which is in no commit."


def main_revision(record: Record) -> tuple[str, str] | None:
    """Return the commit that computed most jobs, and how many it computed in words; None if no commit is known."""
    commits: dict[str, list[Revision]] = {}
    for each in revisions(record):
        if each.commit:
            commits.setdefault(each.commit, []).append(each)
    if not commits:
        return None
    commit, states = max(commits.items(), key=lambda item: sum(state.jobs for state in item[1]))
    jobs, dirty = sum(state.jobs for state in states), sum(state.jobs for state in states if state.dirty)
    if not jobs:
        return commit, "the source named in the record"
    computed, whole = "it computed", plural(len(record.jobs), "job")
    parts = [f"{computed} all {whole}" if jobs == len(record.jobs) else f"{computed} {jobs:,} of {whole}"]
    if dirty:
        these = "all of them" if dirty == jobs else f"{dirty:,} of them"
        parts.append(f"{these} with uncommitted changes, which it does not contain")
    if len(commits) > 1:
        parts.append(f"{plural(len(commits) - 1, 'other commit')} computed the rest")
    return commit, "; ".join(parts)


def versions(record: Record) -> list[str]:
    """Return the versions of harness that computed the record's numbers; if none is recorded, that of the record."""
    noted = {str(found["harness"]) for found in record.provenance.values() if found.get("harness")}
    return sorted(noted) or [record.harness]


def environments(record: Record) -> list[tuple[int, list[tuple[str, str]]]]:
    """Return each environment, a machine and its software, as (jobs, facts); a different commit is no other environment."""
    jobs = Counter(str(job.get("provenance", "")) for job in record.jobs.values())
    alike: dict[str, tuple[int, Mapping[str, Any]]] = {}
    for digest, found in sorted(record.provenance.items()):
        same = {name: value for name, value in found.items() if name != "commit"}
        key = json.dumps(same, sort_keys=True, default=str)
        alike[key] = (alike.get(key, (0, same))[0] + jobs[digest], same)
    return sorted(((count, facts(found)) for count, found in alike.values()), key=lambda item: -item[0])


def facts(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the facts of an environment as (name, words), in the order of ``FIRST``; free-form values become text."""
    rank = {name: place for place, name in enumerate(FIRST)}
    names = sorted(found, key=lambda name: (rank.get(name, len(rank)), name))
    return [(name.replace("_", " "), value_in_words(found[name], nothing="not known")) for name in names]


def value_in_words(value: Any, nothing: str = "not set") -> str:
    """Return any JSON value as text: ``keras 3.15, numpy 2.4`` for an object, ``yes`` for true, ``nothing`` for null."""
    if value is None:
        return nothing
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {value_in_words(part, nothing)}" for name, part in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(value_in_words(part, nothing) for part in value) or "none"
    return str(value)


def measured_between(record: Record) -> tuple[datetime, datetime] | None:
    """Return when the record's first and its latest job ended; None if no job has a date."""
    ends = [end for job in record.jobs.values() if (end := moment(job.get("when"))) is not None]
    return (min(ends), max(ends)) if ends else None


def measured_at(record: Record) -> datetime | None:
    """Return when the record's latest job ended; None if no job has a date.

    A report shows this time and never the current time, so the same record always gives the same report.
    """
    span = measured_between(record)
    return span[1] if span else None


def recipes(record: Record) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return the recipe of every name, group by group: (name, kind, its fields in words, those that are set)."""
    groups = []
    for group, entries in record.recipes.items():
        rows = []
        for name, fields in entries.items():
            rest = {field: value for field, value in fields.items() if field != "kind" and value is not None}
            rows.append(
                (name, value_in_words(fields.get("kind", "")), ", ".join(f"{k} {_field(v)}" for k, v in rest.items()))
            )
        if rows:
            groups.append((group, rows))
    return groups


def _field(value: Any) -> str:
    """Return a recipe's field as text; the brackets of a list show where it ends."""
    return f"[{value_in_words(value)}]" if isinstance(value, list | tuple) and value else value_in_words(value)
