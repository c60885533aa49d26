"""A worker: takes the jobs of plans that other processes work on too, one after the other, until nothing is left."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pydantic import ValidationError

from harness.errors import plural
from harness.journal import FileJournal, expire, take_over
from harness.plan import Job
from harness.record.measurement import Missing
from harness.run.executor import Busy, Executor, Unmeasured
from harness.sharing.leases import Lease, Leases

LONG = 1.0
"""Seconds of a job after which the jobs before it are looked at again."""
PAUSES = 0.05, 2.0
"""Seconds between two looks while others do all that could be done; the first, and the longest."""


class Step(Enum):
    """What came of an attempt at a job."""

    DONE = "done"
    SETTLED = "already stored, or it cannot be done"
    WAITS = "another process does it, or one of its dependencies"


@dataclass
class SharedExecutor(Executor):
    """Executes jobs of a plan, each under a lease; a job that another process has is left to it.

    Attributes:
        leases: by which jobs are shared out.
        most_deaths: number of workers that died at a job after which it is left alone; None for no such number.
        done: the jobs that were done here.
    """

    leases: Leases = field(kw_only=True)
    most_deaths: int | None = None
    done: list[Job] = field(default_factory=list)
    _held: dict[str, Lease] = field(default_factory=dict)

    def begin(self) -> list[Job]:
        """Return the jobs to be done, in order; show what they will take."""
        expire(self._journals)
        self.display.total(self.costs.left(self.plan.all_keys))
        return self.backlog.missing()

    def attempt(self, job: Job) -> Step:
        """Do a job if it is not done, what it needs is there, and no other process has it."""
        if job.key in self._failed or self.backlog.is_stored(job):
            return Step.SETTLED
        lost = next((self._failed[each.key] for each in self.backlog.needed(job) if each.key in self._failed), None)
        if lost is not None:
            self._failed[job.key] = lost
            return Step.SETTLED
        if not self.backlog.is_ready(job):
            return Step.WAITS
        try:
            self._get(job.key)
        except Busy:
            return Step.WAITS
        except Unmeasured:
            return Step.SETTLED
        finally:
            self.interrupts.raise_if_interrupted()
        return Step.DONE

    @property
    def failures(self) -> dict[str, Missing]:
        """Why jobs could not be done, by key; those that need them are among them."""
        return dict(self._failed)

    def _do(self, job: Job) -> Any:
        """Do one job under a lease; use its result where another process has published it meanwhile.

        Raises:
            Busy: if another process has the job.
            Unmeasured: also if it failed on this machine already.
        """
        if job.key in self._held or (not job.verb.keeps_result and self.store.has(job.verb, job.key)):
            return super()._do(job)
        if (why := self._noted(job)) is not None:
            self._failed[job.key] = why
            raise Unmeasured(why)
        lease = self.leases.claim(job.key)
        if lease is None:
            raise Busy
        self._held[job.key] = lease
        try:
            found = self._lookup.result(job) if job.verb.keeps_result and job.key not in self._broken else None
            if found is None:
                self._refuse_deadly(job, lease)
                found = super()._do(job)
                self.done += [job] if job.verb.keeps_result else []
            return found
        finally:
            if self._held.pop(job.key, None) is not None:
                self.leases.end(lease, done=self.store.has(job.verb, job.key))

    def _refuse_deadly(self, job: Job, lease: Lease) -> None:
        """Refuse a job that has ended the processes that did it; another's failure is noted as a job's own is.

        Raises:
            Unmeasured: if so many workers died at it.
        """
        died = self.leases.deaths(lease)
        if self.most_deaths is not None and died >= self.most_deaths:
            why = Missing(
                reason="failed",
                sentence=f"{job.verb} {job.name} ended {plural(died, 'process')} that did it; a system that has too little memory "
                "does so: take fewer --jobs, a smaller budget, or use a machine with more memory.",
            )
            self._failed[job.key] = why
            self._note(job, why)
            raise Unmeasured(why)

    def _remember(self, job: Job, error: BaseException) -> Missing:
        """Note a failure for the other workers too."""
        why = super()._remember(job, error)
        self._note(job, why)
        return why

    def _note(self, job: Job, why: Missing) -> None:
        if (lease := self._held.pop(job.key, None)) is not None:
            self.leases.note_failure(lease, why.model_dump(mode="json"))

    def _noted(self, job: Job) -> Missing | None:
        """Return why a job failed on this machine, as another worker noted it."""
        why = self.leases.failure(job.key)
        try:
            return Missing.model_validate(why) if why is not None else None
        except ValidationError:
            return None

    def _journal(self, job: Job) -> FileJournal:
        """Return the job's journal; a worker that was taken for dead cannot write to it."""
        take_over(self._journals / job.key)
        return super()._journal(job)


def take_jobs(executors: Sequence[SharedExecutor]) -> None:
    """Do jobs of plans until each is done or cannot be, here or by another process; no lock is held meanwhile.

    Raises:
        KeyboardInterrupt: if a signal came.
        StoreError: if the store cannot be written, or this process was taken for dead.
    """
    left = [(executor, job) for executor in executors for job in executor.begin()]
    pause, longest = PAUSES
    while left:
        count = len(left)
        left, worked = _look(left)
        if worked or len(left) < count:
            pause = PAUSES[0]
        elif executors[0].deadline.is_over:
            return  # what is left is in the hands of others, or waits for it
        else:
            time.sleep(pause)
            pause = min(2 * pause, longest)


def _look(left: Sequence[tuple[SharedExecutor, Job]]) -> tuple[list[tuple[SharedExecutor, Job]], bool]:
    """Attempt jobs in order, to the end or to the first one that took long; return those that wait, and whether any was done."""
    waiting, worked = [], False
    for place, (executor, job) in enumerate(left):
        start = time.monotonic()
        step = executor.attempt(job)
        if step is Step.WAITS:
            waiting.append((executor, job))
        elif step is Step.DONE:
            worked = True
            if time.monotonic() - start >= LONG:
                return [*waiting, *left[place + 1 :]], True
    return waiting, worked
