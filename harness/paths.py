"""Paths as a user writes them: expands ``~``, finds the home folder, says why a path cannot be used."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import UsageError


def home() -> Path | None:
    """Return the user's home folder; None if neither HOME nor the passwd file names one."""
    try:
        return Path.home()
    except RuntimeError:
        return None


@contextmanager
def homed() -> Iterator[None]:
    """Without a home folder, set HOME to one that cannot be written; else libraries create a folder named ``~``."""
    if home() is not None:
        yield
        return
    os.environ["HOME"] = "/nonexistent"
    try:
        yield
    finally:
        del os.environ["HOME"]


def keras_home() -> Path | None:
    """Return the folder of Keras' settings and downloads, KERAS_HOME or ``~/.keras``; None without a home."""
    named = os.environ.get("KERAS_HOME")
    if named:
        return Path(named)
    folder = home()
    return None if folder is None else folder / ".keras"


def expanded(path: str | Path) -> Path:
    """Return a path with a leading ``~`` or ``~name`` expanded, as a shell does.

    Raises:
        UsageError: if it begins with ``~`` and there is no home folder.
    """
    text = str(path)
    if (text == "~" or text.startswith("~/")) and home() is None:
        raise UsageError(f"{text}: there is no home folder (HOME is not set); write the full path")
    return Path(os.path.expanduser(text))  # noqa: PTH111  Path.expanduser fails for the name of no user


def is_file(path: Path) -> bool:
    """Whether a path leads to something other than a folder; False if it cannot be read."""
    try:
        return path.exists() and not path.is_dir()
    except OSError:
        return False


ABSENT = "does not exist"
"""The result of ``trouble`` for a path that does not exist."""


def trouble(path: Path) -> str:
    """Return why a path does not lead to a file or folder, as the predicate of a sentence; empty if it does."""
    try:
        path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "is a circular link"
        if error.errno not in {errno.ENOENT, errno.ENOTDIR}:
            return f"cannot be read: {error.strerror or error}"
        return f"is a broken link: {path.readlink()} does not exist" if path.is_symlink() else ABSENT
    return ""


def listed_paths(paths: object) -> list[Path]:
    """Return one path, or several, as expanded paths.

    Raises:
        UsageError: for a value that is not a path.
    """
    several = [paths] if isinstance(paths, str | Path) else paths
    if not isinstance(several, Iterable):
        raise UsageError(f"expected a path or a list of paths, found {paths!r:.80}")
    found = list(several)
    for path in found:
        if not isinstance(path, str | Path):
            raise UsageError(f"expected a path, found {path!r:.80}")
    return [expanded(path) for path in found]
