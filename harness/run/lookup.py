"""Looks up the stored results of a plan's jobs; a damaged result counts as missing and is reported once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.plan import Job, Plan
from harness.record.payloads import Payload, unpack
from harness.run.display import Display
from harness.store import Damaged, Store, StoreEntry


@dataclass
class Lookup:
    """The stored results of a plan.

    Attributes:
        plan: the jobs.
        store: where results are kept.
        display: shows which results are damaged.
    """

    plan: Plan
    store: Store
    display: Display
    _reported: set[str] = field(default_factory=set)

    def entry(self, job: Job) -> StoreEntry | None:
        """Return a job's stored entry; None if it is missing or damaged."""
        try:
            return self.store.load(job.verb, job.key)
        except Damaged as error:
            self.report_damaged(job, str(error))
            return None

    def result(self, job: Job) -> Payload | None:
        """Return a job's stored result; None if it is missing or damaged."""
        entry = self.entry(job)
        try:
            return None if entry is None else unpack(job.verb, entry)
        except ValueError as error:
            self.report_damaged(job, f"{self.store.folder(job.verb, job.key)} is damaged ({error})")
            return None

    def damaged(self, keys: Sequence[str]) -> list[Job]:
        """Return the jobs, among these and their dependencies, whose facts are damaged; the record needs these facts."""
        return [job for job in self.plan.upstream(keys) if self.store.is_damaged(job.verb, job.key)]

    def was_damaged(self, job: Job) -> bool:
        """Whether a job's stored result was found to be damaged."""
        return job.key in self._reported

    def report_damaged(self, job: Job, why: str) -> None:
        """Report once that a job's result is damaged and will be computed again."""
        if job.key not in self._reported:
            self._reported.add(job.key)
            self.display.say(f"{why}; {job.name} is computed again")
