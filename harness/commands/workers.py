"""The commands by which several processes work on one plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.commands.options import (
    CONTEXT,
    console_out,
    discover_kinds,
    with_budget,
    with_data_dir,
    with_device,
    with_paths,
    with_patterns,
    with_readings,
    with_runs,
    with_status,
    with_store,
    with_time_limit,
)


@click.command(context_settings=CONTEXT)
@with_paths
@with_patterns
@with_budget
@with_runs
@with_readings
@with_data_dir
@with_device
@with_store
@with_time_limit
@click.option("--parent", type=int, hidden=True, help="Process that started this one, and at whose end it stops.")
@with_status
def work(paths: tuple[Path, ...], *, parent: int | None, **given: Any) -> int:
    """Do jobs of packs beside other processes, until none is left.

    Any number of these, on one machine or on several that share the folder --store, share the jobs out among themselves. A
    job whose process dies is taken by another. Nothing is judged: `harness verify` with the same options does that
    afterwards, from what is stored. Ends with 4 where a job could not be done. PATHS are packs or folders of packs (default:
    specs).
    """
    from harness.prepared import Options  # noqa: PLC0415
    from harness.terminal.progress import display  # noqa: PLC0415
    from harness.terminal.workers import print_worked  # noqa: PLC0415
    from harness.working import work as run  # noqa: PLC0415

    discover_kinds()
    console = console_out()
    with display(console) as shown:
        worked = run(paths or ("specs",), Options(**given), shown, parent)
    if parent is None:
        print_worked(worked, console)
    if any(pack.interrupted for pack in worked):
        return 130
    return 4 if any(pack.missing or pack.left for pack in worked) else 0
