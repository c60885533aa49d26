"""The other files of the report, as the page's links name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import quote

from harness.report import claim_rows, junit, machine, manifest, reading_rows, run_rows, verdict_file
from harness.report.record_file import RecordFile

HOLDS: Mapping[str, str] = {
    claim_rows.NAME: "a row for each claim",
    run_rows.NAME: "a row for each run",
    reading_rows.NAME: "a row for each claim and reading",
    verdict_file.NAME: "everything, for programs",
    junit.NAME: "for a CI server",
}
"""File for programs -> its content."""


@dataclass(frozen=True)
class OwnFile:
    """One file of a report.

    Attributes:
        name: its path within the report's folder.
        holds: its content, in a few words.
    """

    name: str
    holds: str

    @property
    def address(self) -> str:
        """The link to it, from the page."""
        return quote(PurePath(self.name).as_posix(), safe="/-._~")


def own_files(source: RecordFile) -> Iterator[OwnFile]:
    """Yield the files of a report, with its record if that is in the same folder."""
    yield OwnFile("report.pdf", "this report as a PDF")
    for name in machine.MARKS:
        yield OwnFile(name, HOLDS[name])
    if source.sha256 and source.inside:
        yield OwnFile(source.path, "the record: what was measured")
    yield OwnFile(manifest.NAME, "the SHA-256 of each")
