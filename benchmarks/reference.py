"""Makes the files ``optimality`` reads: a network trained on MNIST, images, targets, and adv-lib's distortion of each image.

    HARNESS_DATA_DIR=… python benchmarks/reference.py bench_tanh300-100-10.npz --units 300 100 --activation tanh --seed 7

A file that is there already keeps its network, images and targets, and gets the peers it lacks. ``made_with`` tells adv-lib's
and PyTorch's versions, each attack's steps and quantisation, and how the network was trained.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import advlib
import keras
import numpy as np
import pinned


def trained(units: list[int], activation: str, seed: int, images: int) -> dict[str, np.ndarray]:
    """Return a dense network trained by Keras' Adam, and correctly classified training images with a wrong target each."""
    keras.utils.set_random_seed(seed)
    data, draw = pinned.mnist(), np.random.default_rng(seed)
    hidden = [keras.layers.Dense(width, activation) for width in units]
    model = keras.Sequential(
        [keras.Input(data.images.shape[1:]), keras.layers.Flatten(), *hidden, keras.layers.Dense(10)]
    )
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(data.images, data.labels, batch_size=128, epochs=6, verbose=2)
    right = np.flatnonzero(model.predict(data.images, 1024, verbose=0).argmax(1) == data.labels)
    rows = np.sort(draw.choice(right, images, replace=False))
    arrays = model.get_weights()
    kept = pinned.named(zip(arrays[::2], arrays[1::2], strict=True))
    target = (data.labels[rows] + draw.integers(1, 10, images)) % 10
    training = json.dumps({"optimizer": "Adam", "passes": 6, "batch": 128, "seed": seed, "keras": keras.__version__})
    return kept | {"train_index": rows, "target": target, "activation": activation, "trained_with": training}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="made, or completed")
    parser.add_argument("--units", type=int, nargs="*", default=[500, 150], help="of the hidden layers")
    parser.add_argument("--activation", choices=["relu", "tanh", "sigmoid"], default="relu")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--only", action="append", choices=advlib.EUCLIDEAN, help="peers, all without it")
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has adv-lib")
    asked = parser.parse_args()
    if not asked.file.is_file():
        np.savez(asked.file, **trained(asked.units, asked.activation, asked.seed, asked.images))
    with np.load(asked.file, allow_pickle=False) as file:
        held = {name: file[name] for name in file.files}
    missing = [name for name in asked.only or advlib.EUCLIDEAN if f"peer_{name}" not in held]
    if missing:
        np.savez(asked.file, **held | advlib.attacked(pinned.read(asked.file), missing, asked.python))
    print(f"{asked.file}: {', '.join(sorted(name[5:] for name in held if name[:5] == 'peer_') + missing)}")


if __name__ == "__main__":
    main()
