"""A worker: does jobs of plans that it shares with other processes, one after the other, until none is left."""

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
"""After a job of at least this many seconds, the jobs before it are checked again."""
PAUSES = 0.05, 2.0
"""Seconds between two checks while other workers have all available jobs: the first and the longest."""


class Step(Enum):
    """Result of an attempt at a job."""

    DONE = "done"
    SETTLED = "already stored, or failed"
    WAITS = "another process is doing it or one of its dependencies"


@dataclass
class SharedExecutor(Executor):
    """Executes jobs of a plan, each with a lease; skips a job that another process has.

    Attributes:
        leases: the leases that share the jobs.
        most_deaths: number of workers that died at a job after which it is skipped; None for no limit.
        done: the jobs that were done here.
    """

    leases: Leases = field(kw_only=True)
    most_deaths: int | None = None
    done: list[Job] = field(default_factory=list)
    _held: dict[str, Lease] = field(default_factory=dict)

    def begin(self) -> list[Job]:
        """Return the jobs that are left, in order; show their expected time."""
        expire(self._journals)
        self.display.total(self.costs.left(self.plan.all_keys))
        return self.backlog.missing()

    def attempt(self, job: Job) -> Step:
        """Do a job if it is missing, its dependencies are stored, and no other process has it."""
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
        """Why jobs failed, by key, including the jobs that depend on them."""
        return dict(self._failed)

    def _do(self, job: Job) -> Any:
        """Do one job with a lease; use its result if another process has published it meanwhile.

        Raises:
            Busy: if another process has the job.
            Unmeasured: also if it has already failed on this machine.
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
        """Refuse a job that has killed its processes; such a refusal is recorded like any failure.

        Raises:
            Unmeasured: if too many workers died at it.
        """
        died = self.leases.deaths(lease)
        if self.most_deaths is not None and died >= self.most_deaths:
            why = Missing(
                reason="failed",
                sentence=f"{job.verb} {job.name} killed {plural(died, 'process')}, probably because memory ran "
                "out: use fewer --jobs, a smaller budget, or a machine with more memory.",
            )
            self._failed[job.key] = why
            self._note(job, why)
            raise Unmeasured(why)

    def _remember(self, job: Job, error: BaseException) -> Missing:
        """Record a failure for the other workers too."""
        why = super()._remember(job, error)
        self._note(job, why)
        return why

    def _note(self, job: Job, why: Missing) -> None:
        if (lease := self._held.pop(job.key, None)) is not None:
            self.leases.note_failure(lease, why.model_dump(mode="json"))

    def _noted(self, job: Job) -> Missing | None:
        """Return why a job failed on this machine, as recorded by another worker."""
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
    """Do jobs of plans until each is done or has failed, here or in another process; holds no lock meanwhile.

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
            return  # other workers have the remaining jobs or their dependencies
        else:
            time.sleep(pause)
            pause = min(2 * pause, longest)


def _look(left: Sequence[tuple[SharedExecutor, Job]]) -> tuple[list[tuple[SharedExecutor, Job]], bool]:
    """Attempt jobs in order, up to the first long one; return those that wait, and whether any was done."""
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
