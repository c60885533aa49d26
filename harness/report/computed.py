"""When, on what machines and by which commits the numbers of a record were computed, in short sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from harness.durations import duration
from harness.errors import plural
from harness.record.model import Record
from harness.report import provenance
from harness.report.words import listed

MINUTE = "%Y-%m-%d %H:%M"
"""How a time is written."""


def computed_by(record: Record) -> str:
    """Return the versions and the commit that computed the numbers, and whether its tree was clean, in words."""
    version = f"harness {listed(provenance.versions(record))}"
    commits = [each for each in provenance.revisions(record) if each.commit]
    known = [each for each in commits if each.jobs] or commits
    if not known:
        return f"{version}, at a commit that is not known"
    first = known[0]
    others = len({each.commit for each in known} - {first.commit})
    of = f" ({first.jobs:,} of {plural(len(record.jobs), 'job')})" if others and first.jobs else ""
    beside = f" and {plural(others, 'other commit')}" if others else ""
    trees = "their trees" if others else "its tree"
    clean = "with uncommitted changes" if provenance.uncommitted(record) or first.dirty else f"{trees} clean"
    return f"{version} at commit {first.commit}{of}{beside}, {clean}"


def times(record: Record) -> Iterator[str]:
    """Yield the first and the last run, and the hours of computing."""
    span = provenance.measured_between(record)
    spent = sum(each for job in record.jobs.values() if isinstance(each := job.get("seconds"), int | float))
    took = f"{duration(spent)} of computing in {plural(len(record.jobs), 'job')}" if record.jobs else ""
    when = f"{_when(*span)} (UTC)" if span else ""
    if said := ", ".join(filter(None, (when, took))):
        yield said


def _when(first: datetime, last: datetime) -> str:
    """Return two times, the day once where it is one."""
    return f"{first.strftime(MINUTE)} to {last.strftime('%H:%M' if first.date() == last.date() else MINUTE)}"


def machines(record: Record) -> Iterator[str]:
    """Yield the machine that did most jobs, and how many others there were."""
    jobs = Counter(str(job.get("provenance", "")) for job in record.jobs.values())
    machines: Counter[str] = Counter()
    for digest, found in sorted(record.provenance.items()):
        machines[_machine(found)] += jobs[digest]
    ranked = [(machine, count) for machine, count in machines.most_common() if machine]
    if not ranked:
        return
    rest = (
        f"; {plural(len(ranked) - 1, 'other machine')} did {sum(count for _, count in ranked[1:]):,}"
        if ranked[1:]
        else ""
    )
    did = f" ({ranked[0][1]:,} of {plural(len(record.jobs), 'job')}{rest})" if rest else ""
    yield f"{ranked[0][0]}{did}"


def _machine(found: Mapping[str, object]) -> str:
    """Return processor, threads, device, system and software of an environment, those that are known."""

    def known(name: str) -> str:
        value = found.get(name)
        return provenance.value_in_words(value) if value is not None else ""

    threads, python, backend = known("threads"), known("python"), known("backend")
    versions = found.get("versions")
    version = versions.get(backend) if isinstance(versions, Mapping) else None
    parts = (
        known("processor"),
        f"{threads} {'thread' if threads == '1' else 'threads'}" if threads else "",
        f"on {known('device')}" if known("device") else "",
        known("system"),
        f"Python {python}" if python else "",
        f"{backend} {version or ''}".strip(),
    )
    return ", ".join(filter(None, parts))
