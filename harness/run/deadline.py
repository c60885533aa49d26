"""The time limit, over all packs of one invocation."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass
class Deadline:
    """Refuses jobs that would exceed the time limit.

    Attributes:
        at: ``time.monotonic()`` after which no job is started; None for no limit.
        worked: whether any job was done. The first job is always started, even after the limit, so that every
            invocation makes progress.
    """

    at: float | None = None
    worked: bool = False

    @classmethod
    def after(cls, seconds: float | None) -> Deadline:
        """Return the deadline this many seconds from now; None means no limit, 0 that no job is started."""
        return cls() if seconds is None else cls(time.monotonic() + seconds, worked=seconds <= 0)

    @property
    def is_over(self) -> bool:
        """Whether the limit has passed."""
        return self.left == 0

    @property
    def left(self) -> float | None:
        """Seconds until the limit, at least 0; None for no limit."""
        return None if self.at is None else max(0.0, self.at - time.monotonic())

    def refuses(self, expected: float) -> bool:
        """Whether a job with this expected duration in seconds must not be started."""
        if self.at is None:
            return False
        left = self.at - time.monotonic()
        return self.worked and (left <= 0 or expected > left)
