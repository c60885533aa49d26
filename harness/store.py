"""A content-addressed store of results: one folder for each key, written atomically, with hashes and provenance."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.arrays import ArchiveError, read_arrays
from harness.errors import StoreError
from harness.files import UnfitError, make_folder, open_regular, read_regular
from harness.locks import InUseError, hold
from harness.sharing.leases import Leases, remove_leases
from harness.sharing.presence import Roster, present, this_process
from harness.strictjson import loads

ARRAYS = "arrays.npz"
ENTRY = "entry.json"
DATA = "data"
"""Folder of downloaded data that could not be kept elsewhere, next to the folders of the platforms."""
DRAFT = ".draft-"
"""Prefix of the name of a result that is being written."""
FOREIGN = "foreign-"
"""Prefix of the name of a folder to which files of others are moved from a result's path."""
LOCK = "lock"
"""The lock file: locked while only one process writes results, and while a worker joins."""
PATIENCE = 10.0
"""Smallest number of seconds that a worker waits to join, because workers join one after the other."""
FORMAT = 1
"""Format of stores that this version writes, without a format file; it refuses a store with another number in that
file."""
FORMAT_FILE = "format"
"""File in the folder of a store of a later format, with its number."""
MOST_BYTES = 64 * 2**20
"""Largest size of an entry; its arrays are in a separate file."""
MOST_ARRAYS = 16 * 2**30
"""Largest size of a result's arrays; more would not fit in memory."""


@dataclass(frozen=True, eq=False)
class StoreEntry:
    """One stored result.

    Attributes:
        body: the plain data of the result.
        arrays: the arrays of the result.
        facts: provenance: seconds, when, environment, source digest.
        digest: SHA-256 of the arrays as stored; empty before they are stored, and if there are none. Equal arrays have
            equal digests.
    """

    body: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""


class Damaged(StoreError):
    """A stored entry differs from what was written; the result must be computed again."""


