"""What a plan still has to do, as values: a row for each job's name and for each other reading, with what it costs."""

from __future__ import annotations

from dataclasses import dataclass

from harness.plan import Verb
from harness.prepared import Prepared
from harness.run.costs import Costs


@dataclass(frozen=True)
class Work:
    """The jobs of one verb and name.

    Attributes:
        verb: what is done.
        name: of what.
        stored: how many are in the store.
        missing: how many are to be done.
        seconds: what those will cost.
    """

    verb: str
    name: str
    stored: int
    missing: int
    seconds: float


@dataclass(frozen=True)
class Other:
    """What another reading needs beyond what comes before it.

    Attributes:
        label: ``assumption=reading, …``.
        claims: how many claims it touches.
        missing: how many jobs are to be done.
        seconds: what those will cost.
    """

    label: str
    claims: int
    missing: int
    seconds: float


@dataclass(frozen=True)
class Due:
    """All that is to be done for one pack; fetching data is no work, for it is not known before.

    Attributes:
        works: of the chosen readings.
        others: of the other readings asked for.
    """

    works: tuple[Work, ...]
    others: tuple[Other, ...]

    @property
    def jobs(self) -> int:
        """The jobs of the chosen readings, stored or missing."""
        return sum(work.stored + work.missing for work in self.works)


def due_of(prepared: Prepared) -> Due:
    """Return what a pack still has to do."""
    costs = Costs(prepared.plan, prepared.store)
    missing = {job.key for job in costs.missing(prepared.plan.all_keys)}
    jobs = [job for job in prepared.plan.jobs.values() if job.verb is not Verb.FETCH]
    works = []
    for verb, name in dict.fromkeys((job.verb, job.name) for job in jobs):
        alike = [job for job in jobs if (job.verb, job.name) == (verb, name)]
        stored = sum(prepared.store.has(job.verb, job.key) for job in alike)
        todo = [job for job in alike if job.key in missing]
        works.append(Work(verb.value, name, stored, len(todo), sum(costs.of(job) for job in todo)))
    return Due(tuple(works), _others(prepared, missing))


def _others(prepared: Prepared, missing: set[str]) -> tuple[Other, ...]:
    whole, seen, others = Costs(prepared.whole, prepared.store), set(missing), []
    for branch in prepared.branches:
        todo = [
            job for job in whole.missing(branch.plan.all_keys) if job.key not in seen and job.verb is not Verb.FETCH
        ]
        seen |= {job.key for job in todo}
        seconds = sum(whole.of(job) for job in todo)
        others.append(Other(branch.point.label, len(branch.plan.wants), len(todo), seconds))
    return tuple(others)
