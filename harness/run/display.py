"""The interface through which progress is shown."""

from __future__ import annotations

from typing import Protocol

from harness.examples import Watch, unwatched


class Display(Protocol):
    """Shows progress while jobs are executed."""

    def total(self, seconds: float) -> None:
        """Show how many seconds of work are expected in all."""

    def job(self, title: str, seconds: float) -> Watch:
        """Show that a job begins that is expected to take so many seconds; return its watch."""

    def done(self, title: str, seconds: float, expected: float) -> None:
        """Show that a job ended after so many seconds."""

    def say(self, sentence: str) -> None:
        """Show a sentence that is not about progress."""


class Quiet:
    """Shows nothing; the default of the Python API."""

    def total(self, seconds: float) -> None:
        """Ignore."""

    def job(self, title: str, seconds: float) -> Watch:
        """Ignore the job's progress."""
        return unwatched

    def done(self, title: str, seconds: float, expected: float) -> None:
        """Ignore."""

    def say(self, sentence: str) -> None:
        """Ignore."""
