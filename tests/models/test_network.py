import numpy as np
import pytest
from pydantic import ValidationError

from harness.datasets.digits import Digits
from harness.errors import ContractError
from harness.examples import Examples, Trained
from harness.kinds.registry import discover, kinds
from harness.metrics.error_rate import ErrorRate
from harness.models.network import NetworkModel
from harness.streams import Streams

discover()
BODY = (
    {"conv2d": {"filters": 8, "kernel_size": 3, "activation": "relu"}},
    "max_pooling2d",
    {"dense": {"units": 16, "activation": "relu"}},
)
HEAD = ({"dense": {"units": 10}},)
ADAM = {"kind": "minibatch", "optimizer": {"adam": {"learning_rate": 0.01}}, "batch_size": 60, "epochs": 4}


def model(layers, training=ADAM, **fields):
    return NetworkModel.model_validate({"train_on": "digits/train", "layers": layers, "training": training, **fields})


@pytest.fixture(scope="module")
def digits():
    return Digits()()


@pytest.fixture(scope="module")
def base(digits):
    recipe = model((*BODY, *HEAD))
    trained = recipe(train_on=digits["train"], streams=Streams(0, 1))
    return recipe.victim(trained)


def grown(digits, base, **fields):
    recipe = model(**fields, starts_from="base")
    trained = recipe(train_on=digits["train"].take(np.arange(300)), streams=Streams(0, 2), starts_from=base)
    return trained, recipe.victim(trained, starts_from=base)


def test_a_convnet_is_trained_and_attacked(digits, base):
    assert ErrorRate()((base,), digits["test"], None).value < 0.1
    clean = digits["test"].take(np.flatnonzero(base.predict(digits["test"].images) == digits["test"].labels)[:12])
    for kind in ("lbfgs", "deepfool", "ddn", "pgd"):
        made = kinds("attacks")[kind]()(base, clean, Streams(0, 1))
        assert made.found.mean() > 0.9
        criterion = made.labels if made.targets is None else made.targets
        reached = (base.exact_logits(made.images).argmax(1) == criterion) == (made.targets is not None)
        assert reached[made.found].all()


def test_a_network_on_a_frozen_one_leaves_its_weights_and_trains_its_own(digits, base):
    trained, victim = grown(digits, base, layers=HEAD)
    assert set(trained.weights) == {"layer-1/kernel", "layer-1/bias"}
    assert len(victim.architecture.layers) == len(base.architecture.layers) + 1
    for name, array in base.weights.items():
        np.testing.assert_array_equal(victim.weights[name], array)
    below, x = base.activations(digits["test"]).images, digits["test"].images
    alone = model(HEAD).victim(trained)
    np.testing.assert_allclose(victim.exact_logits(x[:20]), alone.exact_logits(below[:20]), rtol=1e-4, atol=1e-4)


def test_a_network_that_starts_from_another_trains_all_of_it_further(digits, base):
    trained, victim = grown(digits, base, layers=(), frozen=False)
    assert victim.architecture == base.architecture
    moved = [abs(trained.weights[name] - array).max() for name, array in base.weights.items()]
    assert all(0 < each < 1 for each in moved)
    one_step = {**ADAM, "epochs": 1, "optimizer": {"sgd": {"learning_rate": 1e-9}}}
    still, _ = grown(digits, base, layers=(), frozen=False, training=one_step)
    for name, array in base.weights.items():
        np.testing.assert_allclose(still.weights[name], array, atol=1e-6)


def test_a_small_residual_network_trains_on_colour_images():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 400)
    images = np.clip(rng.normal(0.5, 0.1, (400, 32, 32, 3)), 0, 1)
    images[np.arange(400), 3 * labels, :, labels % 3] = 1
    data = Examples(images.astype(np.float32), labels, np.arange(400))
    convolution = {"conv2d": {"filters": 8, "kernel_size": 3, "padding": "same", "use_bias": False}}
    block = {
        "branches": {
            "paths": (
                (
                    convolution,
                    {"batch_normalization": {"momentum": 0.8}},
                    {"activation": {"activation": "relu"}},
                    convolution,
                ),
                (),
            )
        }
    }
    layers = (
        convolution,
        block,
        {"activation": {"activation": "relu"}},
        {"average_pooling2d": {"pool_size": 4}},
        {"dense": {"units": 10}},
    )
    recipe = model(layers, {**ADAM, "epochs": 12})
    trained = recipe(train_on=data, streams=Streams(0, 1))
    victim = recipe.victim(trained)
    assert trained.facts["loss_curve"][-1][1] < 0.5 * trained.facts["loss_curve"][0][1]
    assert victim.image_shape == (32, 32, 3)
    assert "layer-2-1-2/moving_variance" in victim.weights
    assert ErrorRate()((victim,), data, None).value < 0.2


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"layers": ()}, "at least one layer"),
        ({"layers": ("dropout", *HEAD), "training": {"kind": "lbfgs"}}, "without dropout; use minibatch"),
        ({"layers": HEAD, "training": {"kind": "lbfgs", "decay": (1.0, 2.0)}}, "expected one number or 1"),
        ({"layers": BODY, "training": {"kind": "sparse-autoencoder"}}, "trains one dense layer of sigmoid units"),
    ],
)
def test_what_cannot_be_trained_so_is_refused_in_words(fields, says):
    with pytest.raises(ValidationError, match=says):
        model(**{"training": ADAM, **fields})


def test_a_label_beyond_the_outputs_is_refused(digits):
    with pytest.raises(ContractError, match="the last layer has 9 outputs, but digits/train has a label 9"):
        model(({"dense": {"units": 9}},))(train_on=digits["train"], streams=Streams(0, 1))


def test_only_zeros_under_a_training_that_draws_nothing_are_alike_in_every_run():
    zeros = ({"dense": {"units": 10, "kernel_initializer": "zeros"}},)
    assert not model(zeros, {"kind": "lbfgs"}).random
    assert model(zeros).random
    assert model(HEAD, {"kind": "lbfgs"}).random


def test_a_network_is_linear_where_all_its_layers_are():
    assert model(("flatten", {"dense": {"units": 10}})).linear
    assert model(({"conv2d": {"filters": 2, "kernel_size": 3}}, "average_pooling2d", *HEAD)).linear
    assert not model((*BODY, *HEAD)).linear
    assert not model(HEAD, starts_from="other").linear


def test_no_attack_can_write_the_weights_of_a_model_that_is_rebuilt(digits, base):
    size = {"image_shape": list(base.image_shape)}
    victim = model((*BODY, *HEAD)).rebuilt(Trained({name: np.array(a) for name, a in base.weights.items()}, facts=size))
    array = victim.weights["layer-1/kernel"]
    with pytest.raises(ValueError, match="read-only"):
        array[...] = 0
    with pytest.raises(ValueError, match="WRITEABLE"):
        array.flags.writeable = True
    with pytest.raises(TypeError):
        victim.weights["layer-1/kernel"] = np.zeros(1)
