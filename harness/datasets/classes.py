"""Some classes of another data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, Field

from harness.errors import ContractError
from harness.examples import Examples
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.recipe import DatasetRef
from harness.kinds.registry import dataset


def _each_once(keep: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(keep)) < len(keep):
        raise ValueError("expected each class once; found one twice")
    return keep


@dataset("classes", edition=1)
class SomeClasses(DatasetRecipe):
    """The images of some classes of another data set, such as 3 against 7 (Goodfellow et al. 2015, section 5).

    Labels are counted anew, in the order of ``keep``. Images keep their order; every image's index is its position among
    those kept.
    """

    splits = ("train", "test")

    of: DatasetRef
    """The data set whose ``train`` and ``test`` are taken."""
    keep: Annotated[
        tuple[Annotated[int, Field(ge=0, le=100_000)], ...], AfterValidator(_each_once), Field(min_length=2)
    ] = (0, 1)
    """The classes kept, from 0: the first one gets the label 0, the second 1, and so on."""

    def known(self, name: Literal["image_shape", "classes"]) -> Any:
        """Return the number of classes; the shape of the images is that of the other data set."""
        return len(self.keep) if name == "classes" else super().known(name)

    def load(self, folders: tuple[Path, ...], **inputs: Any) -> dict[str, Examples]:
        """Return both splits; raise ContractError where a class has no image to train on."""
        of: dict[str, Examples] = inputs["of"]
        if missing := set(self.splits) - set(of):
            raise ContractError(f"classes: the data set {self.of!r} has no split {', '.join(sorted(missing))}")
        if absent := set(self.keep) - set(of["train"].labels.tolist()):
            raise ContractError(f"classes: keep: the data set {self.of!r} has no class {min(absent)} to train on")
        return {split: self._kept(of[split]) for split in self.splits}

    def _kept(self, whole: Examples) -> Examples:
        rows = np.flatnonzero(np.isin(whole.labels, self.keep))
        order = np.argsort(self.keep)
        places = np.searchsorted(np.asarray(self.keep), whole.labels[rows], sorter=order)
        return Examples(whole.images[rows], order[places].astype(np.int64), np.arange(len(rows)))
