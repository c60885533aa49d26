"""Attacks on pinned networks, beside the distances that other libraries' attacks reached on the same images."""

import numpy as np
import pytest

from harness.attacks.pgd import PGD
from harness.engine.victim import Architecture, NetworkVictim
from harness.examples import Examples
from harness.layers.dense import Dense
from harness.streams import Streams

PINNED = {
    "sigmoid": ("bench_fc100-100-10.npz", "peers_fc100-100-10.npz"),
    "relu": ("bench_relu500-150-10.npz", "bench_relu500-150-10.npz"),
}
COUNT = 300


@pytest.fixture(scope="module", params=PINNED)
def pinned(request, mnist):
    """A pinned network, images with their targets, and for each image the distance of the best of all peers, as RMS."""
    network, peers = (mnist / file for file in PINNED[request.param])
    if not (network.is_file() and peers.is_file()):
        pytest.skip(f"needs {network.name} and {peers.name} beside mnist.npz")
    held, digits, found = (np.load(file) for file in (network, mnist / "mnist.npz", peers))
    arrays = [held[f"{part}{k}"] for k in (1, 2, 3) for part in "wb"]
    widths = [array.shape[0] for array in arrays[1::2]]
    layers = (*(Dense(units=width, activation=request.param) for width in widths[:-1]), Dense(units=widths[-1]))
    architecture = Architecture((28, 28, 1), layers)
    victim = NetworkVictim(architecture, dict(zip(architecture.shapes, arrays, strict=True)))
    rows, targets = held["train_index"][:COUNT], held["target"][:COUNT].astype(np.int64)
    images = (digits["x_train"][rows] / 255).astype(np.float32)[..., None]
    clean = Examples(images, digits["y_train"][rows].astype(np.int64), rows.astype(np.int64), targets)
    best = np.min([found[name][:COUNT] for name in found if name.startswith("peer_")], axis=0)
    return victim, clean, best


@pytest.mark.parametrize("fields", [{}, {"loss": "margin"}, {"momentum": 0.5}], ids=str)
@pytest.mark.parametrize("quantile", [0.25, 0.5, 0.75])
def test_within_1_percent_more_than_a_distance_projected_descent_finds_what_the_best_peer_finds_but_1_percent(
    pinned, quantile, fields
):
    victim, clean, best = pinned
    distance = float(np.quantile(best, quantile))
    recipe = PGD(
        norm="l2",
        epsilon=1.01 * distance * 28,  # the peers' distances are divided by the root of 784
        step_size=0.1,
        step_size_is="relative",
        steps=40,
        random_start=False,
        **fields,
    )
    made = recipe.run(victim, clean, Streams(0, 1), lambda *_: None)
    assert np.mean(best <= distance) - 0.01 <= made.found.mean() <= quantile + 0.05
