"""A connection to a Ray cluster; the only module that uses Ray."""

from __future__ import annotations

import os
import pkgutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import StoreError, UsageError
from harness.plan import Job
from harness.record.measurement import Missing
from harness.run.nodes import look

ENTRY = "harness.working:attempt_job"
"""The function with which a process of the cluster does a job; it is in a higher room, so it is given by name."""
PASSED_ON = ("HARNESS_DATA_DIR", "HARNESS_OFFLINE", "KERAS_BACKEND")
"""Environment variables that the processes of the cluster also get."""


@dataclass(frozen=True)
class Attempt:
    """The result of a task.

    Attributes:
        settled: whether the job is done or has failed; otherwise another worker has it.
        failures: why jobs failed, by key.
        said: messages for the user.
        worker: name of the process's file among the workers.
    """

    settled: bool
    failures: Mapping[str, Missing]
    said: tuple[str, ...]
    worker: str


def enter(entry: str, pack: Path, options: Any, key: str) -> Attempt:
    """Do a job in a process of the cluster."""
    attempt: Attempt = pkgutil.resolve_name(entry)(pack, options, key)
    return attempt


class Connection:
    """The functions of Ray that are used, once connected."""

    def __init__(self, ray: Any) -> None:
        self._ray, self.running = ray, {}  # type: ignore[var-annotated]  # Ray has types of its own
        self.nodes, self.get, self.cancel = ray.nodes, ray.get, ray.cancel

    def probe(self, node: str, mark: Path) -> Any:
        """Start to examine a node."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415

        there = NodeAffinitySchedulingStrategy(node_id=node, soft=False)
        return self._ray.remote(look).options(num_cpus=0, scheduling_strategy=there).remote(mark)

    def submit(self, job: Job, needs: Mapping[str, float], pack: Path, options: Any) -> None:
        """Start a task; Ray itself repeats none, because lost jobs are counted here."""
        how = {"num_cpus": needs["CPU"], "num_gpus": needs["GPU"], "max_retries": 0, "name": f"{job.verb} {job.name}"}
        task = self._ray.remote(enter).options(**how).remote(ENTRY, pack, options, job.key)
        self.running[task] = job

    def ended(self, seconds: float) -> Iterator[tuple[Job, Attempt | Exception]]:
        """Wait for tasks; yield the jobs of those that ended, with their answers or errors."""
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
def connected(address: str) -> Iterator[Connection]:
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
        yield Connection(ray)
    finally:
        ray.shutdown()
