"""The control flow of a worker: it does jobs of packs that it shares with other processes, until none is left."""

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
    """The work of a worker on one pack.

    Attributes:
        name: the pack's name.
        done: the jobs that it did.
        missing: failed jobs, each with the reason, without the jobs that depend on them.
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
        """The exit status of the command: 3 if jobs are left after the time limit, else 4 if a job failed, else 0."""
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
    """Do jobs of packs until none is left; any number of processes may share one store.

    Nothing is judged and no report is written: ``verify`` does that afterwards, from the stored results. The packs'
    promises are stored with their dates before anything is measured.

    Args:
        paths: packs, folders of packs, or files of packs.
        options: as for ``verify``; ``out`` is not used.
        display: shows progress; nothing by default.
        parent: the process that started this one, which stops when that one ends; None for none.
        most_deaths: number of workers that died at a job after which it is skipped; None for no limit.

    Returns:
        What this process did, for each pack.

    Raises:
        SpecError, UsageError: as ``verify``.
        StoreError: if the store cannot be read or written, a ``verify`` has its lock, or this process was taken for
            dead.
    """
    with Session(options or Options(), display or Quiet()) as session, ExitStack() as opened:
        packs = session.prepare(paths)
        judged = packs if parent is None and not session.options.pilot else []  # the parent has written a record
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
    """Do one job of a pack's plan; a process of a cluster calls this for each job.

    The process stays a worker on the store until it ends, and keeps its loaded data and compiled programs.
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
    session = Session(options, RememberingDisplay())  # not entered, because the cluster handles signals
    atexit.register(session.__exit__, None, None, None)
    (prepared,) = session.prepare([pack])
    return session.shared_executor(prepared, session.share(prepared))


def _promising(packs: Sequence[Prepared], session: Session) -> Callable[[], None]:
    """Return a fast function that stores the packs' promises; the slow part is already done."""
    known = [(each.store.root, each.spec.paper, inputs_digests(each.spec)) for each in packs]

    def keep() -> None:
        for root, paper, inputs in known:
            keep_promises(root, paper, inputs, session.began)

    return keep


def _stop_after(parent: int) -> None:
    """Stop this process, like Ctrl-C, when its parent has ended."""
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
