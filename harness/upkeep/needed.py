"""Which results records need: those they were made from, and those the next run of their packs would use again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import RecordError, UsageError
from harness.planner import make_plan
from harness.record.file import FILE, FOLDER, read, results_file
from harness.record.measurement import FIRST_PILOT, PILOT_RUNS
from harness.record.model import Record
from harness.record.pack import spec_of
from harness.shell import command


def records_at(paths: Sequence[Path]) -> list[Record]:
    """Return every record at some paths: a report, its record, or any folder with reports in it, however deep.

    Links are followed, each folder once: a record that is overlooked would cost its results.

    Raises:
        UsageError: if there is none.
        RecordError: if one cannot be read, or a folder not be looked into.
    """
    files = {file.resolve(): file for path in paths for file in _files(path)}
    if not files:
        raise UsageError(
            f"no record in {', '.join(map(str, paths))}; name the reports whose results are needed "
            f"(`{command('verify')}` writes reports), or delete the whole store's folder"
        )
    return [read(file) for file in files.values()]


def _files(path: Path) -> Iterator[Path]:
    """Yield the files of the records at a path."""
    if not path.is_dir():
        yield results_file(path)
        return
    if any((path / name).exists() for name in (FILE, f"{FOLDER}/{FILE}")):
        yield results_file(path)
    seen, waiting = set(), [path]
    while waiting:
        folder = waiting.pop()
        try:
            status = folder.stat()
            entries = [] if (status.st_dev, status.st_ino) in seen else sorted(folder.iterdir())
            seen.add((status.st_dev, status.st_ino))
            waiting += [each for each in entries if each.is_dir()]
        except OSError as error:
            raise RecordError(f"{folder}: cannot be looked into: {error.strerror}; correct its permissions") from error
        if folder.name == FOLDER and (folder / FILE) in entries:
            yield folder / FILE


def keys_of(record: Record) -> set[str]:
    """Return the content keys of the jobs a record was made from, with those of its pilot runs."""
    measured = [key for measurement in record.all_measurements for key in measurement.keys]
    drawn = [picture.key for picture in record.pictures.values()]
    pilots = [side for pilot in record.pilots.values() for run in pilot.runs for side in run.sides]
    return {*record.jobs, *measured, *drawn, *(key for side in pilots for key in side.keys)}


def needed_keys(record: Record) -> set[str]:
    """Return the content keys of a record's jobs, and of all jobs of its pack as it was measured.

    Those are every claim's, up to the last look, and the pilot's: an interrupted run goes on with them.

    Raises:
        RecordError: if a kind of the pack is not installed here.
    """
    keys = keys_of(record)
    spec = spec_of(record)
    pilot = max([PILOT_RUNS, *(line.runs for line in record.paper.pilot.values())])
    last = max(record.paper.runs, *record.paper.looks)
    for runs in (range(1, last + 1), range(FIRST_PILOT, FIRST_PILOT + pilot)):
        keys |= set(make_plan(spec, record.paper.claims, runs).jobs)
    return keys
