"""Writes a file atomically: a reader, also after a crash, sees the old content or the new, never a part of it."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def draft(file: Path, *, durable: bool = True) -> Iterator[Path]:
    """Yield an empty file to write to, on the same disk; when the block ends, it takes the file's place.

    If the block raises, or removes the draft, the file stays as it is. A symbolic link of the file's name is replaced;
    what it points to stays as it is.

    Args:
        file: the file to replace.
        durable: whether the new content must be on the disk before the old one goes; false where losing it costs nothing.

    Raises:
        OSError: if the draft cannot be made, or cannot take the file's place.
    """
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.{os.getpid()}.", suffix=".partial", dir=file.parent)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            path.chmod(0o644)
            yield path
            if durable:
                os.fsync(stream.fileno())
        with suppress(FileNotFoundError):
            path.replace(file)
    finally:
        with suppress(OSError):
            path.unlink()


def replace_file(file: Path, content: bytes, *, durable: bool = True) -> None:
    """Put content in a file's place in one step; see ``draft``."""
    with draft(file, durable=durable) as path:
        path.write_bytes(content)


def remove_drafts(folder: Path, names: Iterable[str], *, of_the_living: bool) -> None:
    """Remove the drafts that killed processes left; no link is followed and no other file removed.

    Args:
        folder: the folder they are in.
        names: of the files they were to replace.
        of_the_living: whether to remove the drafts of running processes too: the caller has the lock, so those
            processes only have reused process ids.
    """
    ours = re.compile(rf"\.(?:{'|'.join(map(re.escape, names))})\.(\d{{1,10}})\.\w{{8}}\.partial")
    for path in folder.iterdir():
        found = ours.fullmatch(path.name)
        if found and path.is_file() and not path.is_symlink() and (of_the_living or not _is_alive(int(found[1]))):
            path.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
