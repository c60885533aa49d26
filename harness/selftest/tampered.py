"""Data sets with a defect; available to packs only during a selftest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from harness.examples import Examples
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.recipe import DatasetRef


class SwappedLabels(DatasetRecipe):
    """Another data set with the labels of two classes swapped in the training split."""

    splits = ("train", "test")

    of: DatasetRef
    """The correct data set."""
    classes_swapped: tuple[int, int] = (3, 5)
    """The two classes."""

    def load(self, folders: tuple[Path, ...], **inputs: Any) -> dict[str, Examples]:
        """Return both splits; the test split is correct."""
        of: dict[str, Examples] = inputs["of"]
        train, (one, other) = of["train"], self.classes_swapped
        swapped = np.where(train.labels == one, other, np.where(train.labels == other, one, train.labels))
        return {"train": Examples(train.images, swapped, train.index), "test": of["test"]}


class LeakedTest(DatasetRecipe):
    """Another data set whose training split also contains the test images."""

    splits = ("train", "test")

    of: DatasetRef
    """The correct data set."""

    def load(self, folders: tuple[Path, ...], **inputs: Any) -> dict[str, Examples]:
        """Return both splits; the test split itself is correct."""
        of: dict[str, Examples] = inputs["of"]
        images, labels = (np.concatenate([getattr(of[split], name) for split in self.splits]) for name in _PAIRED)
        return {"train": Examples(images, labels, np.arange(len(labels))), "test": of["test"]}


_PAIRED = ("images", "labels")
KINDS: Mapping[str, type[DatasetRecipe]] = MappingProxyType(
    {"swapped-labels": SwappedLabels, "leaked-test": LeakedTest}
)
"""The defective data sets by kind."""
