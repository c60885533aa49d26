"""The story of a worker: it takes jobs of packs that other processes work on too, until nothing is left."""

from __future__ import annotations

import atexit
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Thread

from harness.pipeline import Session
from harness.plan import Job
from harness.planner import inputs_digests
from harness.prepared import Options, Prepared
from harness.record.beforehand import keep_promises
from harness.record.measurement import Missing
from harness.run.display import Display, Quiet, RememberingDisplay
from harness.run.ray_connection import Attempt
from harness.run.slurm import TIME_OVER
from harness.run.worker import SharedExecutor, Step, take_jobs


@dataclass(frozen=True)
class Worked:
    """What a worker did of one pack.

    Attributes:
        name: the pack's name.
        done: the jobs it did.
        missing: jobs that could not be done, each with the reason; not those that need them.
        left: jobs that are neither done nor failed: other processes have them, or the worker was stopped.
        interrupted: whether the user stopped it.
    """

    name: str
    done: tuple[Job, ...]
    missing: tuple[tuple[Job, Missing], ...]
    left: int
    interrupted: bool

    @property
    def status(self) -> int:
        """The exit status of the command: 3 where the time limit left jobs, else 4 where some could not be done, else 0."""
        reasons = {missing.reason for _, missing in self.missing}
        if self.left or "time-limit" in reasons:
            return TIME_OVER
        return 4 if reasons else 0


def work(
    paths: Sequence[str | Path] = ("specs",),
    options: Options | None = None,
    display: Display | None = None,
    parent: int | None = None,
    most_deaths: int | None = None,
) -> list[Worked]:
    """Take jobs of packs until nothing is left; any number of processes on one store may do so at once.

    Nothing is judged and no report is written: ``verify`` does that afterwards, from what is stored. What the packs promise is
    kept in the store before anything is measured, so that the promises are as old as that.

    Args:
        paths: packs, folders of packs, or files of packs.
        options: as for ``verify``; ``out`` is not used.
        display: shows progress; nothing by default.
        parent: the process that started this one and at whose end it stops; None for none.
        most_deaths: number of workers that died at a job after which it is left alone; None for no such number.

    Returns:
        What this process did, for each pack.

    Raises:
        SpecError, UsageError: as ``verify``.
        StoreError: where the store cannot be read or written, a ``verify`` has its lock, or this process was taken for dead.
    """
    with Session(options or Options(), display or Quiet()) as session, ExitStack() as opened:
        packs = session.prepare(paths)
        judged = packs if parent is None and not session.options.pilot else []  # a parent has written a record
        leases = session.share(packs[0], _promising(judged, session))
        executors = [opened.enter_context(session.shared_executor(prepared, leases, most_deaths)) for prepared in packs]
        if parent is not None:
            Thread(target=_stop_after, args=(parent,), name="parent", daemon=True).start()
        interrupted = False
        try:
            take_jobs(executors)
        except KeyboardInterrupt:
            interrupted = True
        return [_worked(prepared, done, interrupted) for prepared, done in zip(packs, executors, strict=True)]


def attempt_job(pack: Path, options: Options, key: str) -> Attempt:
    """Do one job of a pack's plan beside other processes; a process of a cluster is called so for each job.

    The process stays a worker on the store until it ends, with what it has loaded and compiled.
    """
    executor = _kept(pack, options)
    job, display = executor.plan.jobs[key], executor.display
    assert isinstance(display, RememberingDisplay)
    before = set(executor.failures)
    step = executor.attempt(job)
    failures = {key: why for key, why in executor.failures.items() if key not in before or key == job.key}
    said, display.sentences = tuple(display.sentences), []
    return Attempt(step is not Step.WAITS, failures, said, executor.leases.worker.name)


@cache
def _kept(pack: Path, options: Options) -> SharedExecutor:
    """Return the executor of a pack's plan that this process keeps."""
    session = Session(options, RememberingDisplay())  # not entered: signals are the cluster's business
    atexit.register(session.__exit__, None, None, None)
    (prepared,) = session.prepare([pack])
    return session.shared_executor(prepared, session.share(prepared))


def _promising(packs: Sequence[Prepared], session: Session) -> Callable[[], None]:
    """Return a function that keeps in the store what packs promise; what takes time is done already."""
    known = [(each.store.root, each.spec.paper, inputs_digests(each.spec)) for each in packs]

    def keep() -> None:
        for root, paper, inputs in known:
            keep_promises(root, paper, inputs, session.began)

    return keep


def _stop_after(parent: int) -> None:
    """Stop this process, as Ctrl-C does, once its parent has ended."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def _worked(prepared: Prepared, executor: SharedExecutor, interrupted: bool) -> Worked:
    jobs, failed = executor.plan.jobs, executor.failures
    own = [job for job in jobs.values() if job.key in failed and not any(v.key in failed for v in job.inputs.values())]
    lacking = executor.costs.missing(executor.plan.all_keys)
    left = sum(job.verb.keeps_result and job.key not in failed for job in lacking)
    missing = tuple((job, failed[job.key]) for job in own)
    return Worked(prepared.spec.paper.name, tuple(executor.done), missing, left, interrupted)
