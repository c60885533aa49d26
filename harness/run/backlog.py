"""The backlog of a plan: its missing jobs in order, and whether the dependencies of a job are stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.plan import Job, Plan
from harness.run.agenda import Agenda
from harness.run.costs import Costs
from harness.run.lookup import Lookup


@dataclass(frozen=True)
class Backlog:
    """The jobs of a plan that are left, according to the store.

    Attributes:
        plan: the jobs.
        costs: their expected seconds.
        lookup: finds stored results.
    """

    plan: Plan
    costs: Costs
    lookup: Lookup

    def missing(self) -> list[Job]:
        """Return the jobs that are left, in the order in which a single process does them, dependencies first.

        They include damaged results, which are reported. They do not include data sets, which each process loads again.
        """
        for job in self.lookup.damaged(self.plan.all_keys):
            self.lookup.entry(job)
        found: dict[str, Job] = {}
        later = self.plan.later
        for claims in (self.plan.wants.keys() - later, later):
            agenda = Agenda({claim: self.plan.keys(claim) for claim in self.plan.wants if claim in claims}, self.costs)
            for claim in agenda:
                for job in self.costs.missing(self.plan.keys(claim)):
                    found.setdefault(job.key, job)
                    agenda.settle(job)
        found |= {job.key: job for job in self.plan.jobs.values() if self.lookup.was_damaged(job)}
        return [job for job in found.values() if job.verb.keeps_result or self.lookup.was_damaged(job)]

    def needed(self, job: Job) -> Iterable[Job]:
        """Yield a job's dependencies; a data set is loaded again, so its own dependencies are needed too."""
        for value in job.inputs.values():
            other = self.plan.jobs[value.key]
            yield other
            if not other.verb.keeps_result:
                yield from self.needed(other)

    def is_stored(self, job: Job) -> bool:
        """Whether a job's result is stored and not known to be damaged."""
        if self.lookup.was_damaged(job):
            look = self.lookup.result if job.verb.keeps_result else self.lookup.entry
            return look(job) is not None
        return self.lookup.store.has(job.verb, job.key)

    def is_ready(self, job: Job) -> bool:
        """Whether the results of all dependencies of a job are stored."""
        return all(self.is_stored(each) for each in self.needed(job) if each.verb.keeps_result)
