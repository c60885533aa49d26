"""Jobs as tasks of a Ray cluster: each runs on a node with the needed resources; jobs of a lost node are repeated.

Results pass through the store, a folder to which every node needs access. Like any worker, a task claims its job with a
lease. So ``harness work`` can help, and a task that Ray counts as lost but that continues does no harm.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.errors import StoreError, UsageError, brief, plural
from harness.plan import Job
from harness.record.measurement import Missing
from harness.run.environment import Environment
from harness.run.executor import Executor, not_reached
from harness.run.nodes import ClusterNode, needs_of, refuse_unlike, refuse_unmet
from harness.run.ray_connection import Attempt, connected
from harness.sharing.presence import FOLDER

ATTEMPTS = 4
"""Largest number of lost processes or nodes after which a job is tried once more."""
WAIT = 0.5
"""Seconds until a job that another worker has is tried again."""


@dataclass
class RayCluster:
    """Lets a Ray cluster do the jobs of a plan.

    Attributes:
        address: of the cluster; ``auto`` for the cluster of this machine.
        pack: folder of the pack.
        options: of the invocation, for the processes of the cluster.
        executor: of the plan; knows the stored results and the time limit.
        failures: why jobs failed, by key; filled by ``run``.
    """

    address: str
    pack: Path
    options: Any
    executor: Executor
    failures: dict[str, Missing] = field(default_factory=dict)
    _lost: Counter[str] = field(default_factory=Counter)
    _workers: set[str] = field(default_factory=set)

    def run(self, meanwhile: Callable[[], None]) -> None:
        """Let the cluster do every missing job.

        Args:
            meanwhile: is called repeatedly while the cluster works.

        Raises:
            UsageError: if there is no such cluster, if a node differs from this machine, or if no node has the
                resources of a job.
            StoreError: if a process of the cluster could not use the store.
        """
        root = self.executor.store.root
        with connected(self.address) as ray:
            try:
                jobs = [job for job in self.executor.backlog.missing() if job.verb.keeps_result]
                nodes = self._nodes(ray)
                for sentence in refuse_unlike(nodes, root):
                    self.executor.display.say(sentence)
                refuse_unmet(jobs, self.executor, nodes)
                self._do_all(ray, jobs, meanwhile)
            finally:
                for ref in ray.running:
                    with suppress(Exception):
                        ray.cancel(ref, force=True)
        for name in self._workers:  # their processes ended with the connection
            with suppress(OSError):
                (root / FOLDER / name).unlink()

    def _nodes(self, ray: Any) -> list[ClusterNode]:
        """Return the nodes, each with the installed versions there, and whether it has access to the store."""
        root = self.executor.store.root
        root.mkdir(parents=True, exist_ok=True)
        mark = root / f".seen-{secrets.token_hex(8)}"
        mark.touch()
        try:
            found = [each for each in ray.nodes() if each["Alive"]]
            asked = [ray.probe(each["NodeID"], mark.absolute()) for each in found]
            answers = ray.get(asked)
        finally:
            mark.unlink(missing_ok=True)
        return [
            ClusterNode(
                each["NodeID"], f"{each['NodeManagerAddress']}:{each['NodeManagerPort']}", each["Resources"], *answer
            )
            for each, answer in zip(found, answers, strict=True)
        ]

    def _do_all(self, ray: Any, jobs: Sequence[Job], meanwhile: Callable[[], None]) -> None:
        waiting, again = list(jobs), dict.fromkeys((job.key for job in jobs), 0.0)
        while waiting or ray.running:
            left = []
            for job in waiting:
                if again[job.key] <= time.monotonic() and self._is_next(job):
                    ray.submit(job, needs_of(job, self.executor), self.pack, self.options)
                elif not self._is_settled(job):
                    left.append(job)
            waiting = left
            if not ray.running and waiting and self.executor.deadline.is_over:
                return
            for job, answer in ray.ended(WAIT):
                if not self._take(job, answer):
                    again[job.key] = time.monotonic() + WAIT
                    waiting.insert(0, job)
            meanwhile()

    def _is_settled(self, job: Job) -> bool:
        """Whether a job is done or has failed; if it failed, the jobs that depend on it fail too."""
        if job.key in self.failures or self.executor.backlog.is_stored(job):
            return True
        upstream = (self.failures.get(each.key) for each in self.executor.backlog.needed(job))
        why = next((each for each in upstream if each is not None), None)
        if why is None and self.executor.deadline.refuses(self.executor.costs.of(job)):
            why = not_reached(job, self.executor.costs.of(job))
        if why is not None:
            self.failures[job.key] = why
        return why is not None

    def _is_next(self, job: Job) -> bool:
        """Whether a job is missing and its dependencies are stored."""
        if self._is_settled(job):
            return False
        return self.executor.backlog.is_ready(job)

    def _take(self, job: Job, answer: Attempt | Exception) -> bool:
        """Record the answer of a task; return whether its job is finished."""
        if isinstance(answer, Attempt):
            self.executor.deadline.worked = True
            self._workers.add(answer.worker)
            self.failures.update(answer.failures)
            for sentence in answer.said:
                self.executor.display.say(sentence)
            return answer.settled
        if isinstance(answer, StoreError | UsageError):
            raise answer
        self._lost[job.key] += 1
        title, what = f"{job.verb} {job.name}", f"{type(answer).__name__}: {brief(str(answer))[:200]}"
        self.executor.display.say(f"{title}: its process or node was lost ({what})")
        if self._lost[job.key] < ATTEMPTS:
            return False
        why = f"{title} was lost with its process or node {plural(ATTEMPTS, 'time')} ({what})."
        self.failures[job.key] = Missing(reason="failed", sentence=why)
        return True


def absolute(options: Any, environment: Environment) -> Any:
    """Return options that are valid in a process on another machine: absolute folders, and the device."""
    data_dir = options.data_dir.absolute() if options.data_dir is not None else None
    return replace(options, store=options.store.absolute(), data_dir=data_dir, device=environment.device)
