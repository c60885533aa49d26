"""Some classes of another data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, model_validator

from harness.errors import ContractError
from harness.examples import Examples
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.recipe import DatasetRef, unused
from harness.kinds.registry import dataset


def _each_once(keep: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(keep)) < len(keep):
        raise ValueError("expected each class once; found one twice")
    return keep


@dataset("classes", edition=1)
class SomeClasses(DatasetRecipe):
    """The images of some classes of another data set, such as 3 against 7 (Goodfellow et al. 2015, section 5).

    Labels are numbered in the order of ``keep``. Images keep their order; an image's index is its position among
    those kept.
    """

    splits = ("train", "test")

    of: DatasetRef
    """The data set whose ``train`` and ``test`` are used."""
    keep: Annotated[
        tuple[Annotated[int, Field(ge=0, le=100_000)], ...], AfterValidator(_each_once), Field(min_length=1)
    ] = (0, 1)
    """The classes kept, from 0: the first one gets the label 0, the second 1, and so on. At least two, or one and ``rest``."""
    rest: Literal[True] | None = Field(None, exclude_if=unused)
    """Whether all other classes form one more class, the last one. It has as many images, evenly spaced in their
    order, as the largest class of ``keep``. null leaves them out."""

    @model_validator(mode="after")
    def _are_two(self) -> Self:
        if len(self.keep) < 2 and not self.rest:
            raise ValueError("keep: expected two classes at least; found one; name another, or write rest: true")
        return self

    def known(self, name: Literal["image_shape", "classes"]) -> Any:
        """Return the number of classes; the shape of the images is that of the other data set."""
        return len(self.keep) + bool(self.rest) if name == "classes" else super().known(name)

    def load(self, folders: tuple[Path, ...], **inputs: Any) -> dict[str, Examples]:
        """Return both splits; raise ContractError where a class has no image to train on."""
        of: dict[str, Examples] = inputs["of"]
        if missing := set(self.splits) - set(of):
            raise ContractError(f"classes: the data set {self.of!r} has no split {', '.join(sorted(missing))}")
        if absent := set(self.keep) - set(of["train"].labels.tolist()):
            raise ContractError(f"classes: keep: the data set {self.of!r} has no class {min(absent)} to train on")
        return {split: self._kept(of[split]) for split in self.splits}

    def _kept(self, whole: Examples) -> Examples:
        labels = np.full(len(whole), len(self.keep), np.int64)
        for label, kept in enumerate(self.keep):
            labels[whole.labels == kept] = label
        rows = np.flatnonzero(labels < len(self.keep))
        if self.rest:
            rows = np.sort(np.concatenate([rows, _of_the_rest(labels, len(self.keep))]))
        return Examples(whole.images[rows], labels[rows], np.arange(len(rows)))


def _of_the_rest(labels: NDArray[np.int64], rest: int) -> NDArray[np.int64]:
    """Return the rows of as many images of the last class as the largest other one has, evenly spaced."""
    others = np.flatnonzero(labels == rest)
    wanted = min(len(others), int(np.bincount(labels, minlength=rest + 1)[:rest].max()))
    return others[np.arange(wanted) * len(others) // max(wanted, 1)]
