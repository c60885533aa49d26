"""The index: one page over the reports in a folder, with the verdicts, the date and the commit of each."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from harness.errors import RecordError, ReportError, UsageError
from harness.judge import judge
from harness.judge.outcome import RANKED, Look, Outcome
from harness.judge.verdict import Verdict
from harness.record.file import FILE, FOLDER, read
from harness.record.model import Record
from harness.record.unverified import warning
from harness.report import provenance
from harness.report.alone import render_alone, write_alone
from harness.report.certificate import preliminary
from harness.report.verdict_file import NAME as VERDICTS
from harness.shell import command
from harness.spec.paper import Bibliography

KIND = "index"
PAGE = "index.html"
"""The index's file, in the folder of the reports."""
DEPTH = 2
"""How many folders deep reports are looked for: ``reports/<pack>`` and ``reports/published/<pack>``."""
_FILES = {PAGE: "report", "report.pdf": "PDF", VERDICTS: VERDICTS}
"""Files of a report that are linked -> words."""


@dataclass(frozen=True)
class ListedReport:
    """One report, as the index lists it.

    Attributes:
        bibliography: of the paper.
        folder: within the folder of the index.
        claims: number of its claims.
        counts: how each outcome is shown, and how many claims have it; those that occur.
        primary: how many primary claims there are, and how many of them reproduced.
        when: when the last number was measured; None if no date is known.
        commit: that computed most numbers; empty if none is known.
        caution: what keeps its numbers from counting in full, in sentences; empty if nothing does.
        links: address and words of each of its files that is there.
        again: the command that writes those that are not there, in the folder of the index.
    """

    bibliography: Bibliography
    folder: str
    claims: int
    counts: tuple[tuple[Look, int], ...]
    primary: tuple[int, int]
    when: datetime | None
    commit: str
    caution: str
    links: tuple[tuple[str, str], ...]
    again: str

    @property
    def page(self) -> str:
        """Address of its page; empty if that is not there."""
        return next((address for address, words in self.links if words == _FILES[PAGE]), "")


@dataclass(frozen=True)
class Indexed:
    """What came of an index.

    Attributes:
        page: its file.
        written: whether it was written; False if it was up to date.
        reports: those listed, by folder.
        unreadable: sentences on records that cannot be read.
    """

    page: Path
    written: bool
    reports: tuple[ListedReport, ...]
    unreadable: tuple[str, ...]


def index_reports(folder: Path) -> Indexed:
    """Write a folder's index over the reports in it, and in the folders in it.

    Args:
        folder: of reports, ``reports/`` say.

    Raises:
        UsageError: if it is no folder, or there is no report in it.
        RecordError: if no record in it can be read.
        ReportError: if it is a report itself, or the page cannot be written.
    """
    if not folder.is_dir():
        found = "a file" if folder.exists() else "nothing"
        raise UsageError(f"{folder}: expected a folder of reports, found {found}")
    if _has_record(folder):
        raise ReportError(
            f"{folder}: is a report itself; name the folder that contains it, {folder.parent}, to list it"
        )
    places = list(_reports_in(folder, DEPTH))
    if not places:
        raise UsageError(
            f"{folder}: expected reports, found none: neither its folders nor those in them have {FOLDER}/{FILE}; "
            f"`{command('verify')}` writes reports"
        )
    listed, unreadable = [], []
    for place in places:
        try:
            listed.append(_listed(folder, place, read(place)))
        except RecordError as error:
            unreadable.append(str(error))
    if not listed:
        raise RecordError(unreadable[0])
    page = folder / PAGE
    written = write_alone(
        page, KIND, render_alone(KIND, reports=listed, unreadable=[_within(each, folder) for each in unreadable])
    )
    return Indexed(page, written, tuple(listed), tuple(unreadable))


def _reports_in(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the folders of reports below a folder, by name; no link is followed, and no hidden folder entered."""
    try:
        with os.scandir(folder) as found:
            names = sorted(each.name for each in found if each.is_dir(follow_symlinks=False))
    except OSError:
        return  # a folder that cannot be looked into has no report to list
    for entry in (folder / name for name in names if not name.startswith(".")):
        if _has_record(entry):
            yield entry
        elif depth > 1:
            yield from _reports_in(entry, depth - 1)


def _has_record(folder: Path) -> bool:
    try:
        return (folder / FOLDER / FILE).is_file()
    except OSError:
        return False


def _listed(home: Path, place: Path, record: Record) -> ListedReport:
    verdicts = judge(record)
    within = place.relative_to(home).as_posix()
    there = [(f"{quote(within)}/{name}", words) for name, words in _FILES.items() if (place / name).is_file()]
    revision = provenance.main_revision(record)
    return ListedReport(
        bibliography=record.paper.bibliography,
        folder=within,
        claims=len(verdicts),
        counts=_counts(verdicts),
        primary=_primary(verdicts),
        when=provenance.measured_at(record),
        commit=revision[0] if revision else "",
        caution=" ".join(filter(None, (_rehearsal(record), preliminary(record), warning(record)))),
        links=tuple(there),
        again=command("report", Path(within)),
    )


def _counts(verdicts: Sequence[Verdict]) -> tuple[tuple[Look, int], ...]:
    found = Counter(verdict.outcome for verdict in verdicts)
    return tuple((outcome.look, found[outcome]) for outcome in RANKED if found[outcome])


def _primary(verdicts: Sequence[Verdict]) -> tuple[int, int]:
    primary = [verdict for verdict in verdicts if verdict.primary]
    return len(primary), sum(verdict.outcome is Outcome.REPRODUCED for verdict in primary)


def _rehearsal(record: Record) -> str:
    return "" if record.paper.comparable else "A rehearsal, which is never compared with the paper."


def _within(sentence: str, folder: Path) -> str:
    """Return a sentence that names a file below a folder by its path within it: the page may be looked at elsewhere."""
    return sentence.removeprefix(f"{folder}/")
