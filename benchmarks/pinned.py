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
        weights: kernel and bias of each layer, float32; a convolution's kernel is ``(height, width, channels, filters)``.
        images: float32 ``(n, 28, 28, 1)`` in [0, 1].
        labels: int64 ``(n,)``.
        targets: int64 ``(n,)``, a wrong class each.
        activation: of every layer but the last.
    """

    weights: list[tuple[NDArray[np.float32], NDArray[np.float32]]]
    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    targets: NDArray[np.int64]
    activation: str = "sigmoid"

    @property
    def victim(self):
        """The network as the product attacks it; every convolution is followed by max pooling of 2 by 2."""
        from harness.engine.victim import Architecture, NetworkVictim
        from harness.kinds.registry import discover, kinds

        discover()
        made = kinds("layers")
        layers = []
        for k, (kernel, _) in enumerate(self.weights, 1):
            activation = self.activation if k < len(self.weights) else "linear"
            if kernel.ndim == 4:
                layers.append(
                    made["conv2d"](filters=kernel.shape[-1], kernel_size=kernel.shape[0], activation=activation)
                )
                layers.append(made["max_pooling2d"](pool_size=2))
            else:
                layers.append(made["dense"](units=kernel.shape[-1], activation=activation))
        architecture = Architecture(self.images.shape[1:], tuple(layers))
        arrays = [array for pair in self.weights for array in pair]
        return NetworkVictim(architecture, dict(zip(architecture.shapes, arrays, strict=True)))

    def first(self, count: int) -> Pinned:
        """Return the same network with the first images alone."""
        return self._replace(images=self.images[:count], labels=self.labels[:count], targets=self.targets[:count])


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
    return read(folder() / FILE, train)


def layers_of(held) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Return kernel and bias of each layer from arrays called ``w1, b1, w2, b2, …``."""
    count = sum(name[0] == "w" and name[1:].isdigit() for name in held.files)
    return [(held[f"w{k}"], held[f"b{k}"]) for k in range(1, count + 1)]


def named(weights) -> dict[str, NDArray[np.float32]]:
    """Return the arrays of layers by those names."""
    return {f"{part}{k}": array for k, pair in enumerate(weights, 1) for part, array in zip("wb", pair, strict=True)}


def read(file: Path, train=None) -> Pinned:
    """Return the network of a file: ``w1, b1, w2, b2, …, train_index, target`` and, optionally, ``activation``.

    Without that, the activation is the one the file's name speaks of (relu, tanh or sigmoid); convolutions have ReLU.
    """
    held = np.load(file, allow_pickle=False)
    weights = layers_of(held)
    named = next((name for name in ("relu", "tanh", "sigmoid") if name in file.stem), "")
    guessed = named or ("relu" if weights[0][0].ndim == 4 else "sigmoid")
    activation = str(held["activation"]) if "activation" in held.files else guessed
    rows, train = held["train_index"], train or mnist()
    return Pinned(weights, train.images[rows], train.labels[rows], held["target"].astype(np.int64), activation)
