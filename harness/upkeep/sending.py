"""Exports results of a store: those that records need, in one file that another store imports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import StoreError
from harness.store import ARRAYS, ENTRY
from harness.upkeep.listing import StoredResult, stored_results
from harness.upkeep.needed import keys_of, records_at
from harness.upkeep.verifying import what_is_wrong
from harness.zipped import Content, put_zip

FORMAT = 1
"""Format of exports this version writes; it refuses others."""
HEAD = "format"
"""The file of an export that names its format."""
SAYS = f"harness store export, format {FORMAT}\n"
"""What that file holds."""


@dataclass(frozen=True)
class Exported:
    """What went into an export.

    Attributes:
        written: whether the file was written; False where it was up to date.
        results: those in it.
        damaged: those that were left out, because they are damaged -> why.
        absent: how many jobs of the records the store does not hold.
    """

    written: bool
    results: tuple[StoredResult, ...]
    damaged: tuple[tuple[StoredResult, str], ...]
    absent: int


def export_results(root: Path, reports: Sequence[Path], file: Path) -> Exported:
    """Write the results that records were made from to one file; equal results give equal bytes.

    Args:
        root: the store's folder; it is read alone.
        reports: reports, records, or folders of them.
        file: the file to write; an earlier export is replaced.

    Raises:
        StoreError: if there is no store, it is of another format, it holds none of the results, or the file cannot be
            written, or is none of harness's.
        UsageError: if there is no record.
        RecordError: if a record cannot be read.
    """
    wanted = {key for record in records_at(reports) for key in keys_of(record)}
    found = [each for each in stored_results(root) if each.key in wanted]
    wrong = {each: why for each in found if (why := what_is_wrong(root, each))}
    whole = tuple(each for each in found if each not in wrong)
    if not whole:
        raise StoreError(
            f"{root}: none of {len(wanted)} results of these records is in it, whole; name another with --store"
        )
    contents = {HEAD: Content.of(SAYS.encode())}
    for each in whole:
        folder = root / each.path
        contents |= {
            f"{each.path}/{name}": Content.in_file(folder / name)
            for name in (ENTRY, ARRAYS)
            if name == ENTRY or (folder / name).is_file()
        }
    try:
        written = put_zip(file, contents, lambda names: HEAD in names)
    except OSError as error:
        raise StoreError(f"{file}: cannot be written: {error.strerror or error}; name another file") from error
    return Exported(written, whole, tuple(wrong.items()), len(wanted - {each.key for each in found}))
