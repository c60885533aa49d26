"""Lets one process at a time write a folder."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from harness.files import UnfitError, open_regular

PATIENCE = 1.0
"""Seconds after which a lock file that is still empty belongs to no harness: one is empty only while it is made."""
_OWNER = re.compile(rb"[1-9][0-9]{0,9}")
"""What a lock file of ours holds: the number of a process and nothing else."""
_LONGEST = 16


class InUseError(Exception):
    """Another process holds the lock."""

    def __init__(self, owner: str) -> None:
        super().__init__(f"process {owner}")
        self.owner = owner


@contextmanager
def hold(file: Path) -> Iterator[None]:
    """Hold a lock file while the block runs; its text is the number of the process that holds it.

    The system releases the lock when the process ends, however it ends; a file that a killed process left is taken
    over. A file of other origin is neither changed nor removed. The folder the file is in must be there.

    Raises:
        InUseError: at once, if another process holds it.
        UnfitError: if a link, a file of other origin, or anything else but a lock file has this name.
        OSError: if the file cannot be written, or its disk has no locks.
    """
    handle = _take(file)
    with handle:
        try:
            yield
        finally:
            if _still_there(handle, file):
                file.unlink(missing_ok=True)


def _take(file: Path) -> BinaryIO:
    """Return the file, open and locked, with our number in it."""
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
                file.unlink(missing_ok=True)  # the disk may be full: an empty lock file would belong to nobody
            handle.close()
            raise
        handle.close()
        time.sleep(0.01)


def _is_ours(handle: BinaryIO, file: Path, made: os.stat_result | None, deadline: float) -> bool:
    """Lock the file; return whether it is ours now, false if that is to be tried again.

    Raises:
        InUseError: if another process has it.
        UnfitError: if it is of other origin.
    """
    locked = _lock(handle)
    if not _still_there(handle, file):  # its last owner removed it meanwhile: we would hold what nobody sees
        return False
    owner = handle.read(_LONGEST)
    if not owner and made is not None and os.path.samestat(made, os.fstat(handle.fileno())):
        return locked  # else another process looks at what we have just made, and lets go of it
    if not _OWNER.fullmatch(owner):
        if owner or time.monotonic() > deadline:
            raise UnfitError(errno.EEXIST, "expected a lock file of harness, found a file of other origin", str(file))
        return False
    if not locked:
        raise InUseError(owner.decode())
    return True


def _opened(file: Path) -> tuple[BinaryIO, bool]:
    """Return the file, open, and whether it was made now."""
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
    """Put our number in place of the last owner's; the file is never empty in between."""
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
