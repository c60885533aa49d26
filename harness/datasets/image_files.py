"""A user's own image files, such as ImageNet's: a folder, a tar or a zip."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from harness.errors import DataMissing, Infeasible, plural
from harness.examples import Examples
from harness.kinds.contract import shape_text
from harness.kinds.data_files import Fetched
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.image_fields import GroundTruth, ImageFiles, NamedFile, UnusualShares
from harness.kinds.layer import Pair, pair
from harness.kinds.registry import dataset
from harness.sources import Unsound
from harness.sources.ground_truth import MOST_BYTES as MOST_TEXT
from harness.sources.ground_truth import labels_by_file, labels_by_folder, listed_names
from harness.sources.named import find_file, found_in, missing, nowhere
from harness.sources.photographs import Photographs, image_paths, photographs
from harness.sources.pixels import Fit, Interpolation, decoder
from harness.sources.tree import opened_tree

MOST_BYTES = 2**31
"""Images that have more bytes as float32 are not read."""


@dataset("image-files", edition=1)
class ImagesOfFiles(DatasetRecipe):
    """Image files of your own, JPEG or PNG, in a folder, a tar or a zip: ImageNet's, or others in class folders.

    harness looks for the source by name in the data folders (``--data-dir``, HARNESS_DATA_DIR). Images are
    resized, centre-cropped and scaled to [0, 1], the unit of distortions. Further preprocessing, such as
    subtracting means, is done by the network's layers (``rescaling``). Images are ordered by path. Nothing is
    unpacked to disk; links, paths that leave the folder, and very large files or images are refused.
    """

    train: ImageFiles | None = None
    """Files of the split ``train``; null for none."""
    test: ImageFiles | None = None
    """Files of the split ``test``; null for none."""
    classes: int = Field(ge=2, le=100_000)  # type: ignore[misc]  # a field here, a constant of other kinds
    """Number of classes; labels are smaller than this."""
    names: NamedFile | None = None
    """A file with the names of the classes in the order of their labels, one in each line; only the first word
    counts. Null if the classes are the folders' names in alphabetical order, as usual for ImageNet, or if the
    ground truth has numbers."""
    size: Pair
    """Height and width of the centre crop, or one number for both."""
    resize: Pair | None = None
    """Before cropping: length of the shorter side (one number), or height and width, which may change the aspect
    ratio. Null does not resize."""
    interpolation: Interpolation = "bilinear"
    """How pixels are interpolated when an image is resized; all except ``nearest`` average over the area of a new
    pixel."""
    channels: Literal["rgb", "grey"] = "rgb"
    """Red, green and blue, or only the luminance."""
    at_most: UnusualShares = UnusualShares()
    """Largest fraction of a split's images that may be unusual."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.splits:
            raise ValueError("expected at least one of train and test; found null for both")
        (height, width), to = pair(self.size), self.resize
        if isinstance(to, tuple) and (to[0] < height or to[1] < width):
            raise ValueError(f"expected resize of at least the size {height}×{width}; found {to[0]}×{to[1]}")
        if isinstance(to, int) and to < max(height, width):
            raise ValueError(f"expected resize of at least the size's longer side, {max(height, width)}; found {to}")
        return self

    @property
    def splits(self) -> tuple[str, ...]:  # type: ignore[override]  # a constant of other kinds
        """Those whose files are named."""
        return tuple(self._files)

    def known(self, name: Literal["image_shape", "classes"]) -> Any:
        """Return the number of classes, and the shape that ``size`` and ``channels`` give the images."""
        return (*self._fit.size, self._fit.channels) if name == "image_shape" else super().known(name)

    @property
    def _files(self) -> dict[str, ImageFiles]:
        files = {"train": self.train, "test": self.test}
        return {split: each for split, each in files.items() if each is not None}

    @property
    def _fit(self) -> Fit:
        return Fit(pair(self.size), self.resize, self.interpolation, 3 if self.channels == "rgb" else 1)

    def load(self, folders: tuple[Path, ...], **inputs: Any) -> Mapping[str, Examples]:
        """Return the splits.

        Raises:
            DataMissing: if a file, or the images themselves, are in none of the folders.
            Infeasible: if they do not hold what the fields say, or too many images are unusual.
        """
        splits, origins, notes = {}, [], []
        for split, files in self._files.items():
            found, labels, place, troubles = self._found(files, folders)
            self._check(found, files.source)
            splits[split] = Examples(found.images, labels[found.used], np.arange(len(found.images), dtype=np.int64))
            origins.append(f"{split}: {found.told} of {files.source}")
            notes += [f"passed over: {each}" for each in troubles]
            notes.append(f"{split}: {found.told} of {place}; their list has the SHA-256 {found.sha256}")
            notes += [f"{split}: {sort}: {found.named(sort)}" for sort in found.unusual]
        return Fetched(splits, "; ".join([*origins, f"decoded by {decoder()}"]), notes)

    def _found(
        self, files: ImageFiles, folders: tuple[Path, ...]
    ) -> tuple[Photographs, NDArray[np.int64], Path, list[str]]:
        """Return a split's images and labels, where they are, and what was passed over; raise as ``load``."""
        troubles: list[str] = []
        for place in found_in(files.source, folders, troubles):
            with _using(f"source {files.source}"), opened_tree(place, files.inside or "") as tree:
                labels = _drawn(self._labels(image_paths(tree.paths), files.labels, folders), files)
                shape = self.known("image_shape")
                if (size := len(labels) * math.prod(shape) * 4) > MOST_BYTES:
                    raise Unsound(
                        f"has too many images: {len(labels):,} of {shape_text(shape)} have {size:,} bytes as "
                        f"float32, expected at most {MOST_BYTES:,}; take fewer by 'images' or 'per_class'"
                    )
                found = photographs(tree, list(labels), self._fit, _most(self.at_most.unusable, len(labels)))
            if files.sha256 in {None, found.sha256}:
                return found, np.fromiter(labels.values(), np.int64), place, troubles
            troubles.append(f"the list of the images of {place} has the SHA-256 {found.sha256}")
        wanted = f" whose list of images has the SHA-256 {files.sha256}" if files.sha256 else ""
        raise DataMissing(f"images are missing: {nowhere(f'source {files.source}{wanted}', folders, troubles)}")

    def _labels(self, paths: Sequence[str], truth: GroundTruth | None, folders: tuple[Path, ...]) -> dict[str, int]:
        """Return the label of each image, in the order of their paths."""
        if not paths:
            raise Unsound("holds no image: no file .jpg, .jpeg or .png")
        names = None if self.names is None else _listed(self.names, folders)
        if names is not None and len(names) != self.classes:
            raise Infeasible(
                f"the file of 'names' has {len(names):,} classes, expected {self.classes:,}; correct 'classes' or 'names'"
            )
        if truth is None:
            return labels_by_folder(paths, names, self.classes)
        order = None if truth.order is None else _listed(truth.order, folders)
        with _using(f"file {truth.file}"):
            labels = labels_by_file(_content(truth, folders), paths, names, truth.first, order)
            wrong = next((path for path, label in labels.items() if not 0 <= label < self.classes), None)
            if wrong is not None:
                raise Unsound(
                    f"gives the class {labels[wrong] + truth.first} for {wrong}, expected {truth.first} to "
                    f"{self.classes - 1 + truth.first}; correct it, or 'first' or 'classes'"
                )
        return labels

    def _check(self, found: Photographs, source: str) -> None:
        """Raise Infeasible if too many files are unusual in one way."""
        for sort, share in self.at_most:
            count, most = len(found.unusual.get(sort, ())), _most(share, len(found.used))
            if count > most:
                raise Infeasible(
                    f"source {source} cannot be used: {count:,} of {plural(len(found.used), 'image')} are {sort}; expected at "
                    f"most {most:,} ({found.named(sort)}); repair or remove them, or allow them: 'at_most: {{{sort}: …}}'"
                )


