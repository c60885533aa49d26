"""Lets one process at a time write a folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


class InUseError(Exception):
    """Another process holds the lock."""

    def __init__(self, owner: str) -> None:
        super().__init__(f"process {owner}")
        self.owner = owner


@contextmanager
def hold(file: Path) -> Iterator[None]:
    """Hold a lock file while the block runs; its text is the number of the process that holds it.

    The system lets go of the lock when the process ends, however it ends; a file that a killed process left is taken
    over. The folder the file is in must be there.

    Raises:
        InUseError: at once, if another process holds it.
        OSError: if the file cannot be written, or its disk knows no locks.
    """
    handle = _take(file)
    with handle:
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


def _take(file: Path) -> TextIO:
    """Return the file, open and locked."""
    while True:
        handle = file.open("a+")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _still_there(handle, file):
                handle.truncate(0)
                handle.write(str(os.getpid()))
                handle.flush()
                return handle
        except BlockingIOError as error:
            handle.seek(0)
            owner = handle.read().strip() or "unknown"
            handle.close()
            raise InUseError(owner) from error
        except OSError:
            handle.close()
            raise
        handle.close()  # its last owner removed it between our opening and locking it: we locked what nobody sees


def _still_there(handle: TextIO, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle.fileno()), file.stat())
    except FileNotFoundError:
        return False
