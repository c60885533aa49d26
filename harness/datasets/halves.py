"""The training split of another data set cut into two halves."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.errors import ContractError
from harness.examples import Examples
from harness.kinds.dataset import DatasetRecipe, GetSize
from harness.kinds.recipe import DatasetRef
from harness.kinds.registry import dataset


@dataset("halves", edition=1)
class Halves(DatasetRecipe):
    """P1 and P2: two disjoint halves of a training split, with its test split (Szegedy et al. 2014, section 4.2).

    With an odd number of images ``p1`` has one more. An image's index is its position in its half.
    """

    splits = ("p1", "p2", "test")

    of: DatasetRef
    """The data set whose ``train`` is split."""
    draw: Literal["first-second", "random", "stratified"] = "first-second"
    """How to split: in the given order, by a permutation, or by a permutation that splits every class evenly
    (stratified)."""
    seed: int = Field(0, ge=0)
    """Seed of the permutation; the same in all runs."""

    def split_size(self, split: str, of: GetSize) -> int | None:
        """Return the number of images of the test split; which images a paper's halves hold is not known."""
        return of("test") if split == "test" else None

    def load(self, folders: tuple[Path, ...], **inputs: Any) -> dict[str, Examples]:
        """Return both halves and the test split."""
        of: dict[str, Examples] = inputs["of"]
        if missing := {"train", "test"} - set(of):
            raise ContractError(f"halves: the data set {self.of!r} has no split {', '.join(sorted(missing))}")
        first, second = self._cut(of["train"].labels)
        return {"p1": _part(of["train"], first), "p2": _part(of["train"], second), "test": of["test"]}

    def _cut(self, labels: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the positions of both halves in the training split, in its order."""
        total = len(labels)
        order = np.arange(total, dtype=np.int64)
        if self.draw != "first-second":
            order = np.random.default_rng(self.seed).permutation(total)
        if self.draw == "stratified":
            # Sorted by class, images go to the halves in turn, so no class differs by more than one.
            by_class = order[np.argsort(labels[order], kind="stable")]
            order = np.concatenate([by_class[::2], by_class[1::2]])
        middle = (total + 1) // 2
        return np.sort(order[:middle]), np.sort(order[middle:])


def _part(whole: Examples, rows: NDArray[np.int64]) -> Examples:
    return Examples(whole.images[rows], whole.labels[rows], np.arange(len(rows)))
