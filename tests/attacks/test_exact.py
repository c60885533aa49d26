import numpy as np
import pytest

from harness.attacks.exact import ExactLinear
from harness.datasets.digits import Digits
from harness.engine import exact
from harness.engine.victim import Architecture, NetworkVictim
from harness.errors import ContractError, Invalid
from harness.kinds.registry import discover, kinds
from harness.kinds.targeting import TargetedAttack
from harness.layers.dense import Dense
from harness.models.fully_connected import FullyConnected
from harness.streams import Streams

discover()


@pytest.fixture(scope="module")
def digits():
    return Digits()()["test"].take(np.arange(60))


@pytest.fixture(scope="module")
def softmax():
    rng = np.random.default_rng(0)
    weights = {"layer-1/kernel": rng.normal(0, 1, (64, 10)), "layer-1/bias": rng.normal(0, 1, 10)}
    weights = {name: array.astype(np.float32) for name, array in weights.items()}
    return NetworkVictim(Architecture((8, 8, 1), (Dense(units=10),)), weights)


def test_every_example_has_its_target_in_float64_and_stays_in_the_box(digits, softmax):
    made = ExactLinear()(softmax, digits, Streams(0, 1))
    assert made.found.all()
    np.testing.assert_array_equal(softmax.exact_logits(made.images).argmax(1), made.targets)


def test_the_targets_are_wrong_classes_and_change_with_the_run_alone(digits, softmax):
    first, again, other = (ExactLinear()(softmax, digits, Streams(0, run)).targets for run in (1, 1, 2))
    assert (first != digits.labels).all()
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_every_targeted_attack_draws_the_same_targets_in_the_same_run(digits, softmax):
    others = [cls for cls in kinds("attacks").values() if issubclass(cls, TargetedAttack)]
    drawn = [cls(target="random")(softmax, digits, Streams(3, 2)).targets for cls in others]
    assert all(np.array_equal(drawn[0], targets) for targets in drawn)


def test_the_nearest_target_is_the_best_of_all_targets(digits, softmax):
    every = ExactLinear(target="all")(softmax, digits, Streams(0, 1))
    nearest = ExactLinear(target="nearest")(softmax, digits, Streams(0, 1))
    assert len(every) == 9 * len(digits)
    np.testing.assert_allclose(nearest.distortion, every.distortion.reshape(-1, 9).min(1), rtol=1e-6)


def test_an_image_that_has_its_target_already_is_returned_as_it_is(digits, softmax):
    every = ExactLinear(target="all")(softmax, digits, Streams(0, 1))
    has_it = np.repeat(softmax.exact_logits(digits.images).argmax(1), 9) == every.targets
    assert has_it.any()
    assert (every.distortion[has_it] == 0).all()
    assert (every.distortion[~has_it] > 0).all()


def test_a_target_out_of_reach_leaves_the_image_and_is_not_found(digits, softmax):
    weights = dict(softmax.weights)
    weights["layer-1/bias"] = np.where(np.arange(10) == 3, -1e3, weights["layer-1/bias"]).astype(np.float32)
    made = ExactLinear(target="all")(NetworkVictim(softmax.architecture, weights), digits, Streams(0, 1))
    np.testing.assert_array_equal(made.found, made.targets != 3)
    assert (made.distortion[~made.found] == 0).all()


def test_a_point_without_proof_is_invalid(digits, softmax, monkeypatch):
    monkeypatch.setattr(exact, "ITERATIONS", 1)
    with pytest.raises(Invalid, match="no proof of the minimum"):
        ExactLinear()(softmax, digits, Streams(0, 1))


def test_a_network_with_a_hidden_layer_is_refused(digits):
    architecture = Architecture((8, 8, 1), (Dense(units=3, activation="relu"), Dense(units=10)))
    weights = {name: np.zeros(shape, np.float32) for name, shape in architecture.shapes.items()}
    with pytest.raises(ContractError, match="not linear"):
        ExactLinear()(NetworkVictim(architecture, weights), digits, Streams(0, 1))


@pytest.mark.parametrize(("hidden", "applies"), [((), True), ((5,), False), ((100, 100), False)])
def test_it_applies_to_softmax_regression_only(hidden, applies):
    assert ExactLinear().applies_to(FullyConnected(train_on="d/train", hidden=hidden)) is applies


def test_no_other_targeted_attack_undercuts_it(digits, softmax):
    limit = ExactLinear(target="all")(softmax, digits, Streams(0, 1))
    others = [cls for cls in kinds("attacks").values() if issubclass(cls, TargetedAttack) and cls is not ExactLinear]
    assert others
    for cls in others:
        made = cls(target="all")(softmax, digits, Streams(0, 1))
        # Examples are rounded to float32: about one part in ten million.
        assert (made.distortion >= limit.distortion * (1 - 1e-6))[made.found].all()
