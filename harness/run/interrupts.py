"""Handles Ctrl-C (SIGINT), SIGTERM, and SIGHUP of a terminal that closes: they end the work where nothing is half-written."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ONE_STROKE = 0.3
"""Signals this close in seconds are one: ``timeout`` sends SIGTERM to a process and then to its whole group."""


class Interrupts:
    """While entered, raises KeyboardInterrupt on a signal, at once or as soon as a write is finished.

    A signal that is ignored stays ignored (``nohup``, background jobs); outside the main thread nothing is changed.

    Attributes:
        received: number of signals.
    """

    def __init__(self) -> None:
        self.received = 0
        self._last = float("-inf")
        self._patience = 0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        while self._before:
            signal.signal(*self._before.popitem())

    def raise_if_interrupted(self) -> None:
        """Raise if a signal came: code that was called may have caught the KeyboardInterrupt.

        Raises:
            KeyboardInterrupt: if a signal came.
        """
        if self.received:
            raise KeyboardInterrupt

    @contextmanager
    def finishing(self) -> Iterator[None]:
        """Finish the block, a short write, on any number of signals; stop after it.

        Raises:
            KeyboardInterrupt: after the block, if a signal came while it ran.
        """
        before = self.received
        with self._patient(2**31):
            yield
        if self.received > before:
            raise KeyboardInterrupt

    @contextmanager
    def concluding(self) -> Iterator[None]:
        """Finish the block, which writes the report, after a first signal, before or in it; a second one stops at once."""
        with self._patient(1):
            yield

    @contextmanager
    def _patient(self, patience: int) -> Iterator[None]:
        outer, self._patience = self._patience, max(patience, self._patience)
        try:
            yield
        finally:
            self._patience = outer

    def _hear(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self._last < ONE_STROKE:
            return
        self._last = now
        self.received += 1
        if self.received > self._patience:
            raise KeyboardInterrupt
