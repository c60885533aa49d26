"""Keeps fetched files for the next time; never replaces a file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def keep(file: Path, content: bytes) -> bool:
    """Write a file in one step, unless something of that name is there; return whether it was written.

    A folder that cannot be written is no error: the fetched file can still be used.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{file.name}-", dir=file.parent) as beside:
            fresh = Path(beside) / file.name
            with fresh.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            try:
                file.hardlink_to(fresh)  # unlike a rename, never replaces a file its owner may want
            except FileExistsError:
                return False
            except OSError:  # some file systems know no hard links
                _move(fresh, file)
    except OSError:
        return False
    return True


def _move(fresh: Path, file: Path) -> None:
    """Put a file where none is: an empty file is created first, and only that one is replaced.

    Raises:
        OSError: if the place is not free, or cannot be written.
    """
    file.open("xb").close()
    try:
        fresh.replace(file)
    except OSError:
        file.unlink()
        raise
