"""MNIST, from a file at hand or from the address Keras uses, accepted only if its arrays are the published ones."""

from __future__ import annotations

import hashlib
import lzma
import os
import tempfile
import urllib.request
import zipfile
import zlib
from contextlib import suppress
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from harness.errors import DataMissing
from harness.examples import Examples
from harness.spec.recipe import DatasetRecipe
from harness.spec.registry import dataset

FILE = "mnist.npz"
ADDRESS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
"""Where Keras downloads the file from."""
CONNECT_SECONDS = 10
MOST_BYTES = 64 * 2**20
"""A download larger than this is not MNIST (the file has 11 MB)."""

ARRAYS: dict[str, tuple[tuple[int, ...], str]] = {
    "x_train": ((60_000, 28, 28), "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757"),
    "y_train": ((60_000,), "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13"),
    "x_test": ((10_000, 28, 28), "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161"),
    "y_test": ((10_000,), "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5"),
}
"""Name -> shape and SHA-256 of the uint8 array's bytes. Files differ in how they are packed; the arrays do not."""


class Unsound(Exception):
    """A file at one place is not MNIST; says what is wrong with it."""


@dataset("mnist", edition=1)
class Mnist(DatasetRecipe):
    """Handwritten digits, 60,000 for training and 10,000 for testing, 28 x 28 grey (LeCun et al. 1998).

    Looked for as ``mnist.npz`` in the folders given, then in Keras' cache, then downloaded there. A file that is not
    MNIST is said so and passed over; no file is ever changed or deleted. ``HARNESS_OFFLINE=1`` forbids the download.
    """

    splits = ("train", "test")
    image_shape = (28, 28, 1)

    def fields(self) -> dict[str, Any]:
        """Return the digests of the arrays, so that they enter the key."""
        return super().fields() | {"sha256": {name: digest for name, (_, digest) in ARRAYS.items()}}

    def load(self, places: tuple[Path, ...], **inputs: Any) -> dict[str, Examples]:
        """Return both splits, in the original order; raise DataMissing with what was tried and what repairs it."""
        cache = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "datasets"
        folders = list(dict.fromkeys((*places, cache)))
        troubles = []
        for folder in folders:
            try:
                return _splits(read(folder / FILE))
            except FileNotFoundError:
                continue
            except Unsound as trouble:
                troubles.append(str(trouble))
        try:
            return _splits(download(cache))
        except (Unsound, OSError) as trouble:
            troubles.append(f"downloading it failed: {trouble}")
        looked = ", ".join(map(str, folders))
        raise DataMissing(
            f"MNIST is missing: no sound {FILE} in {looked} ({'; '.join(troubles)}); "
            "put the file into one of these folders, or name its folder with --data-dir or HARNESS_DATA_DIR"
        )


def read(path: Path) -> dict[str, NDArray[np.uint8]]:
    """Read the four arrays of a file, trusting nothing it says before it is checked.

    Raises:
        FileNotFoundError: if there is no such file.
        Unsound: if it is not MNIST; says which file and what is wrong.
    """
    broken = (OSError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, RuntimeError)
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: _array(archive, name) for name in ARRAYS}
    except FileNotFoundError:
        raise
    except KeyError as error:
        raise Unsound(f"{path} lacks an array: expected {', '.join(ARRAYS)}; {error.args[0]}") from error
    except broken as error:
        raise Unsound(f"{path} is damaged: {str(error) or type(error).__name__}") from error
    except Unsound as error:
        raise Unsound(f"{path} is not MNIST: {error}") from error


def download(folder: Path) -> dict[str, NDArray[np.uint8]]:
    """Download the file, check it, and keep it in the folder unless one is there already.

    Raises:
        OSError: if nothing answers within ten seconds, or the download is forbidden.
        Unsound: if what came is not MNIST.
    """
    if os.environ.get("HARNESS_OFFLINE", "") not in ("", "0"):
        raise OSError("HARNESS_OFFLINE forbids it")
    with urllib.request.urlopen(ADDRESS, timeout=CONNECT_SECONDS) as answer:
        content = answer.read(MOST_BYTES)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".mnist-", dir=folder) as beside:
        fresh = Path(beside) / FILE
        fresh.write_bytes(content)
        arrays = read(fresh)
        # A link, unlike a rename, never replaces a file its owner may want to keep.
        with suppress(FileExistsError):
            (folder / FILE).hardlink_to(fresh)
    return arrays


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[np.uint8]:
    """Read one array, after its declared size, shape and dtype were found right: a small file can unpack to anything."""
    shape, digest = ARRAYS[name]
    member = archive.getinfo(f"{name}.npy")
    size = prod(shape)
    if not size < member.file_size <= size + 4096:
        raise Unsound(f"{name} would unpack to {member.file_size} bytes, expected {size} and a short header")
    with archive.open(member) as stream:
        version = npy.read_magic(stream)
        header = npy.read_array_header_1_0(stream) if version == (1, 0) else npy.read_array_header_2_0(stream)
        if header != (shape, False, np.dtype(np.uint8)):
            raise Unsound(f"{name} is {header[2]} {header[0]}, expected uint8 {shape} in C order")
        content = stream.read()
    if hashlib.sha256(content).hexdigest() != digest:
        raise Unsound(f"the SHA-256 of {name} is {hashlib.sha256(content).hexdigest()[:12]}…, expected {digest[:12]}…")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _splits(arrays: dict[str, NDArray[np.uint8]]) -> dict[str, Examples]:
    """Return the splits as examples: pixels divided by 255."""
    return {
        split: Examples(
            arrays[f"x_{split}"][..., None].astype(np.float32) / np.float32(255),
            arrays[f"y_{split}"].astype(np.int64),
            np.arange(len(arrays[f"y_{split}"]), dtype=np.int64),
        )
        for split in ("train", "test")
    }
