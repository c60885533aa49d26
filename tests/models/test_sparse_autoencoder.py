import numpy as np
import pytest

from harness.attacks.exact import ExactLinear
from harness.datasets.digits import Digits
from harness.kinds.registry import discover
from harness.metrics.error_rate import ErrorRate
from harness.models.fully_connected import FullyConnected
from harness.models.sparse_autoencoder import SparseAutoencoder
from harness.streams import Streams

BEFORE_THE_OPTIONS = "416da41d4ecab8f276f2c841e20ce8693b3dbaed9171d9a61459ac1353e65441"
"""The fingerprint of the defaults when ``tied`` and ``lbfgs`` were not there yet."""


@pytest.fixture(scope="module")
def digits():
    return Digits()()


discover()


@pytest.fixture(scope="module")
def coded(digits):
    """An autoencoder of the digits, and its victim."""
    fields = {
        "units": 40,
        "epochs": 60,
        "batch_size": 100,
        "learning_rate": 0.03,
        "decay": 1e-5,
        "sparsity_weight": 0.1,
    }
    recipe = SparseAutoencoder(train_on="digits/train", **fields)
    result = recipe(train_on=digits["train"], streams=Streams(0, 1))
    return recipe, result, recipe.victim(result)


def softmax(digits, **fields):
    return FullyConnected(train_on="digits/train", decay=1e-5, **fields)


def test_its_answers_are_its_hidden_units_activations(digits, coded):
    _, result, victim = coded
    x = digits["test"].images[:7]
    z = x.reshape(7, -1) @ result.weights["layer-1/kernel"] + result.weights["layer-1/bias"]
    np.testing.assert_allclose(victim.exact_logits(x), 1 / (1 + np.exp(-z)), atol=1e-5)


def test_it_rebuilds_what_it_was_trained_on(digits, coded):
    _, result, victim = coded
    hidden = victim.exact_logits(digits["test"].images)
    rebuilt = 1 / (1 + np.exp(-(hidden @ result.weights["layer-2/kernel"] + result.weights["layer-2/bias"])))
    x = digits["test"].images.reshape(len(rebuilt), -1)
    assert np.square(rebuilt - x).sum() < 0.5 * np.square(x - x.mean(0)).sum()


def test_options_left_at_null_leave_no_trace_in_its_key_and_set_ones_reach_its_training():
    plain, tied = SparseAutoencoder(train_on="d/train"), SparseAutoencoder(train_on="d/train", tied=True)
    full = SparseAutoencoder(train_on="d/train", lbfgs={"iterations": 7})
    assert plain.fingerprint() == BEFORE_THE_OPTIONS
    assert len({each.fingerprint() for each in (plain, tied, full)}) == 3
    assert tied.expanded().training.tied
    assert full.expanded().training.lbfgs.iterations == 7
    assert full.seconds < plain.seconds


def test_a_classifier_on_its_features_learns_and_leaves_them_as_they_are(digits, coded):
    recipe, (_, result, features) = softmax(digits, features="autoencoder"), coded
    trained = recipe(train_on=digits["train"], streams=Streams(0, 1), starts_from=features)
    network = recipe.victim(trained, starts_from=features)
    assert network.image_shape == (8, 8, 1)
    assert list(trained.weights) == ["layer-1/kernel", "layer-1/bias"]
    np.testing.assert_array_equal(network.weights["layer-1/kernel"], result.weights["layer-1/kernel"])
    assert ErrorRate()((network,), digits["test"], None).value < 0.08


def test_a_classifier_on_features_is_what_it_would_be_on_their_values(digits, coded):
    features = coded[2]
    on_top = softmax(digits, features="autoencoder")
    on_top = on_top.victim(
        on_top(train_on=digits["train"], streams=Streams(0, 1), starts_from=features), starts_from=features
    )
    alone = softmax(digits)
    alone = alone.victim(alone(train_on=features.activations(digits["train"]), streams=Streams(0, 1)))
    np.testing.assert_array_equal(
        on_top.predict(digits["test"].images), alone.predict(features.activations(digits["test"]).images)
    )


def test_a_classifier_on_features_is_not_taken_for_a_linear_one():
    assert ExactLinear().applies_to(FullyConnected(train_on="digits/train"))
    assert not ExactLinear().applies_to(FullyConnected(train_on="digits/train", features="autoencoder"))


def test_a_classifier_without_hidden_layers_draws_nothing_itself_on_features_either():
    assert not FullyConnected(train_on="digits/train", features="autoencoder").random
