"""A user's own images and labels, from an ``.npz`` file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, model_validator

from harness.errors import DataMissing, Infeasible
from harness.examples import Examples
from harness.kinds.contract import shape_text
from harness.kinds.data_files import Fetched
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.file_fields import ArrayName, FileName, Sha256
from harness.kinds.recipe import Frozen
from harness.kinds.registry import dataset
from harness.naming import unknown
from harness.sources import Unsound
from harness.sources.named import find_file, missing
from harness.sources.npz import Npz
from harness.sources.stored import Stored

MOST_BYTES = 2**31
"""A file larger than this is refused unread, and images that have more bytes as float32 are not unpacked."""
Side = Annotated[int, Field(ge=1, le=100_000)]


class ArrayNames(Frozen):
    """The arrays of one split."""

    images: ArrayName
    """Name of the array of images, (n, h, w) or (n, h, w, channels)."""
    labels: ArrayName
    """Name of the array of labels, (n,) or (n, 1)."""


def _is_npz(name: str) -> str:
    if not name.endswith(".npz"):
        raise ValueError(f"expected a file .npz; found {name!r}; numpy.savez writes one")
    return name


@dataset("npz", edition=1)
class ArraysOfAFile(DatasetRecipe):
    """Images and labels of your own, in a file written by ``numpy.savez`` and identified by its SHA-256.

    Pixels are uint8 (divided by 255) or floats in [0, 1]; labels are integers from 0. harness looks for the file
    by name in the data folders (``--data-dir``, HARNESS_DATA_DIR). Nothing in it is ever executed.
    """

    file: Annotated[FileName, AfterValidator(_is_npz)]
    """Name of the file within the data folders."""
    sha256: Sha256
    """SHA-256 of the file."""
    classes: int = Field(ge=2, le=100_000)  # type: ignore[misc]  # a field here, a constant of other kinds
    """Number of classes; labels are smaller than this."""
    image_shape: tuple[Side, Side, Side] | None = None  # type: ignore[misc]  # as above
    """Height, width and channels of the images, compared with the file. ``lint`` uses them to check the shapes of
    networks. Null: no check before the file is read."""
    train: ArrayNames | None = ArrayNames(images="x_train", labels="y_train")
    """Arrays of the split ``train``; null for none."""
    test: ArrayNames | None = ArrayNames(images="x_test", labels="y_test")
    """Arrays of the split ``test``; null for none."""

    @model_validator(mode="after")
    def _has_a_split(self) -> Self:
        if not self.splits:
            raise ValueError("expected at least one of train and test; found null for both")
        return self

    @property
    def splits(self) -> tuple[str, ...]:  # type: ignore[override]  # a constant of other kinds
        """Those whose arrays are named."""
        return tuple(self._pairs)

    @property
    def _pairs(self) -> dict[str, ArrayNames]:
        pairs = {"train": self.train, "test": self.test}
        return {split: pair for split, pair in pairs.items() if pair is not None}

    def load(self, folders: tuple[Path, ...], **inputs: Any) -> Mapping[str, Examples]:
        """Return the splits.

        Raises:
            DataMissing: if the file is in none of the folders.
            Infeasible: if it does not hold what the fields say.
        """
        troubles: list[str] = []
        found = find_file([self.file], self.sha256, folders, MOST_BYTES, troubles)
        if found is None:
            raise DataMissing(f"data are missing: {missing(self.file, self.sha256, folders, troubles)}")
        path, content = found
        try:
            file = Npz(content)
            splits = {split: self._examples(file, pair) for split, pair in self._pairs.items()}
            self._check(splits)
        except Unsound as trouble:
            raise Infeasible(f"the data file {self.file} cannot be used: it {trouble}") from trouble
        return Fetched(splits, f"a file {self.file}", [*(f"passed over: {each}" for each in troubles), str(path)])

    def _examples(self, file: Npz, pair: ArrayNames) -> Examples:
        labels = _labels(_stored(file, pair.labels), pair.labels)
        images = _pixels(_stored(file, pair.images), pair.images)
        if len(images) != len(labels):
            raise Unsound(
                f"does not fit: {pair.images} has {len(images)} images, {pair.labels} has {len(labels)} labels"
            )
        return Examples(images, labels, np.arange(len(labels), dtype=np.int64))

    def _check(self, splits: Mapping[str, Examples]) -> None:
        """Raise Unsound unless images have the shape declared, or else one shape, and labels are classes."""
        wanted = self.image_shape or next(iter(splits.values())).images.shape[1:]
        for split, examples in splits.items():
            name, shape = self._pairs[split], examples.images.shape[1:]
            if shape != wanted:
                raise Unsound(
                    f"does not fit: {name.images} has images of {shape_text(shape)}, expected {shape_text(wanted)}"
                )
            outside = examples.labels[(examples.labels < 0) | (examples.labels >= self.classes)]
            if len(outside):
                raise Unsound(
                    f"does not fit: {name.labels} has {len(outside)} labels outside 0 to {self.classes - 1}, the first one "
                    f"{outside[0]}; correct them, or 'classes: {self.classes}'"
                )


def _stored(file: Npz, name: str) -> Stored:
    if name not in file.names:
        raise Unsound(f"has not the array {name}: {unknown('array', name, file.names)}")
    return file.stored(name)


def _pixels(stored: Stored, name: str) -> NDArray[np.float32]:
    """Return images as float32 ``(n, h, w, c)`` in [0, 1]."""
    if len(stored.shape) not in (3, 4) or 0 in stored.shape:
        raise Unsound(
            f"does not fit: {name} has the shape {shape_text(stored.shape) or '()'}, "
            "expected (n, height, width) or (n, height, width, channels) of at least one image"
        )
    if stored.dtype != "uint8" and (stored.kind != "f" or stored.itemsize > 8):
        raise Unsound(f"does not fit: {name} is {stored.dtype}, expected uint8, or floats in [0, 1]")
    if (size := stored.size // stored.itemsize * 4) > MOST_BYTES:
        raise Unsound(f"is too large: {name} has {size:,} bytes as float32, expected at most {MOST_BYTES:,}")
    array = stored.read()
    if stored.dtype == "uint8":
        pixels = np.divide(array, np.float32(255), dtype=np.float32)
    else:
        if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
            raise Unsound(
                f"does not fit: {name} holds {array.min():.6g} to {array.max():.6g}, expected floats in [0, 1]; "
                "divide them, or save uint8"
            )
        pixels = array.astype(np.float32)
    return np.ascontiguousarray(pixels if pixels.ndim == 4 else pixels[..., None])


def _labels(stored: Stored, name: str) -> NDArray[np.int64]:
    """Return labels as int64 ``(n,)``."""
    shape = stored.shape
    if len(shape) not in (1, 2) or shape[1:] not in ((), (1,)):
        raise Unsound(f"does not fit: {name} has the shape {shape_text(shape) or '()'}, expected (n,) or (n, 1)")
    if stored.kind not in "iu":
        raise Unsound(f"does not fit: {name} is {stored.dtype}, expected integers, one class for each image")
    if stored.size > MOST_BYTES:
        raise Unsound(f"is too large: {name} has {stored.size:,} bytes, expected at most {MOST_BYTES:,}")
    return stored.read().reshape(-1).astype(np.int64)
