"""What `harness work` shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from harness.errors import plural
from harness.terminal.console import print_line

if TYPE_CHECKING:
    from harness.working import Worked


def print_worked(worked: Sequence[Worked], console: Console) -> None:
    """Print for each pack what this process did, what could not be done and why, and what is left."""
    for pack in worked:
        left = f", {plural(pack.left, 'job')} left" if pack.left else ""
        print_line(console, f"{pack.name}: {plural(len(pack.done), 'job')} done here{left}")
        for job, missing in pack.missing:
            print_line(console, f"  {job.verb} {job.name}: {missing.sentence}")
