"""Bounded weights, a temperature, and logits read as other probabilities than softmax."""

import numpy as np
import pytest
from keras import ops
from pydantic import ValidationError

from harness.attacks.fgsm import FGSM
from harness.datasets.digits import Digits
from harness.engine.initial import initial_weights
from harness.engine.minibatch import train
from harness.engine.regime import Regime
from harness.engine.victim import Architecture
from harness.examples import Unkept, unwatched
from harness.kinds.registry import discover
from harness.metrics.mean_confidence import MeanConfidence
from harness.models.network import NetworkModel, NetworkToTrain
from harness.streams import Streams

discover()
LAYERS = (
    {"conv2d": {"filters": 4, "kernel_size": 3, "activation": "relu"}},
    {"dense": {"units": 20}},
    {"maxout": {"pieces": 2}},
    {"dense": {"units": 10}},
)
FAST = {"optimizer": {"sgd": {"learning_rate": 0.5, "momentum": 0.5}}, "batch_size": 50}


@pytest.fixture(scope="module")
def few():
    return Digits()()["train"].take(np.arange(300))


def model(layers=LAYERS, **training):
    return NetworkModel.model_validate(
        {"train_on": "digits/train", "layers": tuple(layers), "training": {"kind": "minibatch", **FAST, **training}}
    )


def trained(recipe, images):
    return recipe(train_on=images, streams=Streams(0, 1))


class Seeing(Regime):
    """Keeps the weights after every step."""

    def __init__(self):
        super().__init__(None)
        self.seen = []

    def taken(self, images, labels, rows):
        loss = super().taken(images, labels, rows)
        self.seen.append(self.stepper.weights())
        return loss


def longest(kernel):
    """The longest vector of weights into a unit, or of a filter."""
    return np.linalg.norm(kernel.reshape(-1, kernel.shape[-1]), axis=0).max()


def test_no_weights_into_a_unit_measure_more_than_max_norm_after_any_step(few):
    seen = {}
    for bound in (None, 1.2):
        recipe, regime = model(max_norm=bound, epochs=2), Seeing()
        architecture = Architecture((8, 8, 1), recipe.layers)
        start = initial_weights(architecture, Streams(0, 1).rng("weights", 0))
        network = NetworkToTrain(architecture, start, 0)
        train(network, recipe.training, {}, few, Streams(0, 1), unwatched, Unkept(), regime)
        assert len(regime.seen) == 12
        seen[bound] = [
            max(longest(array) for name, array in weights.items() if name.endswith("kernel")) for weights in regime.seen
        ]
    assert max(seen[None]) > 1.5
    assert max(seen[1.2]) <= 1.2 * (1 + 1e-5)
    assert max(seen[1.2]) > 1.19  # the bound is reached, so that it does something


def test_a_step_with_max_norm_is_the_free_step_with_long_vectors_shortened(few):
    one = {"epochs": 1, "batch_size": 300, "optimizer": {"sgd": {"learning_rate": 1.0}}}
    free, bound = (trained(model(**one, max_norm=each), few).weights for each in (None, 0.9))
    for name, array in free.items():
        expected = array
        if name.endswith("kernel"):
            lengths = np.linalg.norm(array.reshape(-1, array.shape[-1]), axis=0)
            expected = array * np.minimum(1, 0.9 / lengths)
        np.testing.assert_allclose(bound[name], expected, rtol=1e-4, atol=1e-6)


def test_without_them_nothing_is_in_the_key_and_with_them_all_is():
    plain = model()
    assert not {"l1_decay", "max_norm", "temperature", "probability"} & plain.training.fields().keys()
    others = [model(l1_decay=0.1), model(max_norm=2.0), model(temperature=5.0), model(probability="sigmoid")]
    assert len({each.fingerprint() for each in (plain, *others)}) == 5


