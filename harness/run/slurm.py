"""An array job for Slurm: workers on one plan, each requeued after a chunk of time until no job is left."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.run.crew import PROGRAM

NOTICE = 120
"""Seconds before its end at which a task gets a signal to stop; its current job is lost except for checkpoints."""
LEAST_TIME = 300
"""Smallest number of seconds of a chunk."""
TIME_OVER, INTERRUPTED = 3, 130
"""Exit statuses of a worker after which its task continues in another chunk."""
SCRIPT = """\
#!/bin/bash
#SBATCH --job-name={name}
#SBATCH --array=1-{tasks}
#SBATCH --cpus-per-task={processors}
{gpus}{memory}#SBATCH --time={clock}
#SBATCH --signal=B:TERM@{notice}
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output={name}-%A_%a.log
# {tasks} workers share the jobs of one plan through the folder of the store, to which all nodes need access.
# Each works for a chunk of time and is requeued, at most {chunks} times, until no job is left. If a node fails,
# another worker takes its job. Submit the script again to continue. Write the report afterwards:
#
#   sbatch --dependency=afterany:$(sbatch --parsable {file}) --wrap={report}

cd {folder} || exit 2
worker=
trap 'test -z "$worker" || kill -TERM "$worker" 2>/dev/null' TERM
{work} &
worker=$!
wait "$worker"
status=$?
while kill -0 "$worker" 2>/dev/null; do  # a signal ended the waiting, not the worker
    wait "$worker"
    status=$?
done
case $status in
{time_over} | {interrupted} | 143)
    if test "${{SLURM_RESTART_COUNT:-0}}" -lt {chunks}; then
        scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}"
        sleep 60  # Slurm ends the task
    fi
    ;;
esac
exit $status
"""


@dataclass(frozen=True)
class Needs:
    """The resources of each task of an array job.

    Attributes:
        tasks: number of workers.
        processors: for each.
        gpus: for each.
        memory: GiB for each; None leaves it to the cluster.
        time: seconds of a chunk.
        chunks: maximum number of times that a task is requeued.
    """

    tasks: int
    processors: int
    gpus: int
    memory: int | None
    time: float
    chunks: int

    @property
    def clock(self) -> str:
        """The time in Slurm's format, h:mm:ss."""
        minutes, seconds = divmod(int(self.time), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def array_script(name: str, needs: Needs, words: Sequence[str], report: Sequence[str], file: Path, folder: Path) -> str:
    """Return the script of an array job.

    Args:
        name: the pack's.
        needs: of each task.
        words: the command of a worker, ``work PACK …``, without a time limit.
        report: the command that writes the report afterwards.
        file: the script's.
        folder: where the commands run.

    Raises:
        UsageError: if a chunk is too short for a worker to stop in time.
    """
    if needs.time < LEAST_TIME:
        raise UsageError(f"--time: expected at least {LEAST_TIME // 60} minutes, found {needs.time:g} s")
    limit = f"--time-limit={needs.time - NOTICE - 60:.0f}s"
    return SCRIPT.format(
        name=f"harness-{name}", tasks=needs.tasks, processors=needs.processors, clock=needs.clock, notice=NOTICE,
        gpus=f"#SBATCH --gpus-per-task={needs.gpus}\n" if needs.gpus else "",
        memory=f"#SBATCH --mem={needs.memory}G\n" if needs.memory else "",
        chunks=needs.chunks, file=shlex.quote(str(file)), folder=shlex.quote(str(folder)),
        work=shlex.join([*PROGRAM, *words, limit]), report=shlex.quote(shlex.join([*PROGRAM, *report])),
        time_over=TIME_OVER, interrupted=INTERRUPTED,
    )  # fmt: skip
