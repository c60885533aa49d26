"""Imports results that another store exported: all that are sound, or none; nothing is written outside the store.

Digests show that a file is as it was exported, and not who exported it: whoever imports results trusts their origin.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from harness.errors import StoreError
from harness.files import open_regular
from harness.plan import Verb
from harness.store import ARRAYS, ENTRY, MOST_ARRAYS, MOST_BYTES, Damaged, refuse_other_format, unwritable
from harness.upkeep.listing import PLATFORM, StoredResult, store_of
from harness.upkeep.sending import FORMAT, HEAD, SAYS
from harness.upkeep.verifying import what_is_wrong
from harness.zipped import UnsoundZip, ZipMember, readings

MOST_EXPORT = 2**42
"""Largest size of an export that is read."""
SCRATCH = ".import-"
"""Prefix of the folder in the store in which an import is checked before any of it is used."""
_PATH = re.compile(
    rf"({PLATFORM.pattern})/({'|'.join(Verb)})/([0-9a-f]{{2}})/((?:\3)[0-9a-f]{{62}})/({re.escape(ENTRY)}|{re.escape(ARRAYS)})"
)
_MOST = {ENTRY: MOST_BYTES, ARRAYS: MOST_ARRAYS}
_SAYS = re.compile(r"harness store export, format (\d{1,9})\n")
AGAIN = "nothing was imported; export it again, or get another copy"


@dataclass(frozen=True)
class Imported:
    """What came of an import.

    Attributes:
        new: results that are in the store now.
        known: results that it had already; its own were kept.
    """

    new: tuple[StoredResult, ...]
    known: tuple[StoredResult, ...]


def import_results(root: Path, file: Path) -> Imported:
    """Take the results of an export into a store, after every one of them was held against its digests.

    Args:
        root: the store's folder, made if it is not there.
        file: the export.

    Raises:
        StoreError: if the file is none, of another format, damaged, or holds anything but results; if a process uses the
            store, or it is of another format, or cannot be written. Then nothing was imported.
    """
    refuse_other_format(root)
    try:
        opened = open_regular(file, most=MOST_EXPORT)
    except OSError as error:
        raise StoreError(f"{file}: cannot be read: {error.strerror or error}; name an export") from error
    with opened as stream:
        results = _results(file, stream)
        first = next(iter(results))
        with store_of(root, first.platform).lock(), _scratch(root) as scratch:
            for result, members in results.items():
                _unpack(stream, members, scratch / result.path)
                if why := what_is_wrong(scratch, result):
                    raise StoreError(f"{file}: {result.path}: {why}; {AGAIN}")
            lacking = {result: _is_lacking(root, result) for result in results}
            new = [result for result in results if lacking[result]]
            for result in new:
                store_of(root, result.platform).adopt(result.verb, result.key, scratch / result.path)
    return Imported(tuple(new), tuple(result for result in results if not lacking[result]))


def _results(file: Path, stream: BinaryIO) -> Mapping[StoredResult, Sequence[ZipMember]]:
    """Return the results an export says it holds, with their files; nothing is unpacked."""
    try:
        members = _members(stream)
        found: dict[tuple[str, str, str], list[ZipMember]] = defaultdict(list)
        for each in members:
            if each.name != HEAD:
                found[_place(each)].append(each)
    except UnsoundZip as error:
        raise StoreError(f"{file}: {error}; {AGAIN}") from error
    except OSError as error:
        raise StoreError(f"{file}: cannot be read: {error.strerror or error}; {AGAIN}") from error
    if not found:
        raise StoreError(f"{file}: holds no result; {AGAIN}")
    return {StoredResult(*place, sum(each.size for each in files)): files for place, files in found.items()}


def _place(member: ZipMember) -> tuple[str, str, str]:
    """Return platform, verb and key of the result that a file belongs to."""
    place = _PATH.fullmatch(member.name)
    if place is None:
        raise UnsoundZip(f"holds {member.name[:120]!a}, which is no file of a result")
    most = _MOST[place[5]]
    if member.size > most:
        raise UnsoundZip(f"holds {member.name} of {member.size:,} bytes, expected at most {most:,}")
    return place[1], place[2], place[4]


def _members(stream: BinaryIO) -> Sequence[ZipMember]:
    """Return the files of an export of this format."""
    members, *others = readings(stream)
    if others:
        raise UnsoundZip("was changed: its directory names other files than its headers")
    head = next((each for each in members if each.name == HEAD), None)
    if head is None or head.size > 2 * len(SAYS):
        raise UnsoundZip("is no export of a store")
    text = b"".join(head.content(stream).pieces()).decode(errors="replace")
    told = _SAYS.fullmatch(text)
    if told is None:
        raise UnsoundZip("is no export of a store")
    if int(told[1]) != FORMAT:
        raise UnsoundZip(f"is of format {int(told[1])}, but this version of harness reads {FORMAT}: update harness")
    return members


@contextmanager
def _scratch(root: Path) -> Iterator[Path]:
    """Yield a folder in the store that goes when the block ends; those that killed imports left go too.

    The store is locked: nobody else is importing.
    """
    try:
        for left in root.glob(f"{SCRATCH}*"):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=root, ignore_cleanup_errors=True) as folder:
            yield Path(folder)
    except OSError as error:
        raise unwritable(root, error) from error


def _unpack(stream: BinaryIO, members: Sequence[ZipMember], folder: Path) -> None:
    folder.mkdir(parents=True)
    for each in members:
        each.unpack(stream, folder / each.name.rpartition("/")[2])


def _is_lacking(root: Path, result: StoredResult) -> bool:
    """Whether a store lacks a result, or holds a damaged one."""
    try:
        return store_of(root, result.platform).load(result.verb, result.key) is None
    except Damaged:
        return True
