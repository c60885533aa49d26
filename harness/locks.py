"""Lock files: one process at a time writes a folder."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from harness.files import UnfitError, open_regular

PATIENCE = 1.0
"""Seconds after which an empty lock file that nobody has locked was left by a process killed while it made it."""
_OWNER = re.compile(rb"[1-9][0-9]{0,9}")
"""Content of a lock file: a process id and nothing else."""
_LONGEST = 16


class InUseError(Exception):
    """Another process has the lock."""

    def __init__(self, owner: str) -> None:
        super().__init__(f"process {owner}")
        self.owner = owner


@contextmanager
def hold(file: Path) -> Iterator[None]:
    """Lock a file while the block runs; it holds the id of the process that has the lock.

    The system releases the lock when the process ends, however it ends; the file that a killed process left is reused.
    A file that is not a lock file is neither changed nor removed. The file's folder must exist.

    Raises:
        InUseError: at once, if another process has the lock.
        UnfitError: if a link, or anything else but a lock file, has this name.
        OSError: if the file cannot be written, or its disk has no locks.
    """
    handle = _take(file)
    with handle:
        try:
            yield
        finally:
            with suppress(OSError):  # the lock ends with the handle; the next process takes a file that is left
                if _still_there(handle, file):
                    file.unlink(missing_ok=True)


def _take(file: Path) -> BinaryIO:
    """Return the file, open and locked, with our process id in it."""
    deadline = time.monotonic() + PATIENCE
    made: os.stat_result | None = None
    while True:
        handle, is_new = _opened(file)
        try:
            made = os.fstat(handle.fileno()) if is_new else made
            if _is_ours(handle, file, made, deadline):
                _sign(handle)
                return handle
        except BaseException as error:
            if is_new and not isinstance(error, InUseError):
                file.unlink(missing_ok=True)  # the disk may be full: an empty lock file would block every process
            handle.close()
            raise
        handle.close()
        time.sleep(0.01)


def _is_ours(handle: BinaryIO, file: Path, made: os.stat_result | None, deadline: float) -> bool:
    """Lock the file; return whether it is ours now; if not, try again.

    Raises:
        InUseError: if another process has the lock.
        UnfitError: if it is not a lock file.
    """
    locked = _lock(handle)
    if not _still_there(handle, file):  # its last owner has just removed it: the lock would be on a file without a name
        return False
    owner = handle.read(_LONGEST)
    if not owner and made is not None and os.path.samestat(made, os.fstat(handle.fileno())):
        return locked  # not locked: another process has just opened our new file, and will close it again
    if owner and not _OWNER.fullmatch(owner):
        raise UnfitError(
            errno.EEXIST, "expected a lock file of harness, found a file that harness did not write", str(file)
        )
    if not owner and time.monotonic() <= deadline:
        return False  # it is being made
    if not locked:
        raise InUseError(owner.decode() or "that has just begun")
    return True


def _opened(file: Path) -> tuple[BinaryIO, bool]:
    """Return the file, open, and whether this call made it."""
    while True:
        try:
            return open_regular(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, follow=False), True
        except FileExistsError:
            pass
        try:
            return open_regular(file, os.O_RDWR, follow=False), False
        except FileNotFoundError:
            continue  # its owner has just removed it


def _lock(handle: BinaryIO) -> bool:
    """Lock the file unless another process has."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(handle: BinaryIO) -> None:
    """Write our process id over the last owner's; the file is never empty in between."""
    number = str(os.getpid()).encode()
    handle.seek(0)
    handle.write(number)
    handle.flush()
    handle.truncate(len(number))


def _still_there(handle: BinaryIO, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle.fileno()), file.lstat())
    except FileNotFoundError:
        return False
