"""The control flow of an array job: plans a pack and writes the script with which a cluster does its jobs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from harness.drafts import replace_file
from harness.errors import UsageError
from harness.pipeline import Session, work_words
from harness.prepared import Options
from harness.run.display import Quiet
from harness.run.slurm import Needs, array_script


@dataclass(frozen=True)
class ArrayJob:
    """An array job that was written.

    Attributes:
        file: the script.
        left: number of jobs of the plan that are not stored yet.
    """

    file: Path
    left: int


def write_array_job(pack: Path, options: Options, needs: Needs, file: Path | None = None) -> ArrayJob:
    """Write the script of an array job whose tasks do one pack's jobs.

    Args:
        pack: the pack.
        options: as for ``verify``; if GPUs are requested, the jobs use them, even if this machine has none.
        needs: of each task.
        file: the script; ``NAME.sbatch`` by default.

    Raises:
        UsageError: if the folder holds several packs, the script cannot be written, or a chunk is too short.
    """
    if needs.gpus:
        options = replace(options, device="gpu")
    with Session(options, Quiet()) as session:
        packs = session.prepare([pack])
        if len(packs) != 1:
            raise UsageError(f"{pack}: expected one pack, found {len(packs)}; an array job does the jobs of one pack")
        (prepared,) = packs
        name = prepared.spec.paper.name
        place = file or Path(f"{name}.sbatch")
        words = work_words(prepared, options, session.deadline)
        executor = session.executor(prepared, prepared.whole)
        left = sum(job.verb.keeps_result for job in executor.costs.missing(prepared.whole.all_keys))
    script = array_script(name, needs, words, ["verify", *words[1:]], place, Path.cwd())
    try:
        replace_file(place, script.encode())
    except OSError as error:
        raise UsageError(f"{place}: cannot be written ({error.strerror or error}); give another -o") from error
    return ArrayJob(place, left)
