"""Where two measurements of a claim diverge: the earliest jobs with another content key or another result.

Records part first at a job if its content key or its result differs although all its dependencies are the same. Later
jobs differ because of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import plural
from harness.plan import Verb
from harness.record.measurement import FIRST_PILOT, Measurement, Run
from harness.record.model import Record
from harness.record.upstream import Jobs, upstream

ORDER = tuple(map(str, Verb))
OTHER_KEY, OTHER_RESULT = "another job", "another result of the same job"
ONLY_A, ONLY_B = "a job only in A", "a job only in B"
UNTOLD = "its recipe, or the edition of a kind"
"""The remaining explanation if no recorded fact of two jobs differs."""


@dataclass(frozen=True)
class Divergence:
    """Jobs at which claims diverge first.

    Attributes:
        verb: what they do: fetch, train, select, craft or measure.
        name: what they compute.
        how: another job (another content key), another result of the same job, or a job in only one record.
        because: the recorded facts of the jobs that differ, in words.
        runs: their runs; empty if they draw no random numbers.
        claims: the claims that diverge there.
    """

    verb: str
    name: str
    how: str
    because: tuple[str, ...]
    runs: tuple[int, ...]
    claims: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """A sentence about these jobs, without a full stop."""
        runs = f" (runs {', '.join(map(str, self.runs))})" if self.runs else ""
        because = f": {', '.join(self.because)}" if self.because else ""
        return f"parts at {self.verb} {self.name}{runs}, {self.how}{because}; {plural(len(self.claims), 'claim')}"


_Place = tuple[str, str, str, tuple[str, ...]]


def divergences(a: Record, b: Record) -> tuple[Divergence, ...]:
    """Return where the claims of two records diverge, in the order of work: data, training, selection, attack."""
    runs: dict[_Place, set[int]] = defaultdict(set)
    claims: dict[_Place, dict[str, None]] = defaultdict(dict)
    for claim in a.paper.claims:
        one, two = a.measurements.get(claim.id), b.measurements.get(claim.id)
        if one is None or two is None:
            continue
        for place, run in _of_claim(one, two, a, b):
            runs[place] |= {run} if run is not None else set()
            claims[place][claim.id] = None
    found = [Divergence(*place, tuple(sorted(runs[place])), tuple(claims[place])) for place in claims]
    return tuple(sorted(found, key=lambda each: (ORDER.index(each.verb), each.name)))


def _of_claim(one: Measurement, two: Measurement, a: Record, b: Record) -> Iterator[tuple[_Place, int | None]]:
    others = {run.run: run for run in two.runs if run.run < FIRST_PILOT}
    for run in one.runs:
        if (other := others.get(run.run)) is not None:
            yield from _of_run(run, other, a, b)


def _of_run(run: Run, other: Run, a: Record, b: Record) -> Iterator[tuple[_Place, int | None]]:
    ours, theirs = (
        {key: record.jobs[key] for key in _upstream(each, record)} for each, record in ((run, a), (other, b))
    )
    same = {key for key in ours if key in theirs and _result(ours[key]) == _result(theirs[key])}
    partners = {_role(job): key for key, job in theirs.items() if key not in ours}
    matched = set()
    for key, job in ours.items():
        if key in same or not same.issuperset(_known_inputs(job, ours)):
            continue
        partner = key if key in theirs else partners.get(_role(job))
        how = OTHER_RESULT if key in theirs else OTHER_KEY if partner is not None else ONLY_A
        because = _because(job, theirs[partner], a, b) if partner is not None else ()
        matched |= {partner}
        yield (str(job.get("verb")), str(job.get("name")), how, because), job.get("run")
    known = {_role(job) for job in ours.values()}
    for key, job in theirs.items():
        first = key not in ours and same.issuperset(_known_inputs(job, theirs))
        if first and key not in matched and _role(job) not in known:
            yield (str(job.get("verb")), str(job.get("name")), ONLY_B, ()), job.get("run")


def _upstream(run: Run, record: Record) -> list[str]:
    keys = [key for side in run.sides for key in side.keys]
    return [key for key in upstream(keys, record.jobs) if record.jobs[key].get("verb") in ORDER]


def _role(job: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the role of a job in a claim, independent of its key."""
    return job.get("verb"), job.get("name"), job.get("run")


def _result(job: Mapping[str, Any]) -> Any:
    """Return the digest of a job's result; None if the record has none."""
    return job.get("result") or job.get("digest")


def _known_inputs(job: Mapping[str, Any], jobs: Jobs) -> list[str]:
    return [key for key in job.get("inputs", ()) if key in jobs]


def _because(job: Mapping[str, Any], other: Mapping[str, Any], a: Record, b: Record) -> tuple[str, ...]:
    """Return the recorded facts that differ between two jobs of one role and may be the cause."""
    facts = [
        f"{what} {job.get(what)} and {other.get(what)}"
        for what in ("kind", "seed", "source")
        if job.get(what) != other.get(what)
    ]
    facts += _fields(str(job.get("name")), str(other.get("name")), a, b)
    if sorted(job.get("inputs", ())) != sorted(other.get("inputs", ())):
        facts.append("with other dependencies")
    one, two = (record.provenance.get(str(each.get("provenance")), {}) for each, record in ((job, a), (other, b)))
    facts += [
        f"{what} {one.get(what)} and {two.get(what)}"
        for what in ("backend", "device", "processor", "threads")
        if one.get(what) != two.get(what)
    ]
    versions, others = one.get("versions") or {}, two.get("versions") or {}
    facts += [
        f"{name} {versions.get(name)} and {others.get(name)}"
        for name in sorted({*versions, *others})
        if versions.get(name) != others.get(name)
    ]
    return tuple(facts) or (UNTOLD,)


def _fields(name: str, other: str, a: Record, b: Record) -> Iterator[str]:
    """Yield the fields in which two recipes of these names differ."""
    for group in a.recipes:
        one, two = a.recipes[group].get(name), b.recipes.get(group, {}).get(other)
        if one is not None and two is not None:
            yield from (f"{group}.{name}.{field}" for field in {**one, **two} if one.get(field) != two.get(field))
