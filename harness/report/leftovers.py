"""Partial files: a report is written to these first; those a killed process left are removed."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path


def partial(path: Path) -> Path:
    """Return a new, empty file beside a file, on the same disk; its name holds the process id of the writer."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.{os.getpid()}.", suffix=".partial", dir=path.parent)
    os.close(handle)
    Path(name).chmod(0o644)
    return Path(name)


def remove_partials(folder: Path, names: Iterable[str], *, all_of_them: bool) -> None:
    """Remove the partial files of a report; no link is followed and no other file removed.

    Args:
        folder: the report's.
        names: of the report's files.
        all_of_them: whether nobody else can be writing the report; else only what dead processes left.
    """
    ours = re.compile(rf"\.(?:{'|'.join(map(re.escape, names))})\.(\d{{1,10}})(?:\.\w{{8}})?\.partial")
    for path in folder.iterdir():
        found = ours.fullmatch(path.name)
        if found and path.is_file() and not path.is_symlink() and (all_of_them or not _is_alive(int(found[1]))):
            path.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
