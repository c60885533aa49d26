"""The missing jobs of a plan, as values: a row for each job's name and for each variant, with its cost."""

from __future__ import annotations

from dataclasses import dataclass

from harness.prepared import Prepared
from harness.run.costs import Costs


@dataclass(frozen=True)
class Work:
    """The jobs of one verb and name.

    Attributes:
        verb: of the jobs.
        name: of the jobs.
        stored: number in the store.
        missing: number still to do.
        seconds: their cost.
    """

    verb: str
    name: str
    stored: int
    missing: int
    seconds: float


@dataclass(frozen=True)
class DueVariant:
    """The jobs that a variant needs in addition to those before it.

    Attributes:
        label: ``assumption=reading, …``.
        claims: number of claims that it changes.
        missing: number of jobs still to do.
        seconds: their cost.
    """

    label: str
    claims: int
    missing: int
    seconds: float


@dataclass(frozen=True)
class Due:
    """All missing jobs of one pack; fetching data is not counted, since its cost is not known before.

    Attributes:
        jobs: how many the chosen readings have, done or not.
        works: those, by verb and name.
        variants: of the other readings asked for.
    """

    jobs: int
    works: tuple[Work, ...]
    variants: tuple[DueVariant, ...]


def due_of(prepared: Prepared) -> Due:
    """Return what a pack still has to do."""
    costs = Costs(prepared.plan, prepared.store)
    missing = {job.key for job in costs.missing(prepared.plan.all_keys)}
    jobs = [job for job in prepared.plan.jobs.values() if job.verb.keeps_result]
    works = []
    for verb, name in dict.fromkeys((job.verb, job.name) for job in jobs):
        alike = [job for job in jobs if (job.verb, job.name) == (verb, name)]
        stored = sum(prepared.store.has(job.verb, job.key) for job in alike)
        todo = [job for job in alike if job.key in missing]
        works.append(Work(verb.value, name, stored, len(todo), sum(costs.of(job) for job in todo)))
    return Due(len(jobs), tuple(works), _variants(prepared, missing))


def _variants(prepared: Prepared, missing: set[str]) -> tuple[DueVariant, ...]:
    whole, seen, variants = Costs(prepared.whole, prepared.store), set(missing), []
    for each in prepared.planned_variants:
        todo = [job for job in whole.missing(each.plan.all_keys) if job.key not in seen and job.verb.keeps_result]
        seen |= {job.key for job in todo}
        seconds = sum(whole.of(job) for job in todo)
        variants.append(DueVariant(each.variant.label, len(each.plan.wants), len(todo), seconds))
    return tuple(variants)
