from dataclasses import replace

import numpy as np
import pytest

from harness.datasets.digits import Digits
from harness.errors import ContractError, Invalid
from harness.examples import Examples
from harness.kinds.registry import discover, kinds
from harness.metrics.expansion import Expansion
from harness.metrics.operator_norm import OperatorNorm
from harness.models.network import NetworkModel
from harness.streams import Streams

discover()
W = np.array([[3.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])


class Linear:
    """Two logits of four pixels: three times the first, and the second."""

    image_shape, classes = (2, 2, 1), 2

    def exact_logits(self, images):
        return images.reshape(len(images), -1).astype(np.float64) @ W


CLEAN = Examples(np.zeros((3, 2, 2, 1), np.float32), np.zeros(3, np.int64), np.array([4, 7, 9]))


def moved(*steps, index=(4, 7, 9)):
    images = np.array(steps, np.float32).reshape(-1, 2, 2, 1)
    n = len(images)
    return Examples(images, np.zeros(n, np.int64), np.array(index), None, np.ones(n, bool), np.zeros(n))


def test_it_is_the_largest_ratio_of_the_distances_of_logits_and_of_images():
    made = moved([0.5, 0.5, 0, 0], [0, 0.2, 0, 0], [0, 0, 0.9, 0])
    value = Expansion()((Linear(),), CLEAN, made)
    assert value.value == pytest.approx((9 / 2 + 1 / 2) ** 0.5)
    assert value.of == 3


def test_an_image_that_was_not_moved_has_no_ratio():
    value = Expansion()((Linear(),), CLEAN, moved([0, 0.5, 0, 0], [0] * 4, [0] * 4))
    assert (value.value, value.of) == (1.0, 1)
    with pytest.raises(Invalid, match="did not change any of the 3 images"):
        Expansion()((Linear(),), CLEAN, moved([0] * 4, [0] * 4, [0] * 4))


def test_each_image_is_held_against_the_one_it_was_made_from_in_whatever_order():
    clean = replace(CLEAN, images=np.array([[0.1] * 4, [0.4] * 4, [0.7] * 4], np.float32).reshape(-1, 2, 2, 1))
    made = moved([0.7, 0.8, 0.7, 0.7], [0.1, 0.2, 0.1, 0.1], [0.1, 0.3, 0.1, 0.1], index=(9, 4, 4))
    value = Expansion()((Linear(),), clean, made)
    assert value.value == pytest.approx(1.0, rel=1e-5)
    assert value.of == 2
    with pytest.raises(Invalid, match="1 adversarial images have an index"):
        Expansion()((Linear(),), clean, moved([0.5] * 4, index=(5,)))


def test_it_needs_the_images_before_and_after_an_attack():
    with pytest.raises(ContractError, match="needs adversarial images"):
        Expansion()((Linear(),), CLEAN, None)
    with pytest.raises(ContractError, match="needs the clean images"):
        Expansion()((Linear(),), None, moved([0.5] * 4, index=(4,)))


NETWORKS = {
    "sigmoid": ({"dense": {"units": 30, "activation": "sigmoid"}}, {"dense": {"units": 10}}),
    "convolutions, pooling, normalization": (
        {"conv2d": {"filters": 6, "kernel_size": 3, "padding": "same", "activation": "relu"}},
        {"batch_normalization": {}},
        {"max_pooling2d": {"pool_size": 3, "strides": 2}},
        {"branches": {"paths": ((), ({"conv2d": {"filters": 6, "kernel_size": 3, "strides": 1, "padding": "same"}},))}},
        {"average_pooling2d": {"pool_size": 2, "strides": 1}},
        {"dense": {"units": 10}},
    ),
}


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("attack", ["fgsm", "ddn"])
def test_on_a_trained_network_no_ratio_seen_exceeds_the_product_of_the_norms(layers, attack):
    digits = Digits()()
    recipe = NetworkModel(train_on="digits/train", layers=layers, training={"kind": "minibatch", "epochs": 3})
    victim = recipe.victim(recipe(train_on=digits["train"], streams=Streams(0, 1)))
    clean = digits["test"].take(np.arange(40))
    made = kinds("attacks")[attack]()(victim, clean, Streams(0, 1))
    seen = Expansion()((victim,), clean, made).value
    assert 0.02 * OperatorNorm()((victim,), clean, None).value < seen <= OperatorNorm()((victim,), clean, None).value


def test_the_ratio_of_a_linear_network_along_its_first_singular_vector_is_its_operator_norm():
    digits = Digits()()
    recipe = NetworkModel(
        train_on="digits/train", layers=({"dense": {"units": 10}},), training={"kind": "lbfgs", "iterations": 20}
    )
    victim = recipe.victim(recipe(train_on=digits["train"], streams=Streams(0, 1)))
    along = np.linalg.svd(victim.weights["layer-1/kernel"].astype(np.float64))[0][:, 0].reshape(1, 8, 8, 1)
    clean = replace(digits["test"].take(np.arange(1)), images=np.full((1, 8, 8, 1), 0.5, np.float32))
    made = replace(
        clean, images=(clean.images + 0.5 * along).astype(np.float32), found=np.ones(1, bool), distortion=np.ones(1)
    )
    norm = OperatorNorm(end="exact")((victim,), clean, None).value
    assert Expansion()((victim,), clean, made).value == pytest.approx(norm, rel=1e-6)
