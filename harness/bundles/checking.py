"""Checks a bundle offline: every byte of it, its verdicts judged again, its environments and its pack against the record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from harness.bundles.opening import COPY, OpenedBundle, opened_bundle
from harness.bundles.writing import ENVIRONMENT, SPECS, environment_text
from harness.errors import RecordError, ReportError
from harness.files import read_regular
from harness.record.file import MOST_BYTES, read
from harness.record.model import Record
from harness.report.check import Checked, CheckedFile, FileState, check_folder

Differs = Callable[[Record, Path], str]
"""Says in what a folder's pack is not that of a record, as the rest of a sentence; empty where it is."""


def check_bundle(file: Path, differs: Differs) -> Checked:
    """Check a bundle as ``check_folder`` checks a report's folder, and what only a bundle has.

    That is the archive itself, ``environment.json``, and the pack's files where they are in it.

    Args:
        file: the bundle.
        differs: compares its pack with its record.

    Raises:
        ReportError: if it is no bundle, or too damaged to be looked into.
        RecordError: if its record is as it was, but this version cannot read it.
    """
    with opened_bundle(file) as bundle:
        try:
            found = check_folder(bundle.folder)
            states = {each.path: each for each in found.files}
            more = list(_against_record(bundle, found, differs))
        except (RecordError, ReportError) as error:
            raise type(error)(_outside(str(error), bundle.folder, file)) from error
        for path, because in [*bundle.touched.items(), *more]:
            because = _outside(because, bundle.folder, file)  # noqa: PLW2901
            if path not in states or states[path].state is FileState.SAME:
                states[path] = CheckedFile(path, FileState.TOUCHED, because)
        return replace(found, files=tuple(states.values()), unjudged=_outside(found.unjudged, bundle.folder, file))


def _against_record(bundle: OpenedBundle, found: Checked, differs: Differs) -> Iterator[tuple[str, str]]:
    """Yield the files that say otherwise than the record, though the manifest has them as they are."""
    if found.judged is None:
        return
    record, folder = read(bundle.folder / bundle.manifest.record), bundle.folder
    environment = folder / ENVIRONMENT
    if not environment.is_file() or read_regular(environment, MOST_BYTES) != environment_text(record).encode():
        yield ENVIRONMENT, "not what the record says"
    pack = f"{SPECS}/{record.paper.name}"
    inside = [each.state for each in found.files if each.path.startswith(f"{SPECS}/")]
    untouched = inside and set(inside) == {FileState.SAME}  # else the file is named, which says more
    if untouched and (why := differs(record, folder / pack)):
        yield pack, why


def _outside(text: str, folder: Path, file: Path) -> str:
    """Return a sentence about an unpacked file as one about the bundle, which is got anew and not repaired."""
    said = text.replace(str(folder), str(file))
    return f"{said} ({COPY})" if said != text else text


def record_in(path: Path) -> Record:
    """Return the record of a report's folder, or of a bundle.

    Raises:
        ReportError: if it is a file and no bundle.
        RecordError: if there is none, or it cannot be read.
    """
    if path.is_dir():
        return read(path)
    with opened_bundle(path) as bundle:
        return read(bundle.folder / bundle.manifest.record)
