"""How fast the training of FC100-100-10 on 60,000 images is beside the bare matrix products of the same shapes.

    [HARNESS_DATA_DIR=…] python benchmarks/training.py [--on auto|host|device] [--quick] [--json FILE]

Without MNIST the images are noise of its shape. ``--on host`` trains with SciPy's L-BFGS-B, as on a CPU, ``--on device``
with the engine's own loop, as on a GPU. One evaluation of loss and gradient needs at least the products timed
here: three forwards, three for the weights' gradients and two backwards.
"""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np
import pinned
from figures import Row, Table, asking, publish

from harness.engine import backend
from harness.engine.device_fit import fit_on_device
from harness.engine.fit import StoppingRule, fit
from harness.engine.initial import initial_weights
from harness.engine.victim import Architecture
from harness.examples import Examples
from harness.layers.dense import Dense
from harness.streams import Streams

HIDDEN = 100
PAIRS = 30
"""Curvature pairs, as in specs/szegedy2013."""


def examples(count: int) -> tuple[Examples, str]:
    """Return so many images, and what they are."""
    if os.environ.get("HARNESS_DATA_DIR"):
        return pinned.mnist().take(np.arange(count)), "MNIST"
    rng = np.random.default_rng(0)
    images = rng.random((count, 28, 28, 1), np.float32)
    return Examples(images, rng.integers(10, size=count), np.arange(count)), "noise of MNIST's shape"


def ours(data: Examples, iterations: int, *, on_device: bool) -> tuple[float, float]:
    """Train; return iterations and evaluations a second, from the end of the first iteration on."""
    layers = (Dense(units=HIDDEN, activation="sigmoid"), Dense(units=HIDDEN, activation="sigmoid"), Dense(units=10))
    architecture, ticks = Architecture((28, 28, 1), layers), []
    start = initial_weights(architecture, Streams(0, 1).rng("weights"))
    decay_factors = dict.fromkeys((name for name in architecture.shapes if name.endswith("kernel")), 5e-6)
    rule = StoppingRule(iterations, 0.0, 0.0, 1.0, PAIRS)
    train = fit_on_device if on_device else fit
    facts = train(architecture, start, data, decay_factors, rule, lambda *_: ticks.append(time.perf_counter())).facts
    speed = (len(ticks) - 1) / (ticks[-1] - ticks[0])
    return speed, speed * facts["evaluations"] / facts["iterations"]


def bare(data: Examples, rounds: int) -> float:
    """Return how often a second the eight matrix products of one evaluation can be done, compiled, on the device."""
    ops, rng = backend.keras.ops, np.random.default_rng(0)
    shapes = ((784, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, 10))
    weights = [ops.convert_to_tensor(rng.normal(0, 0.05, shape), "float32") for shape in shapes]

    def products(x: Any, w1: Any, w2: Any, w3: Any) -> Any:
        one = ops.matmul(x, w1)
        two = ops.matmul(one, w2)
        three = ops.matmul(two, w3)
        back = ops.matmul(three, ops.transpose(w3))
        further = ops.matmul(back, ops.transpose(w2))
        pairs = ((x, further), (one, back), (two, three))
        return [ops.matmul(ops.transpose(left), right) for left, right in pairs]

    compiled, x = backend.jit(products, fuse=False), ops.convert_to_tensor(data.images.reshape(len(data), -1))
    for timed in (False, True):
        start = time.perf_counter()
        for _ in range(rounds if timed else 1):
            [ops.convert_to_numpy(each) for each in compiled(x, *weights)]
    return rounds / (time.perf_counter() - start)


def main() -> None:
    parser = asking(__doc__)
    parser.add_argument("--images", type=int, help="60,000, or 6,000 with --quick")
    parser.add_argument(
        "--on", choices=("auto", "host", "device"), default="auto", help="where L-BFGS's steps are taken"
    )
    asked = parser.parse_args()
    data, what = examples(asked.images or (6_000 if asked.quick else 60_000))
    rounds = 20 if asked.quick else 100
    with backend.on():
        before = bare(data, rounds)
        on_device = asked.on == "device" or (asked.on == "auto" and backend.computes_on_gpu())
        iterations, evaluations = ours(data, 3 * rounds if on_device else rounds, on_device=on_device)
        limit = max(before, bare(data, rounds))
    rows: list[Row] = [
        {"what": "training, L-BFGS iterations", "a second": iterations, "÷ limit": iterations / limit},
        {"what": "training, evaluations of loss and gradient", "a second": evaluations, "÷ limit": evaluations / limit},
        {"what": "limit: the bare matrix products of one evaluation", "a second": limit, "÷ limit": 1.0},
    ]
    device = ", ".join(filter(None, next(iter(backend.devices().items()))))
    note = f"{'L-BFGS on the device' if on_device else 'L-BFGS by SciPy on the host'}; {device}."
    publish(asked, Table(f"Training 784-100-100-10 on {len(data):,} images ({what}), {backend.BACKEND}", rows, [note]))


if __name__ == "__main__":
    main()
