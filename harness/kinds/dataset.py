"""Base of data sets: authors write ``load``; the base checks splits of images in [0, 1] with labels."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from harness.examples import Examples
from harness.kinds.contract import check_splits
from harness.kinds.recipe import Recipe, read_only


class DatasetRecipe(Recipe):
    """A data set. Authors write ``load``; calling the recipe loads and checks."""

    group = "datasets"

    splits: ClassVar[tuple[str, ...]] = ()
    """The splits ``load`` returns."""
    image_shape: ClassVar[tuple[int, int, int] | None]
    """(h, w, c), where every image of the kind has it; a kind may have a field of that name instead, or neither."""
    classes: ClassVar[int | None]
    """Number of classes, likewise; a kind made of another data set has neither, and both of them are that one's."""

    @property
    def random(self) -> bool:
        """Loading draws nothing."""
        return False

    def known(self, name: Literal["image_shape", "classes"]) -> Any:
        """Return what is known before the data are loaded; None where nothing is."""
        return getattr(self, name, None)

    @abstractmethod
    def load(self, folders: tuple[Path, ...], **inputs: Any) -> Mapping[str, Examples]:
        """Return every split. ``folders`` are folders to look in, in order; raise DataMissing where there is none."""

    def __call__(self, folders: tuple[Path, ...] = (), **inputs: Any) -> Mapping[str, Examples]:
        """Load and check: all splits have images of one shape, pixels lie in [0, 1], labels are classes."""
        splits = self.load(folders, **{role: read_only(given) for role, given in inputs.items()})
        return check_splits(splits, self.kind, self.splits, self.known("image_shape"), self.known("classes"))

    def digest(self, splits: Mapping[str, Examples]) -> str:
        """Return the SHA-256 over every split's name, images, labels and index, splits in alphabetical order.

        Shapes and dtypes enter with the bytes, so no two data sets share a digest.
        """
        total = hashlib.sha256()
        for name, examples in sorted(splits.items()):
            for array in (examples.images, examples.labels, examples.index):
                total.update(f"{name} {array.dtype.str} {array.shape}".encode())
                total.update(np.ascontiguousarray(array).data)
        return total.hexdigest()
