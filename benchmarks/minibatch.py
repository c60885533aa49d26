"""How fast `minibatch` trains LeNet beside Keras' own ``model.fit`` of the same network, in one run.

    [HARNESS_DATA_DIR=…] python benchmarks/minibatch.py [--quick] [--json FILE]

Without MNIST the images are noise of its shape. Both train on the same images with the same optimizer and batch size; an
epoch of each is done before the clock starts, and epochs alternate, so that a busy machine slows both.
"""

from __future__ import annotations

import time

from figures import Row, Table, asking, publish
from training import examples

from harness.engine import backend
from harness.engine.initial import initial_weights
from harness.engine.minibatch import train
from harness.engine.victim import Architecture, build_model
from harness.examples import Unkept
from harness.kinds.registry import discover
from harness.models.network import NetworkModel, NetworkToTrain
from harness.streams import Streams

LENET = (
    {"conv2d": {"filters": 20, "kernel_size": 5, "activation": "relu"}},
    {"max_pooling2d": {"pool_size": 2}},
    {"conv2d": {"filters": 50, "kernel_size": 5, "activation": "relu"}},
    {"max_pooling2d": {"pool_size": 2}},
    {"dropout": {"rate": 0.25}},
    {"dense": {"units": 500, "activation": "relu"}},
    {"dense": {"units": 10}},
)
SGD = {"sgd": {"learning_rate": 0.01, "momentum": 0.9}}


class Clock(Unkept):
    """A journal that writes down when each epoch ended, and lets Keras train one epoch in between."""

    def __init__(self, theirs):
        self.theirs, self.ours, self.keras, self.since = theirs, [], [], time.perf_counter()

    def note(self, **arrays):
        """End one of our epochs, then time one of Keras'."""
        self.ours.append(time.perf_counter() - self.since)
        start = time.perf_counter()
        self.theirs()
        self.keras.append(time.perf_counter() - start)
        self.since = time.perf_counter()


def main() -> None:
    asked = asking(__doc__).parse_args()
    data, what = examples(6_000 if asked.quick else 60_000)
    discover()
    training = {"kind": "minibatch", "optimizer": SGD, "epochs": 3 if asked.quick else 4}
    recipe = NetworkModel.model_validate({"train_on": "d/train", "layers": LENET, "training": training})
    with backend.on():
        backend.keras.utils.set_random_seed(0)  # for model.fit's own shuffles and dropout
        architecture = Architecture((28, 28, 1), recipe.layers)
        theirs = build_model(architecture)
        loss = backend.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        theirs.compile(optimizer=recipe.training.optimizer.build(), loss=loss)
        clock = Clock(lambda: theirs.fit(data.images, data.labels, batch_size=128, epochs=1, verbose=0))
        network = NetworkToTrain(architecture, initial_weights(architecture, Streams(0, 1).rng("weights")), replica=0)
        train(network, recipe.training, {}, data, Streams(0, 1), lambda *_: None, clock)
    ours, keras = (sum(epochs[1:]) / (len(epochs) - 1) for epochs in (clock.ours, clock.keras))
    rows: list[Row] = [
        {"what": "`minibatch`", "seconds an epoch": ours, "speed ÷ model.fit": keras / ours},
        {"what": "Keras, `model.fit`", "seconds an epoch": keras, "speed ÷ model.fit": 1.0},
    ]
    publish(
        asked, Table(f"Training LeNet on {len(data):,} images ({what}), mini-batches of 128, {backend.BACKEND}", rows)
    )


if __name__ == "__main__":
    main()
