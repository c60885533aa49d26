"""A scheduler that runs the tasks of an array job on this machine, as Slurm does: ``python tests/scheduler.py SCRIPT [FAILURES]``.

It reads the lines that begin with #SBATCH; runs every task at once; tells a task's shell in time that it will end, and ends it;
offers ``scontrol requeue``; ends as many tasks as FAILURES says as a node that fails does, and requeues them. Seconds of the
script are divided by ``SPEED``. Prints a line for each attempt of a task.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

SPEED = 10.0
SCONTROL = """#!/bin/sh
test "$1" = requeue || exit 1
touch "{folder}/requeue-$2"
"""


@dataclass
class Task:
    """One task of the array."""

    number: int
    restarts: int = 0
    process: subprocess.Popen[bytes] | None = None
    begun: float = 0.0
    told: bool = False
    statuses: list[int] = field(default_factory=list)


def settings(script: str) -> dict[str, str]:
    """Return the options of the script's #SBATCH lines."""
    return dict(re.findall(r"^#SBATCH --([\w-]+)(?:=(.*))?$", script, re.MULTILINE))


def seconds(clock: str) -> float:
    """Return what h:mm:ss stands for."""
    hours, minutes, rest = map(int, clock.split(":"))
    return 3600 * hours + 60 * minutes + rest


def start(task: Task, script: Path, folder: Path) -> None:
    """Start an attempt at a task in a group of its own."""
    env = os.environ | {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "SLURM_ARRAY_JOB_ID": "7",
        "SLURM_ARRAY_TASK_ID": str(task.number), "SLURM_RESTART_COUNT": str(task.restarts),
    }  # fmt: skip
    with (folder / f"task-{task.number}.log").open("ab") as log:
        task.process = subprocess.Popen(["bash", str(script)], env=env, stdout=log, stderr=log, start_new_session=True)
    task.begun, task.told = time.monotonic(), False


def end(task: Task) -> None:
    """End all processes of a task, as a node that fails does."""
    assert task.process is not None
    os.killpg(task.process.pid, signal.SIGKILL)


def offer(folder: Path) -> None:
    """Offer ``scontrol`` to the tasks."""
    (folder / "scontrol").write_text(SCONTROL.format(folder=folder))
    (folder / "scontrol").chmod(0o755)


def run(script: Path, folder: Path, failures: int) -> list[Task]:
    """Run the array to its end."""
    said = settings(script.read_text())
    first, last = map(int, said["array"].split("-"))
    limit = seconds(said["time"]) / SPEED
    name, notice = re.fullmatch(r"B:(\w+)@(\d+)", said["signal"]).groups()
    offer(folder)
    tasks = [Task(number) for number in range(first, last + 1)]
    for task in tasks:
        start(task, script, folder)
    while any(task.process is not None for task in tasks):
        time.sleep(0.02)
        for task in (task for task in tasks if task.process is not None):
            age, asked = time.monotonic() - task.begun, folder / f"requeue-7_{task.number}"
            if asked.exists() or age > limit or (failures and age > 5):
                failed = failures > 0 and not asked.exists() and age <= limit
                failures -= failed
                end(task)
            elif not task.told and age > limit - float(notice) / SPEED:
                task.told = True
                os.kill(task.process.pid, getattr(signal, f"SIG{name}"))  # B: the shell alone is told
            if task.process.poll() is None:
                continue
            status = task.process.wait()
            task.statuses.append(status)
            print(f"task {task.number} ended with {status}", flush=True)  # noqa: T201  its output is its result
            task.process = None
            if asked.exists() or (status == -signal.SIGKILL and "requeue" in said and age <= limit):
                asked.unlink(missing_ok=True)
                task.restarts += 1
                start(task, script, folder)
    return tasks


if __name__ == "__main__":
    place = Path(sys.argv[1])
    run(place, place.parent, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
