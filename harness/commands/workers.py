"""The commands by which several processes work on one plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.commands.options import (
    CONTEXT,
    PATH,
    console_out,
    discover_kinds,
    span,
    with_measuring,
    with_paths,
    with_status,
    with_store,
    with_time_limit,
)
from harness.errors import plural


@click.command(context_settings=CONTEXT)
@with_paths
@with_measuring
@with_store
@with_time_limit
@click.option(
    "--pilot",
    is_flag=True,
    help="Do pilot runs, as `verify --pilot` with the same options, which records them afterwards.",
)
@click.option("--parent", type=int, hidden=True, help="Process that started this one, and at whose end it stops.")
@click.option(
    "--deaths", type=int, hidden=True, help="Number of workers that died at a job after which it is left alone."
)
@with_status
def work(paths: tuple[Path, ...], *, parent: int | None, deaths: int | None, **given: Any) -> int:
    """Do jobs of packs beside other processes, until none is left.

    Any number of these, on one machine or on several that share the folder --store, share the jobs out among themselves. A
    job whose process dies is taken by another. Nothing is judged: `harness verify` with the same options does that
    afterwards, from what is stored; margins count as promised when the first of these processes began. Ends with 3 where the
    time limit left some, else with 4 where a job could not be done.
    PATHS are packs or folders of packs (default: specs).
    """
    from harness.prepared import Options  # noqa: PLC0415
    from harness.terminal.progress import display  # noqa: PLC0415
    from harness.terminal.workers import print_worked  # noqa: PLC0415
    from harness.working import work as run  # noqa: PLC0415

    discover_kinds()
    console = console_out()
    with display(console) as shown:
        worked = run(paths or ("specs",), Options(**given), shown, parent, deaths)
    if parent is None:
        print_worked(worked, console)
    if any(pack.interrupted for pack in worked):
        return 130
    return max(pack.status for pack in worked)


@click.command(context_settings=CONTEXT)
@click.argument("pack", type=PATH)
@with_measuring
@with_store
@click.option("-o", "file", type=PATH, metavar="FILE", help="The script to write (default: NAME.sbatch).")
@click.option("--tasks", type=click.IntRange(1, 10_000), default=4, show_default=True, help="Number of workers.")
@click.option("--cpus", type=click.IntRange(1, 1024), default=2, show_default=True, help="Processors of each.")
@click.option("--gpus", type=click.IntRange(0, 16), default=0, show_default=True, help="GPUs of each.")
@click.option("--memory", type=click.IntRange(1, 10_000), metavar="GIB", help="Memory of each.")
@click.option(
    "--time", callback=span, default="1h", show_default=True, metavar="TIME", help="How long each is at it at a time."
)
@click.option(
    "--chunks", type=click.IntRange(0, 10_000), default=48, show_default=True, help="Most times that each is requeued."
)
@with_status
def slurm(
    pack: Path, *, file: Path | None, tasks: int, cpus: int, memory: int | None, chunks: int, **given: Any
) -> None:
    """Write an array job for Slurm whose tasks do one pack's jobs.

    Its tasks are workers (`harness work`) that share the jobs out through the folder --store, which all nodes must see. Each
    ends after --time and is requeued until nothing is left. The script says how the report is made afterwards.
    """
    from harness.clusters import write_array_job  # noqa: PLC0415
    from harness.prepared import Options  # noqa: PLC0415
    from harness.run.slurm import Needs  # noqa: PLC0415

    discover_kinds()
    needs = Needs(tasks, cpus, given.pop("gpus"), memory, given.pop("time"), chunks)
    written = write_array_job(pack, Options(**given), needs, file)
    click.echo(f"{written.file}: {plural(tasks, 'worker')} for {plural(written.left, 'job')}")
    click.echo(f"next: sbatch {written.file}")
