"""Base of data sets: authors write ``load``; the base checks splits of images in [0, 1] with labels."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from harness.examples import Examples
from harness.kinds.contract import check_splits
from harness.kinds.recipe import Recipe, read_only

GetSize = Callable[[str], int | None]
"""Returns the number of images of a split, None where it is not known."""


class DatasetRecipe(Recipe):
    """A data set. Authors write ``load``; calling the recipe loads and checks."""

    group = "datasets"

    splits: ClassVar[tuple[str, ...]] = ()
    """The splits ``load`` returns."""
    split_sizes: ClassVar[Mapping[str, int]] = {}
    """Split -> number of its images, for splits that are published and so the same in every paper."""
    image_shape: ClassVar[tuple[int, int, int] | None]
    """(h, w, c), where every image of the kind has it; a kind may have a field of that name instead, or neither."""
    classes: ClassVar[int | None]
    """Number of classes, likewise; a kind made of another data set has neither, and both of them are that one's."""

    @property
    def random(self) -> bool:
        """Loading draws nothing."""
        return False

    @property
    def stays_in_box(self) -> bool:
        """Whether all pixels lie in [0, 1]; images of noise need not."""
        return True

    def known(self, name: Literal["image_shape", "classes"]) -> Any:
        """Return what is known before the data are loaded; None where nothing is."""
        return getattr(self, name, None)

    def split_size(self, split: str, of: GetSize) -> int | None:
        """Return the number of images of a published split; None where a paper's split may hold other images.

        Args:
            split: the split.
            of: returns the same of a split of the data set this one is made of.
        """
        return self.split_sizes.get(split)

    @abstractmethod
    def load(self, folders: tuple[Path, ...], **inputs: Any) -> Mapping[str, Examples]:
        """Return every split. ``folders`` are folders to look in, in order; raise DataMissing where there is none."""

    def __call__(self, folders: tuple[Path, ...] = (), **inputs: Any) -> Mapping[str, Examples]:
        """Load and check: all splits have images of one shape, labels are classes, pixels lie in the box if they should."""
        splits = self.load(folders, **{role: read_only(given) for role, given in inputs.items()})
        shape, classes = self.known("image_shape"), self.known("classes")
        return check_splits(splits, self.kind, self.splits, shape, classes, box=self.stays_in_box)

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
