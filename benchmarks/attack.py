"""How tight and how fast the attack `lbfgs` is, next to SciPy image by image and the bare gradients, in one run.

    HARNESS_DATA_DIR=… python benchmarks/attack.py [--images 1000] [--scipy 20] [--json FILE]

It needs mnist.npz and bench_fc100-100-10.npz, a trained 784-100-100-10 sigmoid network with 1,000 training images and a
wrong target for each. Other work on the machine slows all rows alike, so compare the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import numpy as np

from harness.attacks.lbfgs import LBFGS
from harness.datasets.mnist import Mnist
from harness.engine import session
from harness.engine.victim import Architecture, Dense, Network
from harness.examples import rms, unwatched

BATCH, STEPS = 1000, 100
"""Size and number of the bare loss-and-gradient evaluations."""


def load(folder: Path):
    """Return the pinned network, its weights by layer, the images and their targets."""
    pinned = np.load(folder / "bench_fc100-100-10.npz", allow_pickle=False)
    weights = [(pinned[f"w{k}"], pinned[f"b{k}"]) for k in (1, 2, 3)]
    architecture = Architecture((28, 28, 1), (Dense(100, "sigmoid"), Dense(100, "sigmoid"), Dense(10)))
    arrays = [array for pair in weights for array in pair]
    victim = Network(architecture, dict(zip(architecture.shapes, arrays, strict=True)))
    images = Mnist()((folder,))["train"].images[pinned["train_index"]]
    return victim, weights, images, pinned["target"].astype(np.int64)


def ours(victim, images, targets):
    """Attack three times; return distortions, which were found, seconds of the first call and of the best later one."""
    seconds = []
    for _ in range(4):
        start = time.perf_counter()
        made, found = LBFGS().seek(victim, images, targets, unwatched)
        seconds.append(time.perf_counter() - start)
    return rms(made.astype(float) - images), found, seconds[0], min(seconds[1:])


def scipys(weights, images, targets):
    """Attack image by image with SciPy's L-BFGS-B; return distortions and seconds."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from oracles import smallest_distortion  # noqa: PLC0415  the tests' oracle is not part of the package

    start, found = time.perf_counter(), []
    for image, target in zip(images, targets, strict=True):
        clean = image.ravel().astype(float)
        found.append(smallest_distortion(weights, clean, target)[0] - clean)
    return rms(np.array(found)), time.perf_counter() - start


def bare(victim, images, targets):
    """Return jitted loss-and-gradient evaluations a second, in a loop on the device, without any attack around them."""
    ops = session.keras.ops

    def loop(weights, x, labels):
        both = session.value_and_gradient(lambda x: victim.architecture.losses(weights, x, labels))
        return ops.while_loop(lambda k, x: k < STEPS, lambda k, x: (k + 1, x - 1e-3 * both(x)[1]), (0, x))[1]

    compiled, rows = session.jit(loop), np.arange(BATCH) % len(images)
    arguments = victim.on_device, ops.convert_to_tensor(images[rows]), ops.convert_to_tensor(targets[rows], "int32")
    seconds = []
    for _ in range(4):
        start = time.perf_counter()
        ops.convert_to_numpy(compiled(*arguments))
        seconds.append(time.perf_counter() - start)
    return BATCH * STEPS / min(seconds[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1000, help="images the attack is timed on")
    parser.add_argument("--scipy", type=int, default=20, help="images SciPy attacks, one by one")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    asked = parser.parse_args()
    if not os.environ.get("HARNESS_DATA_DIR"):
        parser.error("set HARNESS_DATA_DIR to the folder of mnist.npz and bench_fc100-100-10.npz")
    victim, weights, images, targets = load(Path(os.environ["HARNESS_DATA_DIR"]))
    images, targets, few = images[: asked.images], targets[: asked.images], asked.scipy
    distortion, found, first, warm = ours(victim, images, targets)
    reference, seconds = scipys(weights, images[:few], targets[:few])
    figures = {
        "backend": session.BACKEND,
        "devices": session.devices(),
        "load before": round(os.getloadavg()[0], 1),
        "images": len(images),
        "found": float(found.mean()),
        "mean distortion": float(distortion[found].mean()),
        "images/s warm": len(images) / warm,
        "seconds of the first call": first,
        "scipy images": few,
        "scipy mean distortion": float(reference.mean()),
        "mean distortion on scipy's images": float(distortion[:few].mean()),
        "scipy images/s": few / seconds,
        "times as fast as scipy": (len(images) / warm) / (few / seconds),
        "distortion relative to scipy": float(distortion[:few].mean() / reference.mean()),
        "largest distortion relative to scipy": float((distortion[:few] / reference).max()),
        "bare evaluations/s": bare(victim, images, targets),
    }
    for name, figure in figures.items():
        print(f"{name:38} {figure:.5g}" if isinstance(figure, float) else f"{name:38} {figure}")
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
