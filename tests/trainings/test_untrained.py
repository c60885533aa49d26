import numpy as np
from numpy.testing import assert_array_equal

from harness.engine.initial import initial_weights
from harness.engine.victim import Architecture
from harness.examples import Examples
from harness.kinds.registry import discover
from harness.models.network import NetworkModel
from harness.streams import Streams

discover()

IMAGES = Examples(np.zeros((3, 4, 4, 1), np.float32), np.arange(3), np.arange(3))


def network(training):
    given = {"train_on": "d/train", "layers": ({"dense": {"units": 6}}, {"dense": {"units": 3}}), "training": training}
    return NetworkModel.model_validate(given)


def test_the_weights_are_those_that_any_training_of_the_same_network_starts_from():
    model, streams = network({"kind": "untrained"}), Streams(3, 1)
    trained = model(train_on=IMAGES, streams=streams)
    start = initial_weights(Architecture((4, 4, 1), model.layers), streams.rng("weights", 0))
    assert trained.weights.keys() == start.keys()
    for name, array in start.items():
        assert_array_equal(trained.weights[name], array)
    assert trained.settled
    assert model.victim(trained).classes == 3


def test_each_run_draws_others_so_a_run_is_part_of_its_key():
    model = network({"kind": "untrained"})
    first, second = (model(train_on=IMAGES, streams=Streams(3, run)).weights["layer-1/kernel"] for run in (1, 2))
    assert model.random
    assert not np.array_equal(first, second)
