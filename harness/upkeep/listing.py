"""What a store holds: every result, those of one name together."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import StoreError
from harness.plan import Verb
from harness.record.payloads import mistake
from harness.store import Damaged, Store, refuse_other_format

PLATFORM = re.compile(r"[a-z0-9][a-z0-9_]{0,40}-[a-z]{1,10}")
"""Names of the folders of platforms: backend and device type. The folders beside them hold no results."""
_KEY, _HEAD = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{2}")
DAMAGED = "(damaged)"
"""Name under which damaged results are listed."""


@dataclass(frozen=True, order=True)
class StoredResult:
    """One result of a store: where it is, and the bytes its files take."""

    platform: str
    verb: str
    key: str
    bytes: int

    @property
    def path(self) -> str:
        """Its folder within the store's."""
        return f"{self.platform}/{self.verb}/{self.key[:2]}/{self.key}"


@dataclass(frozen=True)
class NamedResults:
    """The results of one verb and name: one for each run, edition, reading, … that was tried.

    Attributes:
        platform: backend and device type.
        verb: what the jobs do.
        name: what they made; ``DAMAGED`` where that cannot be read.
        count: how many results.
        bytes: what their files take.
        last: when the last of them was made (ISO 8601); empty where not known.
    """

    platform: str
    verb: str
    name: str
    count: int
    bytes: int
    last: str


def store_of(root: Path, platform: str) -> Store:
    """Return a store as a run would open it."""
    return Store(root, platform, mistake)


def stored_results(root: Path) -> Iterator[StoredResult]:
    """Yield every result of a store, in order; the store's folder may be a link, below it none is followed.

    Raises:
        StoreError: if there is no store, it is of another format, or a folder of it cannot be looked into.
    """
    if not root.is_dir():
        found = "a file" if root.exists() else "nothing"
        raise StoreError(f"{root}: expected the folder of a store, found {found}; name another with --store")
    refuse_other_format(root)
    for platform in _folders(root, PLATFORM):
        for verb in sorted(Verb):
            home = root / platform / verb
            heads = _folders(home, _HEAD) if home.is_dir() and not home.is_symlink() else []
            for head in heads:
                for key in _folders(home / head, _KEY):
                    if key.startswith(head):
                        yield StoredResult(platform, verb.value, key, _bytes(home / head / key))


def _folders(folder: Path, names: re.Pattern[str]) -> list[str]:
    """Return the folders in a folder whose names match, sorted; no links."""
    try:
        with os.scandir(folder) as found:
            return sorted(
                each.name for each in found if names.fullmatch(each.name) and each.is_dir(follow_symlinks=False)
            )
    except FileNotFoundError:
        return []  # a process that works on the store removed it meanwhile
    except OSError as error:
        raise StoreError(f"cannot look into {folder}: {error.strerror}; correct its permissions") from error


def _bytes(folder: Path) -> int:
    try:
        with os.scandir(folder) as found:
            return sum(each.stat(follow_symlinks=False).st_size for each in found)
    except OSError:
        return 0


def named_results(root: Path, results: Iterable[StoredResult]) -> tuple[NamedResults, ...]:
    """Return results by platform, verb and name, in that order; their arrays are not read.

    Args:
        root: the store's folder.
        results: some of its results.
    """
    found: dict[tuple[str, str, str], list[tuple[int, str]]] = {}
    for each in results:
        name, when = _name(store_of(root, each.platform), each)
        found.setdefault((each.platform, each.verb, name), []).append((each.bytes, when))
    return tuple(
        NamedResults(*place, len(each), sum(size for size, _ in each), max(when for _, when in each))
        for place, each in sorted(found.items())
    )


def _name(store: Store, result: StoredResult) -> tuple[str, str]:
    """Return what a result is called, and when it was made."""
    try:
        entry = store.load(result.verb, result.key, arrays=False)
    except (Damaged, StoreError):
        entry = None
    if entry is None:
        return DAMAGED, ""
    return str(entry.facts.get("name", "")), str(entry.facts.get("when") or "")
