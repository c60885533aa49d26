"""The commands with which several processes do the jobs of one plan."""

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
    help="Do pilot runs; `verify --pilot` with the same options records them afterwards.",
)
@click.option(
    "--parent", type=int, hidden=True, help="Process that started this one; this process stops when that one ends."
)
@click.option("--deaths", type=int, hidden=True, help="Skip a job after this many workers died while doing it.")
@with_status
def work(paths: tuple[Path, ...], *, parent: int | None, deaths: int | None, **given: Any) -> int:
    """Do jobs of packs together with other processes, until none is left.

    Any number of these processes share the jobs, on one machine or on several that share the folder --store. If a
    process dies, another takes its job. Nothing is judged: afterwards `harness verify` with the same options judges the
    stored results. Margins count as declared when the first of these processes started. The exit status is 3 if jobs
    are left after the time limit, else 4 if a job failed.
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
@click.option("-o", "file", type=PATH, metavar="FILE", help="Script to write (default: NAME.sbatch).")
@click.option("--tasks", type=click.IntRange(1, 10_000), default=4, show_default=True, help="Number of workers.")
@click.option("--cpus", type=click.IntRange(1, 1024), default=2, show_default=True, help="Processors of each worker.")
@click.option("--gpus", type=click.IntRange(0, 16), default=0, show_default=True, help="GPUs of each worker.")
@click.option("--memory", type=click.IntRange(1, 10_000), metavar="GIB", help="Memory of each worker.")
@click.option(
    "--time",
    callback=span,
    default="1h",
    show_default=True,
    metavar="TIME",
    help="Time limit of each worker, after which it is requeued.",
)
@click.option(
    "--chunks",
    type=click.IntRange(0, 10_000),
    default=48,
    show_default=True,
    help="Maximum number of times that each worker is requeued.",
)
@with_status
def slurm(
    pack: Path, *, file: Path | None, tasks: int, cpus: int, memory: int | None, chunks: int, **given: Any
) -> None:
    """Write an array job for Slurm whose tasks do one pack's jobs.

    Its tasks are workers (`harness work`). They share the jobs through the folder --store, to which all nodes need
    access. Each worker ends after --time and is requeued until no job is left. A comment in the script says how to
    write the report afterwards.
    """
    from harness.clusters import write_array_job  # noqa: PLC0415
    from harness.prepared import Options  # noqa: PLC0415
    from harness.run.slurm import Needs  # noqa: PLC0415

    discover_kinds()
    needs = Needs(tasks, cpus, given.pop("gpus"), memory, given.pop("time"), chunks)
    written = write_array_job(pack, Options(**given), needs, file)
    click.echo(f"{written.file}: {plural(tasks, 'worker')} for {plural(written.left, 'job')}")
    click.echo(f"next: sbatch {written.file}")
