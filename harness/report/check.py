"""Checks a report's folder: every file against the manifest, and the record, judged again, against results.csv.

Nothing is rendered, and nothing is imported that only a report needs.
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from harness.errors import RecordError, ReportError
from harness.files import read_regular
from harness.judge import judge
from harness.judge.verdict import Verdict
from harness.record.file import FOLDER, read
from harness.report.manifest import NAME, Manifest, read_manifest, sha256_within
from harness.shell import command

RESULTS = "results.csv"
"""The file whose verdicts are compared with those of the record."""
MOST_RESULTS = 2**27
"""Largest size of ``results.csv``."""
CLOSE = 1e-6
"""Relative difference of two numbers that count as the same: another processor rounds otherwise."""
_NUMBERS = ("n", "sd", "interval_low", "interval_high", "margin", "p_value")


class FileState(StrEnum):
    """What became of a file since the manifest was written."""

    SAME = "same"
    TOUCHED = "touched"
    MISSING = "missing"
    ADDED = "added"


@dataclass(frozen=True)
class CheckedFile:
    """One file of the folder.

    Attributes:
        path: within the folder.
        state: what became of it.
        because: what was found, in words; empty where that is all there is to say.
    """

    path: str
    state: FileState
    because: str = ""


@dataclass(frozen=True)
class ChangedVerdict:
    """A verdict that is not the one in results.csv.

    Attributes:
        claim: its id.
        written: what results.csv says; empty where it has no such claim.
        judged: what the record says now; empty where it has no such claim.
    """

    claim: str
    written: str
    judged: str


@dataclass(frozen=True)
class Checked:
    """What was found in a report's folder.

    Attributes:
        manifest: SHA-256 of the manifest, in hexadecimal.
        files: those of the manifest by path, then those that were added.
        judged: how many verdicts the record gave; None where it could not be judged again.
        unjudged: why it could not, or why its verdicts could not be compared; empty where they were.
        verdicts: those that differ.
    """

    manifest: str
    files: tuple[CheckedFile, ...]
    judged: int | None
    unjudged: str
    verdicts: tuple[ChangedVerdict, ...]

    @property
    def changed(self) -> tuple[CheckedFile, ...]:
        """The files that are not as they were."""
        return tuple(file for file in self.files if file.state is not FileState.SAME)

    @property
    def status(self) -> int:
        """Exit status: 0 where all is as it was, else 1."""
        return 1 if self.changed or self.verdicts or self.unjudged else 0


def check_folder(folder: Path) -> Checked:
    """Compare a report's folder with its manifest, and the verdicts of its record with its results.csv.

    Args:
        folder: of a report.

    Raises:
        ReportError: if it has no manifest, a damaged one, or none that lists a record.
        RecordError: if its record is as it was, but this version cannot read it.
    """
    manifest = read_manifest(folder)
    if not manifest.record:
        raise ReportError(
            f"{folder}: its record is not in it, so that its verdicts cannot be judged again; put the record's file into "
            f"{folder / FOLDER}, then `{command('report', folder)}` writes the report and its manifest again"
        )
    files = (*_listed(folder, manifest), *_added(folder, manifest))
    states = {file.path: file for file in files}
    verdicts, unjudged = _judged(folder, states[manifest.record])
    differing: tuple[ChangedVerdict, ...] = ()
    if verdicts is not None:
        try:
            differing = tuple(_differing(_written(folder), verdicts))
        except (OSError, ValueError) as error:
            unjudged = f"{RESULTS} cannot be compared with the record: {getattr(error, 'strerror', None) or error}"
    judged = None if verdicts is None else len(verdicts)
    return Checked(manifest.sha256, files, judged, unjudged, differing)


def _listed(folder: Path, manifest: Manifest) -> Iterator[CheckedFile]:
    """Yield what became of each file of the manifest."""
    for path, expected in manifest.files.items():
        try:
            found = sha256_within(folder, path)
        except (FileNotFoundError, NotADirectoryError):
            yield CheckedFile(path, FileState.MISSING)
        except OSError as error:
            yield CheckedFile(path, FileState.TOUCHED, error.strerror or str(error))
        else:
            same = found == expected
            yield CheckedFile(
                path, FileState.SAME if same else FileState.TOUCHED, "" if same else f"its SHA-256 is {found}"
            )


def _added(folder: Path, manifest: Manifest) -> Iterator[CheckedFile]:
    """Yield what is in the folder, or in a folder of its files, and not in the manifest; no link is followed."""
    inside = {str(part) for path in manifest.files for part in PurePosixPath(path).parents} - {"."}
    for name in (".", *sorted(inside)):
        here = folder / name
        if name != "." and (here.is_symlink() or not here.is_dir()):
            continue
        for entry in _entries(here):
            path = str(PurePosixPath(name) / entry.name)
            on_the_way = path in inside and entry.is_dir(follow_symlinks=False)
            if path not in manifest.files and path != NAME and not on_the_way:
                yield CheckedFile(path, FileState.ADDED, _what(entry))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda each: each.name)
    except OSError as error:
        raise ReportError(
            f"{folder}: cannot be looked into: {error.strerror or error}; correct its permissions"
        ) from error


def _what(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "a symbolic link"
    if entry.is_dir(follow_symlinks=False):
        return "a folder"
    return "" if entry.is_file(follow_symlinks=False) else "no regular file"


def _judged(folder: Path, record: CheckedFile) -> tuple[Sequence[Verdict] | None, str]:
    """Return the record's verdicts, or None and why it cannot be judged."""
    try:
        if record.state is FileState.SAME or _is_own(folder, record.path):
            return judge(read(folder / record.path)), ""
    except RecordError as error:
        if record.state is FileState.SAME:
            raise
        return None, f"the record was not judged again: {error}"
    return None, f"the record was not judged again: {record.path} is {record.state}"


