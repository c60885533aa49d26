"""Jobs as tasks of a Ray cluster: each goes to a node that has what it needs; what a lost process or node had is done again.

Results pass through the store, a folder that every node must see. A task claims its job by a lease as any worker does, so
that ``harness work`` may help, and a task that Ray has lost and that goes on all the same does no harm.
"""

from __future__ import annotations

import os
import pkgutil
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import harness
from harness.errors import StoreError, UsageError, plural
from harness.plan import Job, Verb
from harness.record.measurement import Missing
from harness.run.environment import BACKENDS, Environment
from harness.run.executor import Executor, not_reached
from harness.sharing.presence import FOLDER

ENTRY = "harness.working:attempt_job"
"""The function by which a process of the cluster does a job; it stands above this room, so it is named, as a command would be."""
ATTEMPTS = 4
"""Most losses of its process or node after which a job is tried once more."""
PASSED_ON = ("HARNESS_DATA_DIR", "HARNESS_OFFLINE", "KERAS_BACKEND")
"""Environment variables that the processes of the cluster are given too."""
WAIT = 0.5
"""Seconds after which a job that another worker has is tried again."""
COMPARED = ("keras", "numpy", "scipy")
"""Distributions whose versions are compared, beside harness and the backend."""


@dataclass(frozen=True)
class Attempt:
    """What came of a task.

    Attributes:
        settled: whether the job is done, or cannot be; otherwise another worker has it.
        failures: why jobs could not be done, by key.
        said: what a user should know.
        worker: name of the process's file among the workers.
    """

    settled: bool
    failures: Mapping[str, Missing]
    said: tuple[str, ...]
    worker: str


@dataclass(frozen=True)
class ClusterNode:
    """A node of the cluster: its address, what it has, and what is installed there."""

    id: str
    address: str
    resources: Mapping[str, float]
    versions: Mapping[str, str | None] = field(default_factory=dict)
    sees_store: bool = True

    def can(self, needs: Mapping[str, float]) -> bool:
        """Whether the node, with nothing else on it, has what is needed."""
        return all(self.resources.get(name, 0.0) >= number for name, number in needs.items())

    def __str__(self) -> str:
        has = ", ".join(f"{self.resources.get(name, 0.0):g} {name}" for name in ("CPU", "GPU"))
        return f"{self.address}: {has}"


def needs_of(job: Job, executor: Executor) -> dict[str, float]:
    """Return what a job needs: a processor and, where a network is computed on a GPU, one of those."""
    computes = job.verb is not Verb.SHOW or executor.given_a_model(job)
    return {"CPU": 1.0, "GPU": 1.0 if computes and executor.environment.device == "gpu" else 0.0}


def refuse_unmet(jobs: Sequence[Job], executor: Executor, nodes: Sequence[ClusterNode]) -> None:
    """Refuse jobs that no node could ever do, as Ray would wait for such a node for ever.

    Raises:
        UsageError: with what each node has.
    """
    for job in jobs:
        needs = needs_of(job, executor)
        if not any(node.can(needs) for node in nodes):
            wanted = ", ".join(f"{number:g} {name}" for name, number in needs.items() if number)
            raise UsageError(
                f"--cluster: {job.verb} {job.name} needs {wanted}, which no node has ({'; '.join(map(str, nodes))}); add such "
                "a node, or name another --device"
            )


def refuse_unlike(nodes: Sequence[ClusterNode], store: Path) -> list[str]:
    """Refuse nodes with another harness, or that do not see the store; return a sentence for each other difference.

    Raises:
        UsageError: naming each node and what it has instead.
    """
    own = versions_here()
    other = [f"{node.address} has {node.versions.get('paper-harness')}" for node in nodes if _is_other_harness(node)]
    if other:
        raise UsageError(
            f"--cluster: expected harness {own['paper-harness']} on every node; {', '.join(other)}; install it there"
        )
    blind = [node.address for node in nodes if not node.sees_store]
    if blind:
        raise UsageError(
            f"--cluster: {', '.join(blind)} {'does' if len(blind) == 1 else 'do'} not see the store {store}; name a folder with "
            "--store that all nodes share"
        )
    return [
        f"{node.address} has {name} {node.versions.get(name)}, this machine {version}: last digits may differ"
        for node in nodes
        for name, version in own.items()
        if node.versions.get(name) != version
    ]


def _is_other_harness(node: ClusterNode) -> bool:
    return node.versions.get("paper-harness") != harness.__version__


def versions_here() -> dict[str, str | None]:
    """Return the versions of what numbers depend on, as installed here."""
    found: dict[str, str | None] = {"paper-harness": harness.__version__}
    for name in (*BACKENDS.values(), *COMPARED):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


