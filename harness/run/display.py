"""The interface through which progress is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from harness.examples import Watch, unwatched


class Took(NamedTuple):
    """The duration of a job.

    Attributes:
        seconds: total seconds.
        compiling: of these, seconds of compilation, as ``harness/compiling.py`` counts them.
    """

    seconds: float
    compiling: float = 0.0


class Display(Protocol):
    """Shows progress while jobs are executed."""

    def total(self, seconds: float) -> None:
        """Show the total expected seconds of work."""

    def job(self, title: str, seconds: float) -> Watch:
        """Show that a job starts, with its expected seconds; return its watch."""

    def done(self, title: str, took: Took, expected: float) -> None:
        """Show that a job ended and how long it took."""

    def say(self, sentence: str) -> None:
        """Show a sentence that is not about progress."""


class Quiet:
    """Shows nothing; the default of the Python API."""

    def total(self, seconds: float) -> None:
        """Ignore."""

    def job(self, title: str, seconds: float) -> Watch:
        """Ignore the job's progress."""
        return unwatched

    def done(self, title: str, took: Took, expected: float) -> None:
        """Ignore."""

    def say(self, sentence: str) -> None:
        """Ignore."""


@dataclass
class RememberingDisplay(Quiet):
    """Collects the messages that a user must not miss."""

    sentences: list[str] = field(default_factory=list)

    def say(self, sentence: str) -> None:
        """Keep it."""
        self.sentences.append(sentence)
