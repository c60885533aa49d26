"""Child processes that exit with their parent, however it ends: the child's standard input is a pipe from the parent."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def child_stdin() -> Iterator[int]:
    """Yield a file descriptor for the standard input of a child; the system closes the pipe if this process is killed."""
    child, parent = os.pipe()
    try:
        yield child
    finally:
        os.close(child)
        os.close(parent)


def exit_with_parent(target: Path) -> None:
    """In the child: remove the partial target and exit as soon as the parent has exited."""
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        threading.Thread(target=_wait, args=(target,), daemon=True).start()


def _wait(target: Path) -> None:
    os.read(0, 1)  # nothing is ever written: this returns at end of file, when the parent's end is closed
    target.unlink(missing_ok=True)
    os._exit(1)
