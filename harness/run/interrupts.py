"""Handles Ctrl-C (SIGINT), SIGTERM and SIGHUP (a closed terminal): work stops when no file is partly written."""

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
"""Signals within this many seconds count as one: ``timeout`` signals a process and then its whole group."""


class Interrupts:
    """A context that raises KeyboardInterrupt on a signal, at once or after the current write.

    An ignored signal stays ignored (``nohup``, background jobs). Outside the main thread nothing is changed.

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
        """Raise if a signal came, because called code may have caught the KeyboardInterrupt.

        Raises:
            KeyboardInterrupt: if a signal came.
        """
        if self.received:
            raise KeyboardInterrupt

    @contextmanager
    def finishing(self) -> Iterator[None]:
        """Finish the block (a short write) despite any number of signals; stop after it.

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
        """Finish the block, which writes the report, despite a first signal; a second signal stops at once."""
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
