"""Counts the seconds that this process has spent on compiling: the engine adds to them, the executor reads them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


class Stopwatch:
    """Adds up the seconds of calls that compile something.

    Attributes:
        seconds: spent so far on calls during which a program was traced and compiled. On TensorFlow they include the first
            run of that program, which XLA compiles within.
        programs: how many such calls there were.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.programs = 0
        self._running = False

    def timing(self, compiled: Callable[..., Any], traced: Callable[[], int]) -> Callable[..., Any]:
        """Return a function that adds its seconds where it compiles.

        Args:
            compiled: a function that the backend compiles when it is called with new shapes.
            traced: how often it has been traced.
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
"""That of this process."""
