"""Writes a file atomically: even after a crash, a reader sees the old or the new content, never a part of it."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def draft(file: Path, *, durable: bool = True) -> Iterator[Path]:
    """Yield an empty file on the same disk; when the block ends, it replaces the file.

    If the block raises, or removes the draft, the file does not change. A symbolic link with the file's name is
    replaced; its target does not change.

    Args:
        file: the file to replace.
        durable: whether the new content must be on the disk before the old content is replaced; false if a loss does
            not matter.

    Raises:
        OSError: if the draft cannot be created, or cannot replace the file.
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
    """Replace a file's content atomically; see ``draft``."""
    with draft(file, durable=durable) as path:
        path.write_bytes(content)


def remove_drafts(folder: Path, names: Iterable[str], *, of_the_living: bool) -> None:
    """Remove the drafts that killed processes left; follows no link and removes no other file.

    Args:
        folder: their folder.
        names: the names of the files that they should replace.
        of_the_living: whether to also remove drafts with the ids of running processes: the caller has the lock, so
            these ids were reused.
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
