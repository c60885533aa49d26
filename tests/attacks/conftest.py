"""Networks to attack, and images."""

import numpy as np
import pytest

from harness.examples import Examples


def as_victim(weights):
    from harness.engine.victim import Architecture, NetworkVictim
    from harness.layers.dense import Dense

    widths = [len(bias) for _, bias in weights]
    layers = (*(Dense(units=width, activation="sigmoid") for width in widths[:-1]), Dense(units=widths[-1]))
    architecture = Architecture((8, 8, 1), layers)
    arrays = [array.astype(np.float32) for pair in weights for array in pair]
    return NetworkVictim(architecture, dict(zip(architecture.shapes, arrays, strict=True)))


@pytest.fixture(scope="session")
def linear_net():
    """A softmax regression trained on the digits."""
    from oracles import train

    return as_victim(train((), 1e-3, 60))


@pytest.fixture(scope="session")
def sigmoid_net():
    """A network with two hidden layers trained on the digits."""
    from oracles import train

    return as_victim(train((32, 16), 1e-4, 150))


@pytest.fixture(scope="session")
def ramp():
    """A softmax regression whose nearest boundaries lie well inside the box around a grey image."""
    rng = np.random.default_rng(5)
    return as_victim([(rng.normal(0, 1, (64, 10)), rng.normal(0, 0.1, 10))])


@pytest.fixture(scope="session")
def blank():
    """A network of zeros: no image is nearer to one class than to another, and no step leads anywhere."""
    return as_victim([(np.zeros((64, 10)), np.zeros(10))])


@pytest.fixture(scope="session")
def broken():
    """A network of NaN."""
    return as_victim([(np.full((64, 10), np.nan), np.zeros(10))])


@pytest.fixture(scope="session")
def clean():
    """The first 128 digits."""
    from oracles import digits

    images, labels = digits()
    return Examples(images[:128], labels[:128], np.arange(128) + 1000)


@pytest.fixture(scope="session")
def grey(ramp):
    """Thirty-two images of which no pixel is near 0 or 1, labelled as the ramp sees them."""
    images = np.random.default_rng(7).uniform(0.3, 0.7, (32, 8, 8, 1)).astype(np.float32)
    return Examples(images, ramp.exact_logits(images).argmax(1), np.arange(32))


@pytest.fixture
def in_small_batches(monkeypatch):
    """Return a function after whose call attacks take few images at a time."""
    from harness.engine import batching

    return lambda: monkeypatch.setattr(batching, "GRADIENT_STEPS", batching.GRADIENT_STEPS._replace(images=4))
