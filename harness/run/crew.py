"""A crew: worker processes on this machine, which share its processors and the memory of its GPUs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

from harness.errors import StoreError, UsageError, plural
from harness.plan import Plan
from harness.record.measurement import Missing
from harness.run.display import Display
from harness.sharing.leases import Lease, all_leases
from harness.sharing.presence import Roster
from harness.store import Store

PROGRAM = (sys.executable, "-m", "harness")
"""The command of harness with which this process was started."""
MEMORY_EACH = 4 * 2**30
"""Bytes of main memory for each worker: a training on MNIST takes 3 GB including the backend."""
MOST = 16
"""Largest number of workers that is chosen automatically."""
DEATHS = 2
"""Number of died processes after which a job is skipped."""
IDLE_DEATHS = 3
"""Number of processes that ended without a job after which no new one is started."""
GPU_SHARE = 0.9
"""Fraction of a GPU's memory that workers share; the rest is for other allocations of the backends."""
ENOUGH = 60.0
"""Seconds that a worker has to stop after a request."""


@dataclass
class Crew:
    """Worker processes that do the jobs of one plan.

    Attributes:
        words: the command of each, ``work PACK …``.
        count: number of workers.
        device: ``cpu`` or ``gpu``.
        plan: the jobs.
        store: where results are kept; its lock is free.
        display: shows the output of each.
        failures: why jobs failed, by key; filled by ``run``.
    """

    words: Sequence[str]
    count: int
    device: str
    plan: Plan
    store: Store
    display: Display
    failures: dict[str, Missing] = field(default_factory=dict)
    _names: dict[int, str] = field(default_factory=dict)
    _idle_deaths: int = 0
    _last: dict[int, str] = field(default_factory=dict)

    def run(self, meanwhile: Callable[[], None]) -> None:
        """Run the workers until no job is left; replace workers that die.

        Args:
            meanwhile: is called repeatedly while they work.

        Raises:
            KeyboardInterrupt: on a signal, once the workers have stopped.
            StoreError: if a worker could not use the store.
            UsageError: if none could be started.
        """
        members = {place: self._start(place) for place in range(self.count)}
        try:
            while members:
                self._names |= {each.process: each.name for each in Roster(self.store.root).workers()}
                for place, member in list(members.items()):
                    status = member.poll()
                    if status is None:
                        continue
                    del members[place]
                    if self._is_to_be_replaced(place, member, status):
                        members[place] = self._start(place)
                meanwhile()
                time.sleep(0.1)
        except BaseException:
            _stop(list(members.values()))
            raise
        self._gather_failures()

    def _start(self, place: int) -> subprocess.Popen[str]:
        processors = shared_processors(place, self.count)
        command = [*PROGRAM, *self.words, "--parent", str(os.getpid()), "--deaths", str(DEATHS)]
        settings = {"PYTHONUNBUFFERED": "1", **_threads(len(processors)), **self._gpu_settings(place)}
        member = subprocess.Popen(
            command, env={**settings, **os.environ, **self._gpu(place)}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
        if hasattr(os, "sched_setaffinity"):
            with suppress(OSError):  # threads that it starts later inherit it
                os.sched_setaffinity(member.pid, processors)
        Thread(target=self._tell, args=(place, member), daemon=True).start()
        return member

    def _tell(self, place: int, member: subprocess.Popen[str]) -> None:
        """Show the output of a worker."""
        assert member.stdout is not None
        for line in member.stdout:
            if line.strip():
                self._last[place] = line.strip()
                self.display.say(f"worker {place + 1}: {line.rstrip()}")

    def _is_to_be_replaced(self, place: int, member: subprocess.Popen[str], status: int) -> bool:
        """Report how a worker ended; return whether another replaces it.

        Raises:
            StoreError: if it could not use the store, or the pack.
            UsageError: if no worker can be started.
        """
        if status in {0, 3, 4}:
            return False
        if status == 2:
            raise StoreError(f"worker {place + 1} ended: {self._last.get(place, 'without output')}")
        how = signal.Signals(-status).name if -status in signal.valid_signals() else f"status {status}"
        held = self._held_by(member.pid)
        what = ", ".join(f"{job.verb} {job.name}" for each in held if (job := self.plan.jobs.get(each.key)))
        self.display.say(f"worker {place + 1} died ({how}){f' at {what}' if what else ''}")
        self._idle_deaths += not held
        if self._idle_deaths >= IDLE_DEATHS:
            raise UsageError(
                f"{plural(self._idle_deaths, 'worker')} ended before they took a job ({how}): "
                f"{self._last.get(place, '')}; leave out --jobs"
            )
        return True

    def _held_by(self, process: int) -> list[Lease]:
        """Return the leases that a dead worker had, including jobs that another worker has taken since."""
        leases = all_leases(self.store.root, self.store.platform)
        return [each for each in leases if each.worker == self._names.get(process) and each.failed is None]

    def _gather_failures(self) -> None:
        for lease in all_leases(self.store.root, self.store.platform):
            if lease.failed is not None and {"reason", "sentence"} <= lease.failed.keys():
                reason, sentence = str(lease.failed["reason"]), str(lease.failed["sentence"])
                self.failures[lease.key] = Missing(reason=reason, sentence=sentence)

    def _gpu(self, place: int) -> dict[str, str]:
        """Return the GPU of a worker."""
        found = gpus() if self.device == "gpu" else []
        return {"CUDA_VISIBLE_DEVICES": found[place % len(found)]} if found else {}

    def _gpu_settings(self, place: int) -> dict[str, str]:
        """Return the part of the GPU's memory that a worker may use, unless the user has set it."""
        if self.device != "gpu":
            return {}
        found = gpus()
        beside = -(-(self.count - place % max(len(found), 1)) // max(len(found), 1))
        share = f"{GPU_SHARE / beside:.3f}"
        return {"XLA_PYTHON_CLIENT_MEM_FRACTION": share, "HARNESS_GPU_MEMORY_SHARE": share}


def chosen_count(device: str, expected: float) -> tuple[int, str]:
    """Choose the number of workers for this machine; return it and the reason.

    Args:
        device: ``cpu`` or ``gpu``.
        expected: seconds of work that are left, for one process.
    """
    if device == "gpu":
        count = max(len(gpus()), 1)
        return count, f"{plural(count, 'GPU')}, because one training keeps a GPU busy"
    if expected < 60:
        return 1, "less than a minute of work is left, and each process needs seconds to start"
    processors, memory = len(_processors()), _free_memory()
    count = max(1, min(processors, memory // MEMORY_EACH, MOST))
    why = f"{plural(processors, 'processor')}, {memory / 2**30:.0f} GiB of free memory, {MEMORY_EACH / 2**30:.0f} GiB for each"
    return count, why


def shared_processors(place: int, count: int) -> list[int]:
    """Return the processors of one worker of a crew; with fewer processors than workers, some share a processor."""
    own = _processors()
    if count >= len(own):
        return [own[place % len(own)]]
    return own[place * len(own) // count : (place + 1) * len(own) // count]


def gpus() -> list[str]:
    """Return the available GPUs of this machine, as CUDA_VISIBLE_DEVICES names them."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    if given is not None:
        return [each.strip() for each in given.split(",") if each.strip()]
    found = (path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*"))
    return sorted(found, key=int)


def _processors() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _threads(count: int) -> Mapping[str, str]:
    """Return settings that limit the threads if processors cannot be assigned to a process."""
    if hasattr(os, "sched_setaffinity"):
        return {}
    return dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "NPROC"), str(count))


def _free_memory() -> int:
    """Return the bytes of available main memory; if unknown, enough for all workers."""
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("MemAvailable:")).split()[1]) * 1024
    return MOST * MEMORY_EACH


def _stop(members: Sequence[subprocess.Popen[str]]) -> None:
    """Ask workers to stop, like Ctrl-C, and kill those that do not."""
    for member in members:
        member.terminate()
    deadline = time.monotonic() + ENOUGH
    for member in members:
        try:
            member.wait(max(0.0, deadline - time.monotonic()))
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            member.kill()
            member.wait()
