"""Writes new files; overwrites nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.errors import UsageError

SCHEMAS = Path("schemas")
"""Default folder of `harness schema`, and the folder of schemas that new packs name."""


def write_new(folder: Path, texts: Mapping[str, str], what: str) -> list[Path]:
    """Write files into a new or an empty folder; overwrite nothing.

    Args:
        folder: made if it does not exist.
        texts: path within the folder -> text.
        what: a word for the files, for the error.

    Returns:
        The files written.

    Raises:
        UsageError: if the folder is not empty, or cannot be written to.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder}: expected a new or an empty folder, found one that is not empty; name another")
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            # Mode "x": a file that appears meanwhile is not overwritten.
            with (folder / name).open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise UsageError(f"{folder}: no {what} can be written here: {error.strerror or error}") from error
    return [folder / name for name in texts]
