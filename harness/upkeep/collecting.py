"""Removes from a store what no record needs (garbage collection); nothing is removed unless that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from harness.upkeep.listing import NamedResults, StoredResult, named_results, store_of, stored_results
from harness.upkeep.needed import needed_keys, records_at


@dataclass(frozen=True)
class Collected:
    """What a store holds that no record needs.

    Attributes:
        records: how many records were read.
        kept: how many results they need.
        kept_bytes: what those take.
        unneeded: the others, by name.
        removed: whether they were removed.
        left: results that no record needs and that stay, because there are other files beside theirs, or a link leads there.
    """

    records: int
    kept: int
    kept_bytes: int
    unneeded: tuple[NamedResults, ...]
    removed: bool
    left: tuple[StoredResult, ...]


def collect_garbage(root: Path, reports: Sequence[Path], *, delete: bool = False) -> Collected:
    """Find the results of a store that no record needs and, if that is asked for, remove them; nothing else is removed.

    While they are removed the store is locked, so that no running process loses what it uses.

    Args:
        root: the store's folder.
        reports: reports, records, or folders of them; what they need is kept.
        delete: whether to remove what is not needed.

    Raises:
        StoreError: if there is no store, it is of another format, a process uses it, or it cannot be written.
        UsageError: if there is no record.
        RecordError: if a record cannot be read, or a kind of its pack is not installed: what it needs is not known then.
    """
    platforms = sorted({each.platform for each in stored_results(root)})
    with store_of(root, platforms[0]).lock() if delete and platforms else nullcontext():
        records = records_at(reports)  # under the lock: whoever had it has written its record by now
        needed = set().union(*map(needed_keys, records))
        results = list(stored_results(root))
        kept = [each for each in results if each.key in needed]
        others = [each for each in results if each.key not in needed]
        named = named_results(root, others)
        left = (
            [each for each in others if not store_of(root, each.platform).remove(each.verb, each.key)] if delete else []
        )
    return Collected(len(records), len(kept), sum(each.bytes for each in kept), named, delete, tuple(left))
