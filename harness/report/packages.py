"""The code that computed the numbers, from the record: outside packages, and kinds with two source digests."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from harness.errors import plural
from harness.record.model import Record
from harness.report.words import listed

NOUN_OF_VERB = {"fetch": "data set", "train": "model", "craft": "attack", "measure": "metric"}
"""Verb of a job -> what its kind is."""


def outside_packages(record: Record) -> list[tuple[str, str]]:
    """Return each outside package whose kinds the numbers come from, and those kinds with their source digests."""
    found: dict[str, set[str]] = defaultdict(set)
    for job in record.jobs.values():
        if package := _text(job, "package"):
            what = f"{NOUN_OF_VERB.get(_text(job, 'verb'), 'kind')} {_text(job, 'kind')}"
            found[package].add(f"{what} (source {_text(job, 'source') or 'unknown'})")
    return [(package, listed(sorted(kinds))) for package, kinds in sorted(found.items())]


def mixed_sources(record: Record) -> list[str]:
    """Return a sentence for each kind whose jobs have more than one source digest; their content keys are the same."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for job in record.jobs.values():
        if source := _text(job, "source"):
            found[f"{_text(job, 'verb')} {_text(job, 'kind')}"][source] += 1
    return [
        f"The jobs of {kind} were computed by different source under the same edition: {_shares(by)}."
        for kind, by in sorted(found.items())
        if len(by) > 1
    ]


def _shares(by: Counter[str]) -> str:
    return listed([f"{plural(number, 'job')} by {source}" for source, number in by.most_common()])


def _text(job: Mapping[str, Any], fact: str) -> str:
    """Return a fact of a job as text; facts are free-form."""
    found = job.get(fact)
    return found if isinstance(found, str) else ""
