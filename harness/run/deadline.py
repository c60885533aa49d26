"""How long may still be worked, over all packs of one invocation."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass
class Deadline:
    """Refuses jobs that would outlast the time.

    Attributes:
        at: ``time.monotonic()`` after which no job is begun; None for no limit.
        worked: whether any job was done; the first is begun however long it may take, even where reading the data
            took all the time, so that every call gets on.
    """

    at: float | None = None
    worked: bool = False

    @classmethod
    def after(cls, seconds: float | None) -> Deadline:
        """Return the deadline so many seconds from now; None for no limit, and with none at all no job is begun."""
        return cls() if seconds is None else cls(time.monotonic() + seconds, worked=seconds <= 0)

    def refuses(self, expected: float) -> bool:
        """Whether a job expected to take so many seconds must wait for another time."""
        if self.at is None:
            return False
        left = self.at - time.monotonic()
        return self.worked and (left <= 0 or expected > left)
