"""Ends a child process with its parent, however that ends: the parent holds the other end of the child's input."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def tether() -> Iterator[int]:
    """Yield what is to be the standard input of a child; the system closes it when this process is killed."""
    child, parent = os.pipe()
    try:
        yield child
    finally:
        os.close(child)
        os.close(parent)


def end_with_parent(target: Path) -> None:
    """In the child: end, and remove the half-written target, as soon as the parent is gone."""
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        threading.Thread(target=_wait, args=(target,), daemon=True).start()


def _wait(target: Path) -> None:
    os.read(0, 1)
    target.unlink(missing_ok=True)
    os._exit(1)
