"""Fashion-MNIST, from Keras' own files, at hand or downloaded from where Keras does."""

from __future__ import annotations

from collections.abc import Mapping
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
from harness.sources.pickled import gunzip
from harness.sources.published import Published, Search

NAME = "Fashion-MNIST"
FOLDER = "fashion-mnist"
BASE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
MOST_BYTES = 32 * 2**20
"""No file is larger; the largest has 26 MB."""

FILES: dict[str, tuple[str, tuple[int, ...], str]] = {
    "x_train": (
        "train-images-idx3-ubyte.gz",
        (60_000, 28, 28),
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    ),
    "y_train": (
        "train-labels-idx1-ubyte.gz", (60_000,), "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
    ),
    "x_test": (
        "t10k-images-idx3-ubyte.gz", (10_000, 28, 28), "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
    ),
    "y_test": (
        "t10k-labels-idx1-ubyte.gz", (10_000,), "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
    ),
}  # fmt: skip
"""Array -> file, shape, and the file's SHA-256. Keras checks none; these files are what the authors' MD5s are of."""


@dataset("fashion-mnist", edition=1)
class FashionMnist(DatasetRecipe):
    """Articles of clothing, 60,000 for training and 10,000 for testing, 28 x 28 grey (Xiao et al. 2017).

    Its four files (``train-images-idx3-ubyte.gz`` and so on) are searched for in the data folders and in Keras'
    cache (first in a folder ``fashion-mnist``), then downloaded from the same address as Keras and kept in Keras'
    cache, or in the store. Other files are skipped; no file is ever changed or deleted. ``HARNESS_OFFLINE=1``
    forbids the download.
    """

    splits = ("train", "test")
    split_sizes: ClassVar[Mapping[str, int]] = {"train": 60_000, "test": 10_000}
    image_shape = (28, 28, 1)
    classes = 10

    def fields(self) -> dict[str, Any]:
        """Return the digests of the files, so that they enter the key."""
        return super().fields() | {"sha256": {name: digest for name, (_, _, digest) in FILES.items()}}

    def load(self, folders: tuple[Path, ...], **inputs: Any) -> Fetched:
        """Return both splits, in the original order; raise DataMissing with what was tried and what repairs it."""
        search = Search(folders, kept_by(folders))
        arrays = {}
        for name, (file, shape, digest) in FILES.items():
            published = Published((f"{FOLDER}/{file}", file), digest, MOST_BYTES, BASE + file)
            try:
                arrays[name] = read_idx(search.obtain(published, NAME), shape)
            except Unsound as trouble:
                raise DataMissing(f"{NAME} is missing: {file} {trouble}") from trouble
        splits = {
            split: Examples(
                np.divide(arrays[f"x_{split}"][..., None], np.float32(255), dtype=np.float32),
                arrays[f"y_{split}"].astype(np.int64),
                np.arange(len(arrays[f"y_{split}"]), dtype=np.int64),
            )
            for split in self.splits
        }
        return Fetched(splits, search.origin, search.notes_of_all())


def read_idx(packed: bytes, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return the array of a gzipped IDX file of bytes (yann.lecun.com/exdb/mnist, "the IDX file format").

    Raises:
        Unsound: if it has another shape, or is damaged.
    """
    head = 4 + 4 * len(shape)
    size = int(np.prod(shape))
    content = gunzip(packed, head + size)
    expected = b"\0\0\x08" + bytes([len(shape)]) + np.array(shape, ">u4").tobytes()
    if content[:head] != expected or len(content) != head + size:
        raise Unsound(f"is no IDX file of {shape} bytes")
    return np.frombuffer(content, np.uint8, offset=head).reshape(shape)
