"""What a pack promised before workers measured anything; the store keeps it, because workers write no record."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from harness.drafts import remove_drafts, replace_file
from harness.files import make_folder, read_regular
from harness.record.dates import moment
from harness.record.protocol import WHOLE, Promise, Protocol, amended, promised
from harness.spec.paper import Paper

FOLDER = "promises"
"""Folder of a store, with one file for each pack's name."""
LARGEST = 2**25
"""Largest size of such a file in bytes."""


def keep_promises(root: Path, paper: Paper, inputs: Mapping[str, str], now: datetime) -> None:
    """Store what a pack promises now; a promise that is already stored in the same words keeps its date.

    Nothing is stored for a rehearsal, which is never compared with the paper.

    Args:
        root: the store; no other process may store promises there meanwhile.
        paper: of the pack.
        inputs: claim id -> digest of everything on which its number depends.
        now: a time before any job is started.

    Raises:
        OSError: if the store cannot be written.
    """
    if not paper.comparable:
        return
    file, before = _file(root, paper), _kept(root, paper)
    latest = amended(before, promised(paper, inputs, {}, before, now))
    if latest is None or latest == before:
        return
    make_folder(file.parent, below=root)
    remove_drafts(file.parent, [file.name], of_the_living=True)
    replace_file(file, latest.model_dump_json().encode(), durable=False)


def dated(protocol: Protocol, root: Path, paper: Paper) -> Protocol:
    """Return a protocol with the store's date for each claim's promise that is stored in the same words.

    The date of the whole pack's promise does not change: it is the date of the amendments that are found now.
    """
    before = _kept(root, paper)
    known = {claim: each for claim, each in before.promises.items() if claim != WHOLE} if before is not None else {}
    promises = {claim: _older(each, known.get(claim)) for claim, each in protocol.promises.items()}
    return protocol.model_copy(update={"promises": promises})


def _older(promise: Promise, kept: Promise | None) -> Promise:
    if kept is None or kept.terms != promise.terms:
        return promise
    then, now = moment(kept.since), moment(promise.since)
    return promise.model_copy(update={"since": kept.since}) if then and now and then < now else promise


def _file(root: Path, paper: Paper) -> Path:
    return root / FOLDER / f"{hashlib.sha256(paper.name.encode(errors='replace')).hexdigest()[:16]}.json"


def _kept(root: Path, paper: Paper) -> Protocol | None:
    """Return the stored protocol; None if there is none, or if it is invalid."""
    with suppress(OSError, ValueError, RecursionError):
        return Protocol.model_validate_json(read_regular(_file(root, paper), LARGEST, follow=False))
    return None