def _most(share: float, total: int) -> int:
    return math.floor(share * total + 1e-9)  # 0.29 of 100 are 29


def _drawn(labels: Mapping[str, int], files: ImageFiles) -> dict[str, int]:
    """Return the images that are taken, with their labels, in the order they had."""
    order = np.random.default_rng(files.seed).permutation(len(labels))
    if files.per_class is not None:
        of = np.fromiter(labels.values(), np.int64)[order]
        by_class = np.argsort(of, kind="stable")
        first = np.searchsorted(of[by_class], of[by_class])  # where the class of each begins
        order = order[np.sort(by_class[np.arange(len(of)) - first < files.per_class])]
    taken = set(order[: files.images].tolist())
    return {path: label for place, (path, label) in enumerate(labels.items()) if place in taken}


def _content(file: NamedFile, folders: tuple[Path, ...]) -> bytes:
    """Return what a file holds; raise DataMissing where it is in none of the folders."""
    troubles: list[str] = []
    found = find_file([file.file], file.sha256, folders, MOST_TEXT, troubles)
    if found is None:
        raise DataMissing(f"images are missing: {missing(file.file, file.sha256, folders, troubles)}")
    return found[1]


def _listed(file: NamedFile, folders: tuple[Path, ...]) -> tuple[str, ...]:
    with _using(f"file {file.file}"):
        return listed_names(_content(file, folders))


@contextmanager
def _using(what: str) -> Iterator[None]:
    """Raise Infeasible in place of Unsound; ``what`` is unsound."""
    try:
        yield
    except Unsound as trouble:
        raise Infeasible(f"{what} cannot be used: it {trouble}") from trouble
