"""Opens regular files of limited size, and creates folders, whatever else may be at a path."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from io import BufferedRandom, BufferedReader
from pathlib import Path

PIECE = 2**20
"""Bytes per read, so that a file that grows, or hides its size, takes no more memory than its limit."""
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}


class UnfitError(OSError):
    """A path that must not be opened: a folder, FIFO, socket or device, a forbidden link, or too large a file.

    An ``OSError``, so that code that reports unreadable files also reports this; ``strerror`` says what was
    expected and what was found, ``errno`` is EFBIG for too large a file.
    """


def open_regular(
    path: Path, flags: int = os.O_RDONLY, *, most: int | None = None, follow: bool = True
) -> BufferedReader | BufferedRandom:
    """Open a regular file and nothing else, without waiting, because opening a FIFO could block forever.

    Args:
        path: the file.
        flags: of ``os.open``: read, or read and write, and whether to create the file.
        most: largest size accepted, in bytes.
        follow: whether the path may be a symbolic link; false for harness's own files, which are never links.

    Raises:
        UnfitError: if it is not a regular file, or is larger than ``most``.
        OSError: if it cannot be opened.
    """
    with contextlib.suppress(FileNotFoundError):  # opening a device may have effects: check first
        _check(path, path.stat(follow_symlinks=follow), most)
    nofollow = 0 if follow else os.O_NOFOLLOW
    handle = os.open(path, flags | nofollow | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0o644)
    try:
        _check(path, os.fstat(handle), most)
        return os.fdopen(handle, "r+b") if flags & os.O_RDWR else os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_regular(path: Path, most: int, *, follow: bool = True) -> bytes:
    """Return the content of a regular file.

    Args:
        path: the file.
        most: largest size accepted, in bytes; checked while reading too.
        follow: whether it may be a symbolic link.

    Raises:
        OSError: as ``open_regular``.
    """
    content = bytearray()
    with open_regular(path, most=most, follow=follow) as file:
        while piece := file.read(PIECE):
            content += piece
            if len(content) > most:
                raise _too_large(path, most, len(content))
    return bytes(content)


def make_folder(path: Path, *, below: Path | None = None) -> None:
    """Create a folder and its parents, unless it exists.

    Args:
        path: the folder; it and its parents may be links to folders.
        below: a parent below which links are refused, because they would lead to files of others.

    Raises:
        UnfitError: if something else is in the way; its ``filename`` says what.
        OSError: if it cannot be created.
    """
    folders = [path, *path.parents]
    for folder in folders[: folders.index(below)] if below is not None else ():
        if folder.is_symlink():
            raise UnfitError(errno.ENOTDIR, "expected a folder, found a symbolic link", str(folder))
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        for folder in reversed(folders):
            if os.path.lexists(folder) and not folder.is_dir():
                found = _found(folder)
                raise UnfitError(errno.ENOTDIR, f"expected a folder, found {found}", str(folder)) from error
        raise


def _found(path: Path) -> str:
    """Return what is at a path, and the target of a link."""
    link = path.is_symlink()
    try:
        kind = _KINDS.get(stat.S_IFMT(path.stat().st_mode), "a file")
    except FileNotFoundError:
        kind = "nothing"
    except OSError:
        kind = "itself"
    if not link:
        return kind
    return "a broken link" if kind == "nothing" else f"a link to {kind}"


def _check(path: Path, status: os.stat_result, most: int | None) -> None:
    if not stat.S_ISREG(status.st_mode):
        found = _KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        raise UnfitError(errno.EINVAL, f"expected a regular file, found {found}", str(path))
    if most is not None and status.st_size > most:
        raise _too_large(path, most, status.st_size)


def _too_large(path: Path, most: int, found: int) -> UnfitError:
    return UnfitError(errno.EFBIG, f"expected at most {most:,} bytes, found {found:,}", str(path))
