"""What the executor tells while it works, and to whom."""

from __future__ import annotations

from typing import Protocol

from harness.examples import Watch, unwatched


class Display(Protocol):
    """What the executor tells while it works."""

    def total(self, seconds: float) -> None:
        """Say how many seconds of work are expected in all."""

    def job(self, title: str, seconds: float) -> Watch:
        """Announce a job expected to take so many seconds; return its watch."""

    def done(self, title: str, seconds: float, expected: float) -> None:
        """Say that a job ended after so many seconds."""

    def say(self, sentence: str) -> None:
        """Show a sentence the user must not miss."""


class Quiet:
    """Shows nothing but remembers nothing either; for the Python API and tests."""

    def total(self, seconds: float) -> None:
        """Ignore."""

    def job(self, title: str, seconds: float) -> Watch:
        """Ignore the job's progress."""
        return unwatched

    def done(self, title: str, seconds: float, expected: float) -> None:
        """Ignore."""

    def say(self, sentence: str) -> None:
        """Ignore."""
