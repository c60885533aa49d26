"""CIFAR-10, from Keras' own files, at hand or downloaded from where Keras does."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from harness.errors import DataMissing
from harness.examples import Examples
from harness.kinds.data_files import Fetched, kept_by
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.registry import dataset
from harness.sources import Unsound
from harness.sources.archive import parsing
from harness.sources.named import check
from harness.sources.pickled import gunzip, unpickle
from harness.sources.published import Published, Search

NAME = "CIFAR-10"
FOLDER = "cifar-10-batches-py"
ARCHIVE = Published(
    (f"{FOLDER}-target_archive", "cifar-10-python.tar.gz", f"{FOLDER}.tar.gz"),
    "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    180_000_000,
    "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
)
"""Under Keras' name for it, the authors', and that of Keras before 3."""
MOST_UNPACKED = 200_000_000
"""What the archive unpacks to at most."""
MOST_BATCH = 32_000_000
"""No batch has more bytes."""
IMAGES = 10_000
"""In each batch."""

BATCHES: dict[str, str] = {
    "data_batch_1": "54636561a3ce25bd3e19253c6b0d8538147b0ae398331ac4a2d86c6d987368cd",
    "data_batch_2": "766b2cef9fbc745cf056b3152224f7cf77163b330ea9a15f9392beb8b89bc5a8",
    "data_batch_3": "0f00d98ebfb30b3ec0ad19f9756dc2630b89003e10525f5e148445e82aa6a1f9",
    "data_batch_4": "3f7bb240661948b8f4d53e36ec720d8306f5668bd0071dcb4e6c947f78e9682b",
    "data_batch_5": "d91802434d8376bbaeeadf58a737e3a1b12ac839077e931237e0dcd43adcb154",
    "test_batch": "f53d8d457504f7cff4ea9e021afcf0e0ad8e24a91f3fc42091b8adef61157831",
}
"""Files of the archive -> their SHA-256, in the order of the images; the last one is the test split."""


@dataset("cifar10", edition=1)
class Cifar10(DatasetRecipe):
    """Photographs of ten classes, 50,000 for training and 10,000 for testing, 32 x 32 RGB (Krizhevsky 2009).

    harness looks for it in the data folders and in Keras' cache, as the folder ``cifar-10-batches-py`` (there, or within
    ``cifar-10-batches-py-target``) or as the archive ``cifar-10-python.tar.gz``, then downloads it from the same
    address as Keras and keeps it in Keras' cache, or in the store. Other files are skipped; no file is ever
    changed or deleted, and no code in one is ever run. ``HARNESS_OFFLINE=1`` forbids the download.
    """

    splits = ("train", "test")
    split_sizes: ClassVar[Mapping[str, int]] = {"train": 50_000, "test": 10_000}
    image_shape = (32, 32, 3)
    classes = 10

    def fields(self) -> dict[str, Any]:
        """Return the digests of the files, so that they enter the key."""
        return super().fields() | {"sha256": dict(BATCHES)}

    def load(self, folders: tuple[Path, ...], **inputs: Any) -> Fetched:
        """Return both splits, in the original order; raise DataMissing with what was tried and what repairs it."""
        search = Search(folders, kept_by(folders))
        files = _unpacked_at_hand(search)
        try:
            if files is None:
                files = _members(search.obtain(ARCHIVE, NAME))
            batches = [_batch(name, content) for name, content in files.items()]
        except Unsound as trouble:
            raise DataMissing(f"{NAME} is missing: {trouble}") from trouble
        return Fetched(
            {"train": _joined(batches[:-1]), "test": _joined(batches[-1:])}, search.origin, search.notes_of_all()
        )


def _unpacked_at_hand(search: Search) -> dict[str, bytes] | None:
    """Return the batches of an unpacked archive; None where one of them is not there."""
    paths = {name: (f"{FOLDER}-target/{FOLDER}/{name}", f"{FOLDER}/{name}") for name in BATCHES}
    contents = search.at_hand(*(Published(paths[name], digest, MOST_BATCH) for name, digest in BATCHES.items()))
    return None if contents is None else dict(zip(BATCHES, contents, strict=True))


def _members(packed: bytes) -> dict[str, bytes]:
    """Return the batches of the archive; raise Unsound where one of them is another."""
    files = {}
    with parsing(), tarfile.open(fileobj=BytesIO(gunzip(packed, MOST_UNPACKED)), mode="r:") as archive:
        for name, digest in BATCHES.items():
            stream = archive.extractfile(f"{FOLDER}/{name}")
            files[name] = b"" if stream is None else stream.read(MOST_BATCH)
            try:
                check(files[name], digest)
            except Unsound as trouble:
                raise Unsound(f"{name} in the archive {trouble}") from trouble
    return files


def _batch(name: str, content: bytes) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return images ``(n, 32, 32, 3)`` and labels of a batch: a pickle of rows (3, 32, 32) and a list of labels."""
    try:
        batch = unpickle(content)
    except Unsound as trouble:
        raise Unsound(f"{name} {trouble}") from trouble
    match batch:
        case {b"data": np.ndarray() as data, b"labels": list(labels)} if (
            data.dtype == np.uint8
            and data.shape == (IMAGES, 3072)
            and len(labels) == IMAGES
            and all(type(label) is int for label in labels)
        ):
            return data.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), np.array(labels, np.int64)
    raise Unsound(f"{name} is no batch of {IMAGES:,} images and labels")


def _joined(batches: list[tuple[NDArray[np.uint8], NDArray[np.int64]]]) -> Examples:
    """Return batches as examples, pixels divided by 255."""
    images = np.concatenate([each for each, _ in batches])
    labels = np.concatenate([each for _, each in batches])
    pixels = np.divide(images, np.float32(255), dtype=np.float32)
    return Examples(np.ascontiguousarray(pixels), labels, np.arange(len(labels), dtype=np.int64))