@dataclass(frozen=True)
class Store:
    """A disposable folder of results (a cache).

    Attributes:
        root: the folder, created at the first write.
        platform: backend and device type; results of different platforms are kept separate.
        mistake: returns an error in the body or the facts of a verb's result; empty if there is none.
    """

    root: Path
    platform: str
    mistake: Callable[[str, Mapping[str, Any], Mapping[str, Any]], str] = lambda *_: ""

    def folder(self, verb: str, key: str) -> Path:
        """Return the folder of one result, whether or not it exists."""
        return self.root / self.platform / verb / key[:2] / key

    def has(self, verb: str, key: str) -> bool:
        """Whether a result is stored; its checksums are not verified."""
        try:
            return (self.folder(verb, key) / ENTRY).is_file()
        except OSError:
            return False

    def load(self, verb: str, key: str, *, arrays: bool = True) -> StoreEntry | None:
        """Return a result, or None if it is not stored.

        Args:
            verb: the job's verb.
            key: its content key.
            arrays: whether to read the arrays too.

        Raises:
            Damaged: if it differs from what was written for this key, or cannot be read but can be replaced.
            StoreError: if it can neither be read nor replaced.
        """
        folder = self.folder(verb, key)
        try:
            text = read_regular(folder / ENTRY, MOST_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(folder, ENTRY, error) from error
        content = _opened(text, folder)
        if content["key"] != key:
            raise Damaged(f"{folder / ENTRY} is damaged (it holds the result of another job, {content['key'][:12]}…)")
        if wrong := self.mistake(verb, content["body"], content["facts"]):
            raise Damaged(f"{folder / ENTRY} is damaged ({wrong})")
        kept = _read_arrays(folder, content["arrays"]) if arrays else {}
        return StoreEntry(content["body"], kept, content["facts"], content["arrays"] or "")

    def is_damaged(self, verb: str, key: str) -> bool:
        """Whether a result's entry is stored and damaged; does not read the arrays."""
        try:
            self.load(verb, key, arrays=False)
        except Damaged:
            return True
        return False

    def save(self, verb: str, key: str, entry: StoreEntry, *, over: bool = False) -> bool:
        """Write a result atomically; replace a damaged result, and keep an undamaged one.

        Args:
            verb: the job's verb.
            key: its content key.
            entry: the result.
            over: whether to replace an unchanged result too, because its content is not a valid result.

        Returns:
            Whether it was written. It is not written if another process has published its own meanwhile, which others
            may already use.

        Raises:
            StoreError: if the folder cannot be written or the disk is full.
        """
        folder = self.folder(verb, key)
        try:
            make_folder(folder.parent, below=self.root)
            draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=folder.parent))
            try:
                _write(draft, key, entry)
                return self._publish(draft, verb, key, over=over)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
        except OSError as error:
            raise unwritable(folder, error) from error

    def _publish(self, draft: Path, verb: str, key: str, *, over: bool) -> bool:
        """Move a result to its place; return whether that succeeded: of several concurrent processes only one succeeds."""
        folder = self.folder(verb, key)
        while True:
            try:
                draft.rename(folder)  # fails if a folder with files, or anything else, has this name
            except OSError:
                if not os.path.lexists(folder):
                    raise
            else:
                return True
            if not over and self._is_whole(verb, key):
                return False
            _clear(folder)
            over = False

    def _is_whole(self, verb: str, key: str) -> bool:
        """Whether a result is stored and undamaged, including its arrays."""
        try:
            return not self.folder(verb, key).is_symlink() and self.load(verb, key) is not None
        except Damaged:
            return False

    def adopt(self, verb: str, key: str, made: Path) -> None:
        """Move a folder with the files of a result, on the same disk, to that result's place; replace a damaged result.

        Raises:
            StoreError: if the place cannot be written.
        """
        folder = self.folder(verb, key)
        try:
            make_folder(folder.parent, below=self.root)
            _clear(folder)
            made.rename(folder)
        except OSError as error:
            raise unwritable(folder, error) from error

    def remove(self, verb: str, key: str) -> bool:
        """Remove a result atomically; the store must be locked.

        Returns:
            Whether it was removed. It is not removed if other files are next to it, or if a link leads to it.

        Raises:
            StoreError: if the store cannot be written.
        """
        folder = self.folder(verb, key)
        if any(path.is_symlink() for path in (folder, *list(folder.parents)[:3])) or not _is_plain(folder):
            return False
        try:
            # A process that is killed half-way leaves a draft, which the next lock removes.
            draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=folder.parent))
            folder.rename(draft)
            shutil.rmtree(draft)
        except OSError as error:
            raise unwritable(folder, error) from error
        return True

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Lock the store for writing while the block runs.

        Removes drafts and leases of killed processes, because no other process can be writing them.

        Raises:
            StoreError: if another process has the lock, workers are on the store, or it cannot be written.
        """
        with ExitStack() as stack:
            try:
                make_folder(self.root / self.platform, below=self.root)
                stack.enter_context(hold(self.root / LOCK))
                if living := Roster(self.root).living():
                    raise StoreError(
                        f"{self.root} is in use by workers of harness ({', '.join(living)}); wait until they end, "
                        "help them with `harness work`, or give another --store"
                    )
                self._remove_drafts()
                remove_leases(self.root, self.platform)
            except InUseError as error:
                raise self._in_use(error) from error
            except OSError as error:
                raise unwritable(self.root, error) from error
            yield

    @contextmanager
    def shared(self, joining: Callable[[], None] = lambda: None) -> Iterator[tuple[Leases, bool]]:
        """Join the workers on the store while the block runs, without a lock; see ``harness.sharing``.

        Args:
            joining: is called before this process joins, while no other process joins; must be fast.

        Yields:
            The leases that share its jobs, and whether there was no other worker, so that files of killed processes
            were removed.

        Raises:
            StoreError: if a process has the store's lock, or the store cannot be written.
        """
        with ExitStack() as stack:
            try:
                make_folder(self.root / self.platform, below=self.root)
                worker, roster = this_process(), Roster(self.root)
                with self._patiently():
                    if alone := roster.forget_the_gone():
                        self._remove_drafts()
                        remove_leases(self.root, self.platform)
                    joining()
                    stack.enter_context(present(self.root, worker))
            except InUseError as error:
                raise self._in_use(error) from error
            except OSError as error:
                raise unwritable(self.root, error) from error
            yield Leases(self.root, self.platform, worker, roster), alone

    @contextmanager
    def _patiently(self) -> Iterator[None]:
        """Lock the store, after other workers that are joining it.

        Raises:
            InUseError: if a process has the lock for longer than joining takes.
        """
        deadline = time.monotonic() + PATIENCE
        with ExitStack() as stack:
            while True:
                try:
                    stack.enter_context(hold(self.root / LOCK))
                    break
                except InUseError:
                    if time.monotonic() > deadline and not Roster(self.root).workers():
                        raise  # the owner is not a joining worker: nobody keeps the lock while workers exist
                    time.sleep(0.05)
            yield

    def _in_use(self, error: InUseError) -> StoreError:
        return StoreError(
            f"{self.root} is in use by another harness ({error}); wait until it ends or give another --store"
        )

    def _remove_drafts(self) -> None:
        """Remove the drafts of results; follows no link and removes no other file."""
        for draft in self.root.glob(f"*/*/[0-9a-f][0-9a-f]/{DRAFT}*"):
            linked = any(path.is_symlink() for path in (draft, *list(draft.parents)[:3]))
            if not linked and re.fullmatch(rf"{re.escape(DRAFT)}\w{{8}}", draft.name) and _is_plain(draft):
                shutil.rmtree(draft, ignore_errors=True)


def refuse_other_format(root: Path) -> None:
    """Refuse a store of a later version of harness, because this version would replace its results as damaged.

    Raises:
        StoreError: with a repair.
    """
    file = root / FORMAT_FILE
    try:
        found = read_regular(file, MOST_BYTES, follow=False).decode(errors="replace").strip()[:40]
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise StoreError(
            f"cannot read {file}, the format of a store: {error.strerror}; correct that or give another --store"
        ) from error
    if found != str(FORMAT):
        raise StoreError(
            f"{root}: expected a store of format {FORMAT}, found one of format {found!r}; update harness, or give "
            "another --store, in which everything is computed again"
        )


def unwritable(path: Path, error: OSError) -> StoreError:
    """Return the error that says why a path in the store cannot be written, and how to repair it."""
    if isinstance(error, UnfitError):
        return StoreError(f"{error.filename}: {error.strerror}; move it away or give another --store")
    why = error.strerror or error
    return StoreError(f"cannot write {path}: {why}; free some space, correct its permissions or give another --store")


def _is_plain(folder: Path) -> bool:
    """Whether a folder contains only files of a result, complete or not."""
    try:
        return all(
            path.name in {ARRAYS, ENTRY} and path.is_file() and not path.is_symlink() for path in folder.iterdir()
        )
    except OSError:
        return False


def _unreadable(folder: Path, name: str, error: OSError) -> StoreError:
    """Return Damaged if the result can be replaced, else the error that ends the run."""
    if os.access(folder.parent, os.W_OK):
        return Damaged(f"{folder / name} is damaged ({error.strerror or error})")
    return StoreError(f"cannot read {folder}: {error.strerror}; correct its permissions or give another --store")


def _clear(path: Path) -> None:
    """Free the path of a result: remove a damaged result or a link; move anything else aside."""
    if path.is_symlink():
        path.unlink()
    elif path.is_dir() and _is_plain(path):
        shutil.rmtree(path)
    elif path.exists():
        path.rename(Path(tempfile.mkdtemp(prefix=f"{FOREIGN}{path.name[:8]}-", dir=path.parent)) / path.name)


def _write(folder: Path, key: str, entry: StoreEntry) -> None:
    """Write the arrays, then the entry with their hash, each flushed to the disk."""
    digest = None
    if entry.arrays:
        buffer = BytesIO()
        arrays: dict[str, Any] = dict(entry.arrays)
        np.savez(buffer, **arrays)
        digest = hashlib.sha256(buffer.getbuffer()).hexdigest()
        _flush(folder / ARRAYS, buffer.getvalue())
    content = {"key": key, "body": dict(entry.body), "arrays": digest, "facts": dict(entry.facts)}
    text = json.dumps(content, sort_keys=True)
    _flush(folder / ENTRY, json.dumps({"sha256": _sha(text), "content": text}).encode())


def _flush(path: Path, content: bytes) -> None:
    with path.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())


def _opened(text: bytes, folder: Path) -> dict[str, Any]:
    """Return an entry's content; check its hash, and that it has the parts of an entry."""
    try:
        wrapped = json.loads(text)
        content = loads(wrapped["content"])
        whole = _sha(wrapped["content"]) == wrapped["sha256"] and _has_parts(content)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        whole = False
    if not whole:
        raise Damaged(f"{folder / ENTRY} is damaged")
    return content  # type: ignore[no-any-return]


def _has_parts(content: Any) -> bool:
    """Whether an entry's content has the parts that ``_write`` writes."""
    arrays = content["arrays"]
    return (
        isinstance(content["key"], str)
        and isinstance(content["body"], dict)
        and isinstance(content["facts"], dict)
        and (arrays is None or isinstance(arrays, str))
    )


def _read_arrays(folder: Path, digest: str | None) -> dict[str, NDArray[Any]]:
    if digest is None:
        return {}
    try:
        with open_regular(folder / ARRAYS, most=MOST_ARRAYS) as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                raise Damaged(f"{folder / ARRAYS} is damaged")
            return read_arrays(file)
    except FileNotFoundError as error:
        raise Damaged(f"{folder / ARRAYS} is damaged (it is missing)") from error
    except ArchiveError as error:
        raise Damaged(f"{folder / ARRAYS} is damaged ({error})") from error
    except OSError as error:
        raise _unreadable(folder, ARRAYS, error) from error


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
