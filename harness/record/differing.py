"""Differences between two records besides their values: claims, software, machines and data."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.naming import some
from harness.record.model import Record
from harness.record.protocol import claim_terms, pack_terms

ABSENT = "–"
"""Placeholder for a fact that a record lacks."""
LONGEST = 60
"""Characters of a fact that are shown."""


@dataclass(frozen=True)
class Differing:
    """One fact that differs between two records, in words."""

    what: str
    a: str
    b: str


def differing(a: Record, b: Record) -> tuple[Differing, ...]:
    """Return the facts that differ: of the pack, its claims, its recipes, the data, the sources and the environments."""
    found = [
        *_unequal(dict(_whole(a)), dict(_whole(b))),
        *_claims(a, b),
        *_unequal(_recipes(a), _recipes(b)),
        *_unequal(_data(a), _data(b)),
        *_unequal(_sources(a), _sources(b)),
        *_unequal(_environments(a), _environments(b)),
    ]
    return tuple(found)


def _unequal(a: Mapping[str, str], b: Mapping[str, str]) -> Iterator[Differing]:
    for what in dict.fromkeys([*a, *b]):
        if a.get(what) != b.get(what):
            yield Differing(what, _cut(a.get(what)), _cut(b.get(what)))


def _cut(text: str | None) -> str:
    plain = ABSENT if text is None else " ".join(text.split()) or "nothing"
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"


def _whole(record: Record) -> Iterator[tuple[str, str]]:
    paper = record.paper
    yield "pack", paper.name
    yield "harness", record.harness
    yield "budget", paper.budget
    yield "runs", str(paper.runs)
    yield "looks", ", ".join(map(str, paper.looks))
    yield from pack_terms(paper)


def _claims(a: Record, b: Record) -> Iterator[Differing]:
    """Yield the terms of claims that differ; claims with the same change are grouped."""
    alike: dict[tuple[str, str | None, str | None], list[str]] = defaultdict(list)
    others = b.paper.by_id
    for claim in a.paper.claims:
        if (other := others.get(claim.id)) is None:
            continue
        one, two = dict(claim_terms(claim, a.paper)), dict(claim_terms(other, b.paper))
        for what in dict.fromkeys([*one, *two]):
            if one.get(what) != two.get(what):
                alike[what, one.get(what), two.get(what)].append(claim.id)
    for (what, before, after), claims in alike.items():
        yield Differing(f"{what} of {some(claims)}", _cut(before), _cut(after))


def _recipes(record: Record) -> dict[str, str]:
    """Return every field of every recipe."""
    return {
        f"{group}.{name}.{field}": json.dumps(value, sort_keys=True)
        for group, entries in record.recipes.items()
        for name, fields in entries.items()
        for field, value in fields.items()
    }


def _data(record: Record) -> dict[str, str]:
    return {f"data {name}": digest[:12] for name, digest in record.digests.items()}


def _sources(record: Record) -> dict[str, str]:
    """Return the digests of the source code that computed each kind."""
    found: dict[str, set[str]] = defaultdict(set)
    for job in record.jobs.values():
        if job.get("kind") and job.get("source"):
            found[f"source of {job['kind']}"].add(str(job["source"]))
    return _joined(found)


def _environments(record: Record) -> dict[str, str]:
    """Return every fact of the environments; several values if several environments were used."""
    found: dict[str, set[str]] = defaultdict(set)
    for environment in record.provenance.values():
        for name, value in environment.items():
            parts: Mapping[str, Any] = value if isinstance(value, dict) else {"": value}
            for part, each in parts.items():
                if each is not None:
                    found[f"{name}.{part}".removesuffix(".")].add(str(each))
    return _joined(found)


def _joined(found: Mapping[str, set[str]]) -> dict[str, str]:
    return {what: ", ".join(sorted(found[what])) for what in sorted(found)}
