"""A crew: worker processes on this machine, among which its processors and the memory of its GPUs are shared out."""

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
"""The command of harness, as this process was started."""
MEMORY_EACH = 4 * 2**30
"""Bytes of main memory for each worker: a training of MNIST's images takes 3 GB with the backend."""
MOST = 16
"""Most workers that are chosen for a user; who wants more says so."""
DEATHS = 2
"""Ends of its process after which a job is left alone."""
IDLE_DEATHS = 3
"""Ends of processes that had no job after which none is started any more."""
GPU_SHARE = 0.9
"""Part of a GPU's memory that is shared out; the rest is for what backends take besides."""
ENOUGH = 60.0
"""Seconds in which a worker that is asked to stop must have stopped."""


@dataclass
class Crew:
    """Worker processes that do the jobs of one plan.

    Attributes:
        words: the command each runs, ``work PACK …``.
        count: how many.
        device: ``cpu`` or ``gpu``.
        plan: the jobs.
        store: where results are kept; its lock is free.
        display: shows what each says.
        failures: why jobs could not be done, by key; filled by ``run``.
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
        """Have the jobs done, until none is left; replace workers that die.

        Args:
            meanwhile: is called again and again while they are at it.

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
            with suppress(OSError):  # its threads, started later, inherit it
                os.sched_setaffinity(member.pid, processors)
        Thread(target=self._tell, args=(place, member), daemon=True).start()
        return member

    def _tell(self, place: int, member: subprocess.Popen[str]) -> None:
        """Show what a worker says."""
        assert member.stdout is not None
        for line in member.stdout:
            if line.strip():
                self._last[place] = line.strip()
                self.display.say(f"worker {place + 1}: {line.rstrip()}")

    def _is_to_be_replaced(self, place: int, member: subprocess.Popen[str], status: int) -> bool:
        """Say how a worker ended; whether another is to take its place.

        Raises:
            StoreError: if it could not use the store, or the pack.
            UsageError: if no worker can be started.
        """
        if status in {0, 3, 4}:
            return False
        if status == 2:
            raise StoreError(f"worker {place + 1} ended: {self._last.get(place, 'it said nothing')}")
        how = signal.Signals(-status).name if -status in signal.valid_signals() else f"status {status}"
        held = self._held_by(member.pid)
        what = ", ".join(f"{job.verb} {job.name}" for each in held if (job := self.plan.jobs.get(each.key)))
        self.display.say(f"worker {place + 1} died ({how}){f' at {what}' if what else ''}")
        self._idle_deaths += not held
        if self._idle_deaths >= IDLE_DEATHS:
            raise UsageError(
                f"{plural(self._idle_deaths, 'worker')} ended before they got a job ({how}): {self._last.get(place, '')}; "
                "leave out --jobs"
            )
        return True

    def _held_by(self, process: int) -> list[Lease]:
        """Return the leases of jobs that a dead worker had, also those that another has taken up since."""
        leases = all_leases(self.store.root, self.store.platform)
        return [each for each in leases if each.worker == self._names.get(process) and each.failed is None]

    def _gather_failures(self) -> None:
        for lease in all_leases(self.store.root, self.store.platform):
            if lease.failed is not None and {"reason", "sentence"} <= lease.failed.keys():
                reason, sentence = str(lease.failed["reason"]), str(lease.failed["sentence"])
                self.failures[lease.key] = Missing(reason=reason, sentence=sentence)

    def _gpu(self, place: int) -> dict[str, str]:
        """Return which GPU a worker sees."""
        found = gpus() if self.device == "gpu" else []
        return {"CUDA_VISIBLE_DEVICES": found[place % len(found)]} if found else {}

    def _gpu_settings(self, place: int) -> dict[str, str]:
        """Return how much of its GPU's memory a worker may take, unless the user has said so."""
        if self.device != "gpu":
            return {}
        found = gpus()
        beside = -(-(self.count - place % max(len(found), 1)) // max(len(found), 1))
        share = f"{GPU_SHARE / beside:.3f}"
        return {"XLA_PYTHON_CLIENT_MEM_FRACTION": share, "HARNESS_GPU_MEMORY_SHARE": share}


def chosen_count(device: str, expected: float) -> tuple[int, str]:
    """Choose the number of workers for this machine; return it, and why it is that.

    Args:
        device: ``cpu`` or ``gpu``.
        expected: seconds of work that are left for one process.
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
    """Return the processors of one of so many workers; where there are fewer than workers, some have the same one."""
    own = _processors()
    if count >= len(own):
        return [own[place % len(own)]]
    return own[place * len(own) // count : (place + 1) * len(own) // count]


def gpus() -> list[str]:
    """Return the GPUs of this machine that may be used, as CUDA_VISIBLE_DEVICES names them."""
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
    """Return settings that limit threads where no processors can be assigned to a process."""
    if hasattr(os, "sched_setaffinity"):
        return {}
    return dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "NPROC"), str(count))


def _free_memory() -> int:
    """Return the bytes of main memory that are free, or could be; what is not known counts as enough for all."""
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("MemAvailable:")).split()[1]) * 1024
    return MOST * MEMORY_EACH


def _stop(members: Sequence[subprocess.Popen[str]]) -> None:
    """Ask workers to stop, as Ctrl-C does, and end those that do not."""
    for member in members:
        member.terminate()
    deadline = time.monotonic() + ENOUGH
    for member in members:
        try:
            member.wait(max(0.0, deadline - time.monotonic()))
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            member.kill()
            member.wait()
