"""The pinned network, the images it is attacked on, and their targets: every benchmark's work.

They come from the folder HARNESS_DATA_DIR names: ``bench_fc100-100-10.npz``, a trained 784-100-100-10 sigmoid network
with the indices of 1,000 training images it classifies correctly and a wrong class for each, and ``mnist.npz``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FILE = "bench_fc100-100-10.npz"


class Pinned(NamedTuple):
    """A network with images to attack.

    Attributes:
        weights: kernel and bias of each layer, float32.
        images: float32 ``(1000, 28, 28, 1)`` in [0, 1].
        labels: int64 ``(1000,)``.
        targets: int64 ``(1000,)``, a wrong class each.
    """

    weights: list[tuple[NDArray[np.float32], NDArray[np.float32]]]
    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    targets: NDArray[np.int64]

    @property
    def victim(self):
        """The network as the product attacks it."""
        from harness.engine.victim import Architecture, NetworkVictim
        from harness.layers.dense import Dense

        architecture = Architecture(
            (28, 28, 1),
            (Dense(units=100, activation="sigmoid"), Dense(units=100, activation="sigmoid"), Dense(units=10)),
        )
        arrays = [array for pair in self.weights for array in pair]
        return NetworkVictim(architecture, dict(zip(architecture.shapes, arrays, strict=True)))

    def first(self, count: int) -> Pinned:
        """Return the same network with the first images alone."""
        return Pinned(self.weights, self.images[:count], self.labels[:count], self.targets[:count])


def folder() -> Path:
    """Return the folder of the data, or end with the sentence that repairs it."""
    place = Path(os.environ.get("HARNESS_DATA_DIR") or ".")
    if not (place / FILE).is_file() or not (place / "mnist.npz").is_file():
        sys.exit(f"set HARNESS_DATA_DIR to the folder of mnist.npz and {FILE}; found neither or one of them in {place}")
    return place


def mnist():
    """Return MNIST's training images, 60,000 of them."""
    from harness.datasets.mnist import Mnist

    return Mnist()((folder(),))["train"]


def load(train=None) -> Pinned:
    """Return the network and its thousand images, out of MNIST's training images where they are at hand already."""
    held = np.load(folder() / FILE, allow_pickle=False)
    rows, train = held["train_index"], train or mnist()
    weights = [(held[f"w{k}"], held[f"b{k}"]) for k in (1, 2, 3)]
    return Pinned(weights, train.images[rows], train.labels[rows], held["target"].astype(np.int64))
