"""The record file a report was made from: its path and checksum."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from harness.record.file import FILE, FOLDER


@dataclass(frozen=True)
class RecordFile:
    """A record file, as a report names it.

    Attributes:
        sha256: of the file; empty if there is none.
        path: within the report's folder, else absolute.
    """

    sha256: str = ""
    path: str = str(Path(FOLDER) / FILE)

    @property
    def inside(self) -> bool:
        """Whether the file is in the report's folder."""
        return not Path(self.path).is_absolute()


NO_FILE = RecordFile()
"""The value for a record that was not read from a file."""


def record_file(file: Path | None, folder: Path) -> RecordFile:
    """Return a record file as a report in a folder names it; ``NO_FILE`` for None and for a file that is gone."""
    if file is None or not file.is_file():
        return NO_FILE
    return RecordFile(hashlib.sha256(file.read_bytes()).hexdigest(), str(_path(file, folder)))


def _path(file: Path, folder: Path) -> Path:
    """Return a file's path within a folder, links left as they are; the absolute one where it is not in it."""
    found, home = file.absolute(), folder.absolute()
    if ".." not in found.parts and found.is_relative_to(home):
        return found.relative_to(home)
    found, home = file.resolve(), folder.resolve()
    return found.relative_to(home) if found.is_relative_to(home) else found
