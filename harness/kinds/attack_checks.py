"""Checks of an attack's result: an example of each clean image, with its label, and targets that are wrong classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.errors import ContractError, plural
from harness.examples import AttackFailure, Examples
from harness.kinds.contract import check_array


def covered(made: Examples, clean: Examples, kind: str, tries: int) -> NDArray[np.int64]:
    """Return the clean image of each example, ``(n,)``; every clean image must have so many examples, and its label.

    Raises:
        ContractError: for an image left out, one that is not among the clean ones, one returned more or less often
            than ``tries`` says, and a label that is not the clean one's.
    """
    rows = clean.rows_of(made.index)
    foreign = np.flatnonzero(rows < 0)
    if len(foreign):
        raise ContractError(
            f"{kind}: index: {len(foreign)} of {len(made)} examples have an index that no clean image has "
            f"(first: {made.index[foreign[0]]})"
        )
    times = np.bincount(rows, minlength=len(clean))
    missing, wrong = np.flatnonzero(times == 0), np.flatnonzero(times != tries)
    if len(missing):
        raise ContractError(
            f"{kind}: index: {len(missing)} of {len(clean)} clean images were left out (first: image index "
            f"{clean.index[missing[0]]}); return an example of each, with found false where there is none"
        )
    if len(wrong):
        raise ContractError(
            f"{kind}: index: expected {plural(tries, 'example')} of each image, found "
            f"{times[wrong[0]]} of image index {clean.index[wrong[0]]}; an attack that returns several declares it (`tries`)"
        )
    other = np.flatnonzero(made.labels != clean.labels[rows])
    if len(other):
        raise ContractError(
            f"{kind}: labels: expected the clean images' labels, found another for {len(other)} of {len(made)} examples "
            f"(first: image index {made.index[other[0]]}, {made.labels[other[0]]} instead of {clean.labels[rows[other[0]]]})"
        )
    return rows


def check_targets(made: Examples, kind: str, classes: int) -> None:
    """Raise ContractError unless ``found``, ``failure`` and ``targets`` are right: a target is a wrong class, each tried once."""
    check_array(made.found, np.bool_, (len(made),), f"{kind}: found")
    if made.failure is not None:
        check_array(made.failure, np.int8, (len(made),), f"{kind}: failure")
        if made.failure.size and not 0 <= made.failure.min() <= made.failure.max() <= max(AttackFailure):
            raise ContractError(
                f"{kind}: failure: expected values of AttackFailure, 0 to {max(AttackFailure)}, found others"
            )
    if made.targets is None:
        return
    check_array(made.targets, np.int64, (len(made),), f"{kind}: targets")
    low, high = int(made.targets.min()), int(made.targets.max())
    if low < 0 or high >= classes:
        raise ContractError(f"{kind}: targets: must be classes, 0 to {classes - 1}, found {low} to {high}")
    own = np.flatnonzero(made.targets == made.labels)
    if len(own):
        raise ContractError(
            f"{kind}: targets: must be wrong classes, found the true class as target of {len(own)} of {len(made)} "
            f"examples (first: image index {made.index[own[0]]}, class {made.labels[own[0]]})"
        )
    if len(np.unique(made.index * classes + made.targets)) < len(made):
        raise ContractError(f"{kind}: targets: the same target was tried twice for one image")
