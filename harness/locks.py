"""Lock files: only one process at a time writes to a folder."""

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
"""Seconds after which an empty, unlocked lock file counts as left by a process that was killed while creating it."""
_OWNER = re.compile(rb"[1-9][0-9]{0,9}")
"""Content of a lock file: only a process id."""
_LONGEST = 16


class InUseError(Exception):
    """Another process has the lock."""

    def __init__(self, owner: str) -> None:
        super().__init__(f"process {owner}")
        self.owner = owner


@contextmanager
def hold(file: Path) -> Iterator[None]:
    """Lock a file while the block runs; it contains the id of the process that has the lock.

    The operating system releases the lock when the process ends in any way; the file of a killed process is reused.
    A file that is not a lock file is neither changed nor removed. The file's folder must exist.

    Raises:
        InUseError: at once, if another process has the lock.
        UnfitError: if a link, or anything except a lock file, has this name.
        OSError: if the file cannot be written, or its file system has no locks.
    """
    handle = _take(file)
    with handle:
        try:
            yield
        finally:
            with suppress(OSError):  # the lock ends with the handle; the next process reuses the file
                if _still_there(handle, file):
                    file.unlink(missing_ok=True)


def _take(file: Path) -> BinaryIO:
    """Return the file, open and locked, with this process's id in it."""
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
    """Lock the file; return whether this process has it now; if not, try again.

    Raises:
        InUseError: if another process has the lock.
        UnfitError: if it is not a lock file.
    """
    locked = _lock(handle)
    if not _still_there(handle, file):  # its last owner has just removed it: the locked file has no name
        return False
    owner = handle.read(_LONGEST)
    if not owner and made is not None and os.path.samestat(made, os.fstat(handle.fileno())):
        return locked  # not locked: another process has just opened this new file, and will close it again
    if owner and not _OWNER.fullmatch(owner):
        raise UnfitError(
            errno.EEXIST, "expected a lock file of harness, found a file that harness did not write", str(file)
        )
    if not owner and time.monotonic() <= deadline:
        return False  # another process is creating it
    if not locked:
        raise InUseError(owner.decode() or "that has just begun")
    return True


def _opened(file: Path) -> tuple[BinaryIO, bool]:
    """Return the open file, and whether this call created it."""
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
    """Lock the file unless another process has locked it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(handle: BinaryIO) -> None:
    """Overwrite the last owner's process id with this process's; the file is never empty in between."""
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
