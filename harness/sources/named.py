"""Finds a file by its name and SHA-256 in the folders of data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.files import read_regular
from harness.paths import is_file
from harness.sources import Unsound, printable

SHA1 = 40
"""Hexadecimal digits of a SHA-1."""


def read(path: Path, most: int) -> bytes:
    """Return the content of a file.

    Args:
        path: the file; a symbolic link is followed.
        most: size in bytes beyond which it is refused.

    Raises:
        FileNotFoundError: if there is no such file.
        Unsound: if it cannot be read; says which file and why.
    """
    try:
        return read_regular(path, most)
    except (FileNotFoundError, NotADirectoryError):
        if path.is_symlink():
            raise Unsound(f"{path} is a broken link") from None
        raise FileNotFoundError(path) from None
    except OSError as error:
        raise Unsound(f"{path} cannot be read: {error.strerror or printable(error)}") from error


def check(content: bytes, digest: str) -> None:
    """Accept a file by its SHA-256 alone, or by its SHA-1, whose hexadecimal digits are fewer.

    Raises:
        Unsound: if it has another.
    """
    name = _named(digest)
    found = hashlib.new(name.replace("-", "").lower(), content).hexdigest()
    if found != digest:
        raise Unsound(f"has the {name} {found}, expected {digest}")


def _named(digest: str) -> str:
    return "SHA-1" if len(digest) == SHA1 else "SHA-256"


def find_file(
    names: Sequence[str], digest: str, folders: Iterable[Path], most: int, troubles: list[str]
) -> tuple[Path, bytes] | None:
    """Return the first file that has one of these names and the digest, and what it holds; None where there is none.

    Args:
        names: of the file, relative to the folders.
        digest: SHA-256 of its bytes, or their SHA-1.
        folders: where to look, in order.
        most: size in bytes beyond which a file is refused.
        troubles: receives what is wrong with each file that is passed over.
    """
    for folder in _folders(folders, troubles):
        for path in (folder / name for name in names):
            try:
                content = read(path, most)
            except FileNotFoundError:
                continue
            except Unsound as trouble:
                troubles.append(str(trouble))
                continue
            try:
                check(content, digest)
            except Unsound as trouble:
                troubles.append(f"{path} {trouble}")
            else:
                return path, content
    return None


def found_in(name: str, folders: Iterable[Path], troubles: list[str]) -> Iterator[Path]:
    """Yield each path in the folders that has a name, be it a file's or a folder's; arguments as of ``find_file``."""
    for folder in _folders(folders, troubles):
        path = folder / name
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError):
            if path.is_symlink():
                troubles.append(f"{path} is a broken link")
        except OSError as error:
            troubles.append(f"{path} cannot be read: {error.strerror or printable(error)}")
        else:
            yield path


def missing(file: str, digest: str, folders: Sequence[Path], troubles: Sequence[str]) -> str:
    """Say that a file is nowhere, what was passed over, and how to repair that."""
    return nowhere(f"file {file} with the {_named(digest)} {digest}", folders, troubles)


def nowhere(what: str, folders: Sequence[Path], troubles: Sequence[str]) -> str:
    """Say the same of a file or a folder that is described."""
    looked = ", ".join(map(str, folders)) or "no folder (none was given)"
    passed_over = f" ({'; '.join(troubles)})" if troubles else ""
    return (
        f"no {what} in {looked}{passed_over}; "
        f"put the {what.split(maxsplit=1)[0]} into one of these folders, or name its folder with --data-dir or HARNESS_DATA_DIR"
    )


def _folders(folders: Iterable[Path], troubles: list[str]) -> Iterator[Path]:
    for folder in folders:
        if is_file(folder):
            troubles.append(f"{folder} is a file; name its folder")
        else:
            yield folder
