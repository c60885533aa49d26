"""Counts this process's seconds of compilation: the engine adds to them, the executor reads them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


class Stopwatch:
    """Sums the seconds of calls that compile a program.

    Attributes:
        seconds: total duration of calls that traced and compiled a program. On TensorFlow they include the first run of
            that program, during which XLA compiles it.
        programs: number of such calls.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.programs = 0
        self._running = False

    def timing(self, compiled: Callable[..., Any], traced: Callable[[], int]) -> Callable[..., Any]:
        """Return a function that adds its seconds if it compiles.

        Args:
            compiled: a function that the backend compiles when it is called with new shapes.
            traced: returns the number of traces so far.
        """

        def call(*args: Any) -> Any:
            before, start = traced(), time.perf_counter()
            nested, self._running = self._running, True
            try:
                return compiled(*args)
            finally:
                self._running = nested
                if traced() != before and not nested:
                    self.seconds += time.perf_counter() - start
                    self.programs += 1

        return call


STOPWATCH = Stopwatch()
"""The counter of this process."""
