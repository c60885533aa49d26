"""Progress of jobs in a terminal: bars with the time remaining, or plain lines when piped."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from harness.durations import duration
from harness.examples import Watch
from harness.run.display import Display, Took

AS_WRITTEN: dict[str, Any] = {"markup": False, "emoji": False, "highlight": False, "soft_wrap": True}
"""Options to print a text that may hold a path or a command: without markup, and no line is broken."""
PLAIN_EVERY = 15.0
"""Seconds between two plain lines about one job."""


class PlainLines:
    """Shows progress as plain lines: one for each job, and one every quarter minute of a long one."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def total(self, seconds: float) -> None:
        """Print how long it should take."""
        self._print(f"at most about {duration(seconds)} of work")

    def job(self, title: str, seconds: float) -> Watch:
        """Print the title; return a watch that prints a line every quarter minute."""
        self._print(f"{title} …")
        last = time.monotonic()

        def watch(done: float, note: str) -> None:
            nonlocal last
            if time.monotonic() - last >= PLAIN_EVERY:
                last = time.monotonic()
                self._print(f"{title} … {done:.0%} {note}")

        return watch

    def done(self, title: str, took: Took, expected: float) -> None:
        """Print how long the job took, where it was long enough to matter."""
        if took.seconds >= 1:
            compiling = f", {duration(took.compiling)} of it to compile" if took.compiling >= 1 else ""
            self._print(f"{title} took {duration(took.seconds)}{compiling}")

    def say(self, sentence: str) -> None:
        """Print the sentence."""
        self._print(sentence)

    def _print(self, text: str) -> None:
        self.console.print(text, **AS_WRITTEN)


class ProgressBars:
    """Shows two bars: one for the whole plan, weighted by expected seconds, and one for the current job."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.whole = progress.add_task("whole", total=None)
        self.now = progress.add_task("", total=1.0, visible=False)

    def total(self, seconds: float) -> None:
        """Set the length of the bar."""
        self.progress.update(self.whole, total=max(seconds, 1e-9))

    def job(self, title: str, seconds: float) -> Watch:
        """Show a second bar for the job."""
        start = self.progress.tasks[self.whole].completed
        self.progress.reset(self.now, description=title, total=1.0, visible=True)

        def watch(done: float, note: str) -> None:
            description = f"{title} {note}" if note else title
            self.progress.update(self.now, completed=done, description=description)
            self.progress.update(self.whole, completed=start + done * seconds)

        return watch

    def done(self, title: str, took: Took, expected: float) -> None:
        """Fill the job's share of the bar."""
        self.progress.update(self.now, visible=False)
        share = self.progress.tasks[self.whole]
        self.progress.update(
            self.whole, completed=max(share.completed, min(share.completed + expected, share.total or 0))
        )

    def say(self, sentence: str) -> None:
        """Print the sentence above the bars."""
        self.progress.console.print(sentence, **AS_WRITTEN)


@contextmanager
def display(console: Console) -> Iterator[Display]:
    """Show bars on a terminal and plain lines elsewhere."""
    if not console.is_terminal:
        yield PlainLines(console)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield ProgressBars(progress)
