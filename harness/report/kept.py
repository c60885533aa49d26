"""Where the record is that a report was made from, and the commands that name it there."""

from __future__ import annotations

import hashlib
import shlex
from dataclasses import dataclass
from pathlib import Path

from harness.record.file import FILE, FOLDER
from harness.shell import command

USUAL = (Path(FOLDER) / FILE, Path(FILE))
"""Places in a report's folder where its record is found without being named."""


@dataclass(frozen=True)
class Kept:
    """A record's file, as a report names it.

    Attributes:
        sha256: of the file; empty where there is none.
        place: within the report's folder, else absolute.
    """

    sha256: str = ""
    place: str = str(USUAL[0])

    @property
    def inside(self) -> bool:
        """Whether the file is in the report's folder."""
        return not Path(self.place).is_absolute()

    @property
    def checksum(self) -> str:
        """The command that prints its SHA-256, in the report's folder."""
        return f"sha256sum {shlex.quote(f'./{self.place}' if self.place.startswith('-') else self.place)}"

    @property
    def again(self) -> list[tuple[str, str]]:
        """The commands that judge the record again and write the report again, each with what it is for."""
        usual = Path(self.place) in USUAL
        words = ["."] if usual else [Path(self.place)]
        return [
            (command("judge", *words), "judge the record again, in this report's folder; takes a second"),
            (
                command("report", *words, *([] if usual else ["--out", "."])),
                "write this report from the record alone, in its folder",
            ),
        ]


NOWHERE = Kept()
"""Of a record that is in no file."""


def kept(file: Path | None, folder: Path) -> Kept:
    """Return what a report in a folder says of its record's file; of none, or one that is gone, no SHA-256."""
    if file is None or not file.is_file():
        return NOWHERE
    return Kept(hashlib.sha256(file.read_bytes()).hexdigest(), str(_place(file, folder)))


def _place(file: Path, folder: Path) -> Path:
    """Return a file's path within a folder, links left as they are; the absolute one where it is not in it."""
    found, home = file.absolute(), folder.absolute()
    if ".." not in found.parts and found.is_relative_to(home):
        return found.relative_to(home)
    found, home = file.resolve(), folder.resolve()
    return found.relative_to(home) if found.is_relative_to(home) else found
