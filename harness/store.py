"""Keeps results by content key: a folder each, written atomically, with digests and provenance."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.arrays import UnsoundError, read_arrays
from harness.errors import StoreError
from harness.files import UnfitError, make_folder, open_regular, read_regular
from harness.locks import InUseError, hold
from harness.strictjson import loads

ARRAYS = "arrays.npz"
ENTRY = "entry.json"
DATA = "data"
"""Folder, beside the platforms, of data that were fetched and could be kept nowhere else."""
DRAFT = ".draft-"
"""Begins the name of a result that is being written."""
FOREIGN = "foreign-"
"""Begins the name of a folder with what was found in a result's place and is no result."""
LOCK = "lock"
"""The file that is locked while results are written."""
MOST_BYTES = 64 * 2**20
"""An entry larger than this is none: its arrays are in a file of their own."""
MOST_ARRAYS = 16 * 2**30
"""Arrays larger than this would not fit in memory; a file of that size is no result."""


@dataclass(frozen=True, eq=False)
class Entry:
    """One stored result.

    Attributes:
        body: the part of the result that is plain data.
        arrays: the part that is arrays.
        facts: how it came to be: seconds, when, environment, source digest.
        digest: SHA-256 of the arrays as stored; empty before they are stored, and where there are none. Equal arrays
            have equal digests.
    """

    body: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""


class Damaged(StoreError):
    """An entry is there but its bytes are not those that were written; it must be computed again."""


@dataclass(frozen=True)
class Store:
    """A disposable folder of results.

    Attributes:
        root: the folder, made when first written to.
        platform: backend and device type; results of different platforms are kept apart.
        mistake: returns what is wrong with the body and the facts of a verb's result, or nothing.
    """

    root: Path
    platform: str
    mistake: Callable[[str, Mapping[str, Any], Mapping[str, Any]], str] = lambda *_: ""

    def folder(self, verb: str, key: str) -> Path:
        """Return the folder of one result, whether or not it is there."""
        return self.root / self.platform / verb / key[:2] / key

    def has(self, verb: str, key: str) -> bool:
        """Whether a result is there; its bytes are not checked."""
        try:
            return (self.folder(verb, key) / ENTRY).is_file()
        except OSError:
            return False

    def load(self, verb: str, key: str, *, arrays: bool = True) -> Entry | None:
        """Return a result, or None if it is not there.

        Args:
            verb: the job's verb.
            key: its content key.
            arrays: whether to read the arrays too.

        Raises:
            Damaged: if its bytes are not those that were written for this key, or cannot be read but replaced.
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
        return Entry(content["body"], kept, content["facts"], content["arrays"] or "")

    def is_damaged(self, verb: str, key: str) -> bool:
        """Whether a result is there but its entry is not as it was written; its arrays are not looked at."""
        try:
            self.load(verb, key, arrays=False)
        except Damaged:
            return True
        return False

    def save(self, verb: str, key: str, entry: Entry) -> None:
        """Write a result; either all of it is there afterwards or nothing is. A damaged one is replaced.

        Raises:
            StoreError: if the folder cannot be written or the disk is full.
        """
        folder = self.folder(verb, key)
        try:
            make_folder(folder.parent, below=self.root)
            draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=folder.parent))
            try:
                _write(draft, key, entry)
                _clear(folder)
                draft.rename(folder)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
        except OSError as error:
            raise unwritable(folder, error) from error

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the store for writing; a second process is refused while the first works.

        What a killed process left half-written is removed then, since nobody else can be writing it.

        Raises:
            StoreError: if another process holds it, or it cannot be written.
        """
        with ExitStack() as held:
            try:
                make_folder(self.root / self.platform, below=self.root)
                held.enter_context(hold(self.root / LOCK))
                self._sweep()
            except InUseError as error:
                msg = f"{self.root} is in use by another harness ({error}); wait until it ends or give another --store"
                raise StoreError(msg) from error
            except OSError as error:
                raise unwritable(self.root, error) from error
            yield

    def _sweep(self) -> None:
        """Remove the drafts of results, and nothing else: no link is followed, and no file of other origin removed."""
        for draft in self.root.glob(f"*/*/[0-9a-f][0-9a-f]/{DRAFT}*"):
            linked = any(place.is_symlink() for place in (draft, *list(draft.parents)[:3]))
            if not linked and re.fullmatch(rf"{re.escape(DRAFT)}\w{{8}}", draft.name) and _is_plain(draft):
                shutil.rmtree(draft, ignore_errors=True)


def unwritable(place: Path, error: OSError) -> StoreError:
    """Return the error that says why a place in the store cannot be written, and how to repair it."""
    if isinstance(error, UnfitError):
        return StoreError(f"{error.filename}: {error.strerror}; move it away or give another --store")
    why = error.strerror or error
    return StoreError(f"cannot write {place}: {why}; free some space, mend its permissions or give another --store")


def _is_plain(folder: Path) -> bool:
    """Whether a folder holds nothing but the files of a result, whole or half-written."""
    try:
        return all(
            path.name in {ARRAYS, ENTRY} and path.is_file() and not path.is_symlink() for path in folder.iterdir()
        )
    except OSError:
        return False


def _unreadable(folder: Path, name: str, error: OSError) -> StoreError:
    """Return Damaged where the result may be computed again, else the error that ends the run before it begins."""
    if os.access(folder.parent, os.W_OK):
        return Damaged(f"{folder / name} is damaged ({error.strerror or error})")
    return StoreError(f"cannot read {folder}: {error.strerror}; mend its permissions or give another --store")


def _clear(place: Path) -> None:
    """Make way for a result: remove a damaged one and a link; set aside, beside it, whatever is of other origin."""
    if place.is_symlink():
        place.unlink()
    elif place.is_dir() and _is_plain(place):
        shutil.rmtree(place)
    elif place.exists():
        place.rename(Path(tempfile.mkdtemp(prefix=f"{FOREIGN}{place.name[:8]}-", dir=place.parent)) / place.name)


def _write(folder: Path, key: str, entry: Entry) -> None:
    """Write the arrays, then the entry that vouches for them, each flushed to the disk."""
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
    """Unwrap an entry, and check its digest and that it has the parts of an entry."""
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
    """Whether an entry's content is of the shape that ``_write`` gives it."""
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
    except UnsoundError as error:
        raise Damaged(f"{folder / ARRAYS} is damaged ({error})") from error
    except OSError as error:
        raise _unreadable(folder, ARRAYS, error) from error


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
