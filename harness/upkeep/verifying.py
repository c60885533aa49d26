"""Whether a store is whole: every result is read, and held against its digests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.errors import StoreError
from harness.plan import Verb
from harness.record.payloads import unpack
from harness.upkeep.listing import StoredResult, store_of, stored_results


@dataclass(frozen=True)
class VerifiedStore:
    """What was found in a store.

    Attributes:
        count: how many results were read.
        bytes: what they take.
        damaged: those that are not as they were written -> why.
    """

    count: int
    bytes: int
    damaged: tuple[tuple[StoredResult, str], ...]

    @property
    def status(self) -> int:
        """Exit status: 0 where all are whole, else 1."""
        return 1 if self.damaged else 0


def verify_store(root: Path) -> VerifiedStore:
    """Read every result of a store, arrays too; nothing is written.

    Args:
        root: the store's folder.

    Raises:
        StoreError: if there is no store, it is of another format, or a folder of it cannot be looked into.
    """
    results = list(stored_results(root))
    damaged = tuple((each, why) for each in results if (why := what_is_wrong(root, each)))
    return VerifiedStore(len(results), sum(each.bytes for each in results), damaged)


def what_is_wrong(root: Path, result: StoredResult) -> str:
    """Return what is wrong with a result, its file first; empty where nothing is."""
    try:
        entry = store_of(root, result.platform).load(result.verb, result.key)
        if entry is None:
            return "its entry is missing"
        if Verb(result.verb).keeps_result:
            unpack(Verb(result.verb), entry)
    except (StoreError, ValueError) as error:
        return str(error).removeprefix(f"{root / result.path}/")
    return ""
