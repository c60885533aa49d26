"""Data folders a data set is given, and where the splits it returns came from (``DataFolders``, ``Fetched``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

from harness.examples import Examples


class DataFolders(tuple[Path, ...]):  # noqa: SLOT001  a tuple has no slots to keep an attribute in
    """Folders to look for data in, in order.

    Attributes:
        keep: harness's own folder for what was fetched; None where nothing is to be kept.
    """

    keep: Path | None

    def __new__(cls, folders: Iterable[Path] = (), keep: Path | None = None) -> Self:
        """Return the folders, and where to keep."""
        made = super().__new__(cls, tuple(folders))
        made.keep = keep
        return made


def kept_by(folders: tuple[Path, ...]) -> Path | None:
    """Return harness's own folder for what was fetched; None where nothing is to be kept."""
    return folders.keep if isinstance(folders, DataFolders) else None


class Fetched(dict[str, Examples]):
    """The splits of a data set, and how they were had.

    Attributes:
        origin: where they came from, without a path of this machine: the record keeps it.
        notes: what the user should see: the place, and the files that were passed over.
    """

    def __init__(self, splits: Mapping[str, Examples], origin: str, notes: Iterable[str] = ()) -> None:
        super().__init__(splits)
        self.origin = origin
        self.notes = tuple(notes)