@dataclass
class RayCluster:
    """Has the jobs of a plan done by a Ray cluster.

    Attributes:
        address: of the cluster; ``auto`` for the one this machine belongs to.
        pack: folder of the pack.
        options: of the invocation, for the processes of the cluster.
        executor: of the plan; knows what is stored, and the time limit.
        failures: why jobs could not be done, by key; filled by ``run``.
    """

    address: str
    pack: Path
    options: Any
    executor: Executor
    failures: dict[str, Missing] = field(default_factory=dict)
    _lost: Counter[str] = field(default_factory=Counter)
    _workers: set[str] = field(default_factory=set)

    def run(self, meanwhile: Callable[[], None]) -> None:
        """Have every missing job done.

        Args:
            meanwhile: is called again and again while the cluster is at it.

        Raises:
            UsageError: if there is no such cluster, a node is unlike this machine, or a job needs what no node has.
            StoreError: if a process of the cluster could not use the store.
        """
        root = self.executor.store.root
        with _connected(self.address) as ray:
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
        """Return the nodes, each with what a task there found installed, and whether it sees the store."""
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
        """Whether a job is done, or cannot be; then those that need it cannot either."""
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
        """Whether a job is missing and what it needs is there."""
        if self._is_settled(job):
            return False
        return self.executor.backlog.is_ready(job)

    def _take(self, job: Job, answer: Attempt | Exception) -> bool:
        """Take note of what a task answered; return whether its job is settled."""
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
        title = f"{job.verb} {job.name}"
        self.executor.display.say(f"{title}: its process or node was lost ({type(answer).__name__})")
        if self._lost[job.key] < ATTEMPTS:
            return False
        why = f"{title} was lost with its process or node {plural(ATTEMPTS, 'time')} ({type(answer).__name__})."
        self.failures[job.key] = Missing(reason="failed", sentence=why)
        return True


def enter(entry: str, pack: Path, options: Any, key: str) -> Attempt:
    """Do a job in a process of the cluster."""
    attempt: Attempt = pkgutil.resolve_name(entry)(pack, options, key)
    return attempt


def look(mark: Path) -> tuple[dict[str, str | None], bool]:
    """Return what is installed on a node, and whether it sees a file."""
    return versions_here(), mark.exists()


class _Connection:
    """What is used of Ray, once connected."""

    def __init__(self, ray: Any) -> None:
        self._ray, self.running = ray, {}  # type: ignore[var-annotated]  # Ray has types of its own
        self.nodes, self.get, self.cancel = ray.nodes, ray.get, ray.cancel

    def probe(self, node: str, mark: Path) -> Any:
        """Begin to look at a node."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415

        there = NodeAffinitySchedulingStrategy(node_id=node, soft=False)
        return self._ray.remote(look).options(num_cpus=0, scheduling_strategy=there).remote(mark)

    def submit(self, job: Job, needs: Mapping[str, float], pack: Path, options: Any) -> None:
        """Begin a task; Ray itself repeats none, as how often a job was lost is counted here."""
        how = {"num_cpus": needs["CPU"], "num_gpus": needs["GPU"], "max_retries": 0, "name": f"{job.verb} {job.name}"}
        task = self._ray.remote(enter).options(**how).remote(ENTRY, pack, options, job.key)
        self.running[task] = job

    def ended(self, seconds: float) -> Iterator[tuple[Job, Attempt | Exception]]:
        """Wait for tasks; yield the jobs of those that ended, with what they answered or why they did not."""
        if not self.running:
            time.sleep(seconds)
            return
        done, _ = self._ray.wait(list(self.running), num_returns=len(self.running), timeout=seconds)
        for task in done:
            job = self.running.pop(task)
            try:
                yield job, self._ray.get(task)
            except self._ray.exceptions.RayTaskError as error:
                cause = error.as_instanceof_cause()
                yield (
                    job,
                    next(
                        (kind(str(error.cause)) for kind in (StoreError, UsageError) if isinstance(cause, kind)), cause
                    ),
                )
            except self._ray.exceptions.RayError as error:
                yield job, error


@contextmanager
def _connected(address: str) -> Iterator[_Connection]:
    """Connect to a cluster while the block runs.

    Raises:
        UsageError: if Ray is not installed, there is no such cluster, or it has another version of Ray or Python.
    """
    try:
        import ray  # noqa: PLC0415  an extra, and slow to import
    except ImportError as error:
        raise UsageError(
            "--cluster: Ray is not installed; in the checkout of harness run `make extras`, or `python -m pip install '.[ray]'` "
            "in its environment"
        ) from error
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    if "HARNESS_DATA_DIR" in passed:
        passed["HARNESS_DATA_DIR"] = str(Path(passed["HARNESS_DATA_DIR"]).absolute())
    one = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")
    try:
        ray.init(address=address, log_to_driver=False, runtime_env={"env_vars": one | passed}, logging_level="ERROR")
    except (ConnectionError, RuntimeError, ValueError, AssertionError) as error:
        raise UsageError(
            f"--cluster {address}: cannot be connected to ({' '.join(str(error).split())[:300]}); `ray status` shows a cluster, "
            "`ray start --head` starts one"
        ) from error
    try:
        yield _Connection(ray)
    finally:
        ray.shutdown()


def absolute(options: Any, environment: Environment) -> Any:
    """Return options that mean the same to a process that was started elsewhere: its folders, and the device."""
    data_dir = options.data_dir.absolute() if options.data_dir is not None else None
    return replace(options, store=options.store.absolute(), data_dir=data_dir, device=environment.device)
