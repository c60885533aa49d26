"""scikit-learn's handwritten digits, which come with the installation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from harness.examples import Examples
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.registry import dataset


@dataset("digits", edition=1)
class Digits(DatasetRecipe):
    """1,797 handwritten digits of 8 x 8 grey pixels (Alpaydin and Kaynak 1998, test part), without a download.

    Pixels are the original's 0..16 divided by 16. The set has no published split; a fixed permutation splits it.
    """

    splits = ("train", "test")
    image_shape = (8, 8, 1)
    classes = 10

    test: int = Field(597, ge=1, le=1796)
    """Number of images in the test split; the others are for training."""
    seed: int = Field(0, ge=0)
    """Seed of the permutation; the same in all runs."""

    def load(self, folders: tuple[Path, ...], **inputs: Any) -> dict[str, Examples]:
        """Return both splits."""
        from sklearn.datasets import load_digits

        digits = load_digits()
        images = (digits.images[..., None] / 16).astype(np.float32)
        labels = digits.target.astype(np.int64)
        order = np.random.default_rng(self.seed).permutation(len(labels))
        cut = {"test": order[: self.test], "train": order[self.test :]}
        return {name: Examples(images[rows], labels[rows], np.arange(len(rows))) for name, rows in cut.items()}