def test_a_step_with_l1_decay_is_the_free_step_and_one_against_the_signs_of_the_layer_s_weights(few):
    one = {"epochs": 1, "batch_size": 300, "optimizer": {"sgd": {"learning_rate": 0.5}}}
    start = initial_weights(Architecture((8, 8, 1), model().layers), Streams(0, 1).rng("weights", 0))
    free, held = (trained(model(**one, l1_decay=each), few).weights for each in (None, (0.02, 0.0, 0.0)))
    for name, array in free.items():
        first = name.endswith("kernel") and start[name].ndim == 4  # the convolution
        expected = array - 0.5 * 0.02 * np.sign(start[name]) if first else array
        np.testing.assert_allclose(held[name], expected, rtol=1e-4, atol=1e-6)


def test_an_l1_decay_for_another_number_of_layers_is_refused():
    with pytest.raises(
        ValidationError, match=r"l1_decay: expected one number or 3 \(one for each layer with a kernel\)"
    ):
        model(l1_decay=(0.1, 0.1))


def test_the_loss_reported_is_that_at_the_temperature(few):
    still = {"epochs": 1, "batch_size": 300, "optimizer": {"sgd": {"learning_rate": 1e-9}}}
    recipe = model(**still, temperature=5.0)
    result = trained(recipe, few)
    z = recipe.victim(result).exact_logits(few.images) / 5
    expected = np.log(np.exp(z).sum(1)) - z[np.arange(300), few.labels]
    assert result.facts["loss"] == pytest.approx(expected.mean(), rel=1e-4)


def test_a_network_trained_at_a_temperature_has_larger_logits(few):
    cool, hot = (
        model(({"dense": {"units": 10}},), temperature=each, optimizer={"adam": {"learning_rate": 0.05}}, epochs=40)
        for each in (None, 20.0)
    )
    z = [abs(each.victim(trained(each, few)).exact_logits(few.images)).mean() for each in (cool, hot)]
    assert z[1] > 1.5 * z[0]


RBF = ({"rbf": {"units": 10, "initial_precision": 0.05}},)


@pytest.mark.parametrize(("layers", "probability"), [(RBF, "exponential"), (LAYERS[1:], "sigmoid")])
def test_a_network_of_independent_probabilities_learns_and_its_losses_gradient_is_that_of_its_own_loss(
    layers, probability, few
):
    recipe = model(layers, probability=probability, optimizer={"adam": {"learning_rate": 0.03}}, epochs=60)
    victim = recipe.victim(trained(recipe, few))
    assert (victim.predict(few.images) == few.labels).mean() > 0.9
    confidence = MeanConfidence(probability=probability)((victim,), few, None).value
    assert 0.2 < confidence < 1  # guessing gives 0.1

    def losses(x):
        z = victim.exact_logits(x)
        p = 1 / (1 + np.exp(-z)) if probability == "sigmoid" else np.exp(z)
        true = np.eye(10)[few.labels[:8]]
        return -(true * np.log(p) + (1 - true) * np.log1p(-p)).sum(axis=1)

    x, step = few.images[:8].astype(np.float64), np.random.default_rng(1).normal(size=(8, 8, 8, 1))
    value, gradient = victim.loss_and_gradient(ops.convert_to_tensor(few.images[:8]), few.labels[:8])
    value, gradient = ops.convert_to_numpy(value), ops.convert_to_numpy(gradient)
    np.testing.assert_allclose(value, losses(x), rtol=1e-3, atol=1e-4)
    slope = (losses(x + 1e-5 * step) - losses(x - 1e-5 * step)) / 2e-5
    np.testing.assert_allclose((gradient * step).sum((1, 2, 3)), slope, rtol=2e-2, atol=1e-3)
    made = FGSM(epsilon=0.1, clip=False)(victim, few.take(np.arange(8)), Streams(0, 1)).images
    clear = abs(gradient) > 1e-4
    np.testing.assert_allclose((made - few.images[:8])[clear], 0.1 * np.sign(gradient[clear]), atol=1e-6)
    assert clear.mean() > 0.5


def test_logits_that_are_no_logarithms_are_refused_where_they_are_to_be_read_so():
    with pytest.raises(ValidationError, match="only with a last layer rbf"):
        model(probability="exponential")
