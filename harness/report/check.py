"""Checks a report's folder: every file against the manifest, and the verdicts in the files against the record.

Nothing is rendered, and nothing is imported that only a report needs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from harness.errors import RecordError, ReportError
from harness.judge import judge
from harness.judge.verdict import Verdict
from harness.record.file import FOLDER, read
from harness.record.model import Record
from harness.report import claim_rows
from harness.report.manifest import NAME, Manifest, read_manifest, sha256_within
from harness.report.written import COMPARED, ChangedVerdict, differing_verdicts, rows_now
from harness.shell import command


class FileState(StrEnum):
    """State of a file since the manifest was written."""

    SAME = "same"
    TOUCHED = "touched"
    MISSING = "missing"
    ADDED = "added"


@dataclass(frozen=True)
class CheckedFile:
    """One file of the folder.

    Attributes:
        path: within the folder.
        state: changed or not.
        because: what was found, in words; empty if there is nothing more to say.
    """

    path: str
    state: FileState
    because: str = ""


@dataclass(frozen=True)
class Checked:
    """What was found in a report's folder.

    Attributes:
        manifest: SHA-256 of the manifest, in hexadecimal.
        files: those of the manifest by path, then those that were added.
        judged: how many verdicts the record gave; None if it could not be judged again.
        unjudged: why it could not, or why its verdicts could not be compared; empty if they were.
        verdicts: those that differ, file by file, and runs whose number does.
    """

    manifest: str
    files: tuple[CheckedFile, ...]
    judged: int | None
    unjudged: str
    verdicts: tuple[ChangedVerdict, ...]

    @property
    def changed(self) -> tuple[CheckedFile, ...]:
        """The files that changed."""
        return tuple(file for file in self.files if file.state is not FileState.SAME)

    @property
    def status(self) -> int:
        """Exit status: 0 if all is as it was, else 1."""
        return 1 if self.changed or self.verdicts or self.unjudged else 0


def check_folder(folder: Path) -> Checked:
    """Compare a report's folder with its manifest, and the verdicts of its record with the files that contain them.

    Those are results.csv and, where the manifest lists them, verdicts.json, readings.csv and runs.csv.

    Args:
        folder: of a report.

    Raises:
        ReportError: if it has no manifest, a damaged one, or none that lists a record.
        RecordError: if its record is as it was, but this version cannot read it.
    """
    manifest = read_manifest(folder)
    if not manifest.record:
        raise ReportError(
            f"{folder}: its record is not in it, so its verdicts cannot be judged again; put the record's file into "
            f"{folder / FOLDER}, then `{command('report', folder)}` writes the report and its manifest again"
        )
    files = (*_listed(folder, manifest), *_added(folder, manifest))
    states = {file.path: file for file in files}
    again, unjudged = _judged(folder, states[manifest.record])
    if again is None:
        return Checked(manifest.sha256, files, None, unjudged, ())
    differing, unjudged = _differing(folder, manifest, *again)
    return Checked(manifest.sha256, files, len(again[1]), unjudged, differing)


def _differing(
    folder: Path, manifest: Manifest, record: Record, verdicts: Sequence[Verdict]
) -> tuple[tuple[ChangedVerdict, ...], str]:
    """Return where files and record differ, and why a file could not be compared; empty if all were compared."""
    found: list[ChangedVerdict] = []
    now, unjudged = rows_now(record, verdicts), ""
    for each in COMPARED:
        if each.name in manifest.files or each.name == claim_rows.NAME:
            try:
                found += differing_verdicts(folder, each, now[each.name])
            except (OSError, ValueError) as error:
                why = getattr(error, "strerror", None) or error
                unjudged = unjudged or f"{each.name} cannot be compared with the record: {why}"
    return tuple(found), unjudged


def _listed(folder: Path, manifest: Manifest) -> Iterator[CheckedFile]:
    """Yield the state of each file of the manifest."""
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
    """Yield what is in the folder, or in a folder of its files, but not in the manifest; links are not followed."""
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


def _judged(folder: Path, record: CheckedFile) -> tuple[tuple[Record, Sequence[Verdict]] | None, str]:
    """Return the record and its verdicts, or None and why it cannot be judged."""
    try:
        if record.state is FileState.SAME or _is_own(folder, record.path):
            found = read(folder / record.path)
            return (found, judge(found)), ""
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
