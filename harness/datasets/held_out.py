"""A part of another data set's training split held out, to choose settings by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from harness.errors import ContractError
from harness.examples import Examples
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.recipe import DatasetRef
from harness.kinds.registry import dataset


@dataset("held-out", edition=1)
class HeldOut(DatasetRecipe):
    """A training and a validation set from the training split of another data set, for choosing hyper-parameters.

    The split is stratified by class. There is no test split, so that a search cannot use it. An image's index is
    its position in its part.
    """

    splits = ("train", "held-out")

    of: DatasetRef
    """The data set whose ``train`` is split."""
    images: int = Field(10_000, ge=1, le=10_000_000)
    """Number of validation images."""
    seed: int = Field(0, ge=0)
    """Seed of the draw; the same in all runs."""

    def load(self, folders: tuple[Path, ...], **inputs: Any) -> dict[str, Examples]:
        """Return what is left, and what is held out, each in the order given."""
        of: dict[str, Examples] = inputs["of"]
        if "train" not in of:
            raise ContractError(f"held-out: the data set {self.of!r} has no split train")
        whole = of["train"]
        if self.images >= len(whole):
            raise ContractError(f"held-out: cannot hold {self.images} of {len(whole)} images out; make images smaller")
        order = np.random.default_rng(self.seed).permutation(len(whole))
        # Sorted by class, every n-th image is taken, so that no class differs from its share by more than one.
        by_class = order[np.argsort(whole.labels[order], kind="stable")]
        places = (np.arange(self.images) * len(whole)) // self.images
        out = np.zeros(len(whole), bool)
        out[by_class[places]] = True
        return {"train": _cut(whole, np.flatnonzero(~out)), "held-out": _cut(whole, np.flatnonzero(out))}


def _cut(whole: Examples, rows: np.ndarray[Any, np.dtype[np.int64]]) -> Examples:
    return Examples(whole.images[rows], whole.labels[rows], np.arange(len(rows)))
