import numpy as np
import pytest
from pydantic import ValidationError

from harness.attacks.exact import ExactLinear
from harness.datasets.digits import Digits
from harness.datasets.mnist import Mnist
from harness.errors import ContractError
from harness.kinds.decay import decay_factors
from harness.metrics.error_rate import ErrorRate
from harness.models.fully_connected import FullyConnected
from harness.streams import Streams


@pytest.fixture(scope="module")
def digits():
    return Digits()()


def trained(digits, run=1, **fields):
    recipe = FullyConnected(train_on="digits/train", **fields)
    result = recipe(train_on=digits["train"], streams=Streams(0, run))
    return recipe.victim(result), result


def error(network, split):
    return ErrorRate()((network,), split, None).value


def test_softmax_regression_learns_the_digits(digits):
    network, result = trained(digits, decay=1e-4)
    assert result.settled
    assert error(network, digits["train"]) < 0.02
    assert error(network, digits["test"]) < 0.06


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "tanh"])
def test_a_network_with_hidden_layers_learns_the_digits(digits, activation):
    network, _ = trained(digits, hidden=(20, 15), activation=activation, decay=1e-5, iterations=80)
    assert error(network, digits["train"]) < 0.01
    assert error(network, digits["test"]) < 0.08


def test_softmax_regression_is_the_same_in_every_run(digits):
    assert not FullyConnected(train_on="digits/train").random
    first, second = (trained(digits, run, decay=1e-2)[1].weights for run in (1, 2))
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_hidden_layers_start_anew_in_every_run(digits):
    assert FullyConnected(train_on="digits/train", hidden=(5,)).random
    first, second = (trained(digits, run, hidden=(5,), iterations=1)[1].weights for run in (1, 2))
    assert not np.array_equal(first["layer-1/kernel"], second["layer-1/kernel"])


@pytest.mark.parametrize(
    ("convention", "decay", "expected"),
    [
        ("lambda/k", 1e-2, (1e-4, 5e-5, 1e-3)),
        ("lambda/2", 1e-2, (5e-3, 5e-3, 5e-3)),
        ("lambda", 1e-2, (1e-2, 1e-2, 1e-2)),
        ("lambda/2", (1e-5, 1e-5, 1e-6), (5e-6, 5e-6, 5e-7)),
        ("lambda/k", (1e-5, 2e-5, 1e-6), (1e-7, 1e-7, 1e-7)),
    ],
)
def test_the_reading_of_lambda_gives_each_layers_penalty(convention, decay, expected):
    shapes = {
        "layer-1/kernel": (784, 100),
        "layer-1/bias": (100,),
        "layer-2/kernel": (100, 200),
        "layer-3/kernel": (200, 10),
    }
    found = decay_factors(decay, convention, {name: np.zeros(shape) for name, shape in shapes.items()})
    assert found == pytest.approx({f"layer-{k}/kernel": value for k, value in enumerate(expected, 1)})


def test_more_decay_gives_smaller_weights_and_larger_distortions(digits):
    light, heavy = (trained(digits, decay=decay)[0] for decay in (1e-4, 1e-1))
    assert np.linalg.norm(heavy.weights["layer-1/kernel"]) < np.linalg.norm(light.weights["layer-1/kernel"])
    some = digits["test"].take(np.arange(100))
    near, far = (ExactLinear()(network, some, Streams(0, 1)).distortion.mean() for network in (light, heavy))
    assert near < far


@pytest.mark.parametrize("decay", [(), (1e-5, 1e-5), (1e-5,) * 4])
def test_decay_is_one_number_or_one_for_each_layer(decay):
    with pytest.raises(ValidationError, match=r"expected one number or 3 \(one for each layer\)"):
        FullyConnected(train_on="d/train", hidden=(100, 100), decay=decay)


@pytest.mark.parametrize("fields", [{"hidden": (0,)}, {"decay": -1.0}, {"decay": (1e-5, -1.0), "hidden": (3,)}])
def test_sizes_and_decays_that_cannot_be_are_refused(fields):
    with pytest.raises(ValidationError):
        FullyConnected(train_on="d/train", **fields)


def test_a_label_beyond_the_classes_is_said(digits):
    with pytest.raises(ContractError, match="the last layer has 9 outputs, but digits/train has a label 9"):
        trained(digits, classes=9)


@pytest.fixture(scope="module")
def table_1(mnist):
    """MNIST and FC10(1e-2) of Szegedy et al. 2014, Table 1, with p = lambda / 2."""
    splits = Mnist()((mnist,))
    return splits, *trained(splits, decay=1e-2)


@pytest.mark.slow
def test_lambda_halved_gives_the_papers_softmax_errors_on_mnist(table_1):
    splits, network, result = table_1
    assert result.facts["rule_met"]
    # Printed: 10 and 9.4 %.
    assert error(network, splits["train"]) == pytest.approx(0.10, abs=0.002)
    assert error(network, splits["test"]) == pytest.approx(0.094, abs=0.001)


@pytest.mark.slow
def test_the_exact_minimum_on_mnist_is_below_the_distortion_the_paper_prints(table_1):
    splits, network, _ = table_1
    train = splits["train"].take(np.arange(2500))
    correct = train.take(np.flatnonzero(network.predict(train.images) == train.labels))
    made = ExactLinear()(network, correct, Streams(0, 1))
    assert made.found.all()
    # Printed: 0.1, by a method that does not reach the minimum; the whole training split gives 0.0894 (spread 0.037).
    assert made.distortion.mean() == pytest.approx(0.0894, abs=4 * 0.037 / np.sqrt(len(correct)))
    assert made.distortion.mean() < 0.1