def _is_own(folder: Path, path: str) -> bool:
    """Whether a file is a regular one that can be read, and no link leads to it."""
    try:
        sha256_within(folder, path)
    except OSError:
        return False
    return True


def _written(folder: Path) -> dict[str, Mapping[str, str]]:
    """Return claim -> its row of results.csv; what is not expressible has no verdict and is left out.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is no such table.
    """
    text = read_regular(folder / RESULTS, MOST_RESULTS, follow=False).decode()
    try:
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise ValueError(f"no table: {error}") from error
    needed = {"claim", "outcome", "reason", "qualifiers", *_NUMBERS}
    if not rows or not needed <= rows[0].keys() or any(None in row or None in row.values() for row in rows):
        raise ValueError("no table of verdicts")
    return {row["claim"]: row for row in rows if row["outcome"]}


def _differing(written: Mapping[str, Mapping[str, str]], verdicts: Iterable[Verdict]) -> Iterator[ChangedVerdict]:
    """Yield each verdict that is not as it was written, in the record's order, then those the record does not have."""
    judged = {verdict.claim: verdict for verdict in verdicts}
    for claim, verdict in judged.items():
        row = written.get(claim)
        if row is None:
            yield ChangedVerdict(claim, "", _words(_said(verdict)))
            continue
        now = _said(verdict)
        before = {name: row[name] for name in now}
        parted = [name for name in now if not _alike(name, before[name], now[name])]
        if parted:
            shown = ["outcome", "reason"] if parted[0] in {"outcome", "reason"} else parted
            yield ChangedVerdict(claim, _words(before, shown), _words(now, shown))
    for claim in written.keys() - judged.keys():
        yield ChangedVerdict(claim, _words(written[claim]), "")


def _said(verdict: Verdict) -> dict[str, str]:
    """Return what a row of results.csv says of a verdict."""
    low, high = verdict.interval or (None, None)
    numbers = (verdict.n, verdict.sd, low, high, verdict.margin, verdict.p_value)
    return {
        "outcome": verdict.outcome.value,
        "reason": verdict.reason,
        "qualifiers": " ".join(verdict.qualifiers),
        **{name: "" if each is None else f"{each:.10g}" for name, each in zip(_NUMBERS, numbers, strict=True)},
    }


def _alike(name: str, before: str, now: str) -> bool:
    if before == now or name not in _NUMBERS:
        return before == now
    try:
        return math.isclose(float(before), float(now), rel_tol=CLOSE)
    except ValueError:
        return False


def _words(said: Mapping[str, str], names: Sequence[str] = ("outcome", "reason")) -> str:
    """Return some of what is said of a verdict, the numbers with their names."""
    parts = (said[name] if name in {"outcome", "reason"} else f"{name} {said[name] or 'none'}" for name in names)
    return " ".join(filter(None, parts))
