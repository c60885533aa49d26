import numpy as np
import pytest
from keras import ops
from scipy.special import log_softmax

from harness.engine.criterion import Criterion, evaluate_criterion
from harness.engine.logits import log_odds, logit_margin
from harness.engine.victim import Architecture, NetworkVictim
from harness.kinds.confirmation import exact_margin
from harness.layers.dense import Dense

RNG = np.random.default_rng(3)
ARCHITECTURE = Architecture((4, 3, 1), (Dense(units=7, activation="tanh"), Dense(units=5)))
NETWORK = NetworkVictim(
    ARCHITECTURE, {name: RNG.normal(0, 1, shape).astype(np.float32) for name, shape in ARCHITECTURE.shapes.items()}
)
IMAGES = RNG.uniform(size=(6, 4, 3, 1)).astype(np.float32)
CLASSES = np.array([0, 1, 2, 3, 4, 0])


def seen(network, images, sign):
    flat = ops.convert_to_tensor(images.reshape(len(images), -1))
    criterion = Criterion(ops.convert_to_tensor(CLASSES, "int32"), ops.convert_to_tensor(sign, "float32"))
    return [
        ops.convert_to_numpy(part)
        for part in evaluate_criterion(network.architecture, network.on_device, criterion, flat)
    ]


def test_the_log_odds_are_those_of_the_softmax_and_the_margin_is_over_the_largest_other_logit():
    logits = NETWORK.exact_logits(IMAGES)
    share = np.exp(log_softmax(logits, axis=1)[np.arange(6), CLASSES])
    given = ops.convert_to_tensor(logits.astype(np.float32)), ops.convert_to_tensor(CLASSES, "int32")
    np.testing.assert_allclose(ops.convert_to_numpy(log_odds(*given)), np.log((1 - share) / share), rtol=1e-4)
    others = [np.delete(row, k).max() for row, k in zip(logits, CLASSES, strict=True)]
    np.testing.assert_allclose(
        ops.convert_to_numpy(logit_margin(*given)), logits[np.arange(6), CLASSES] - others, rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_ascent_is_the_direction_in_which_the_cross_entropy_with_the_class_grows_or_falls(sign):
    ascent, _ = seen(NETWORK, IMAGES, sign)

    def loss(flat):
        return -log_softmax(NETWORK.exact_logits(flat.reshape(6, 4, 3, 1)), axis=1)[np.arange(6), CLASSES]

    flat, slope = IMAGES.reshape(6, 12).astype(float), np.zeros((6, 12))
    for pixel in range(12):
        step = 1e-5 * np.eye(12)[pixel]
        slope[:, pixel] = (loss(flat + step) - loss(flat - step)) / 2e-5
    unit = [array / np.linalg.norm(array, axis=1, keepdims=True) for array in (ascent, sign * slope)]
    np.testing.assert_allclose(*unit, atol=1e-4)


def test_the_direction_survives_where_the_class_has_all_the_probability_float32_can_hold():
    architecture = Architecture((4, 3, 1), (Dense(units=5),))
    kernel = RNG.normal(0, 1, (12, 5)).astype(np.float32)
    bias = np.zeros(5, np.float32)
    sure = NetworkVictim(architecture, {"layer-1/kernel": 1e4 * kernel, "layer-1/bias": bias})
    unsure = NetworkVictim(architecture, {"layer-1/kernel": 1e-3 * kernel, "layer-1/bias": bias})
    assert np.isfinite(seen(sure, IMAGES, -1.0)[0]).all()
    assert (np.abs(seen(sure, IMAGES, -1.0)[0]).max(1) > 1).all()
    assert (np.abs(seen(unsure, IMAGES, -1.0)[0]).max(1) > 0).all()


@pytest.mark.parametrize("reach", [True, False])
def test_the_margin_is_positive_where_the_criterion_is_met_and_the_same_in_float64(reach):
    _, margin = seen(NETWORK, IMAGES, 1.0 if reach else -1.0)
    exact = exact_margin(NETWORK, IMAGES, CLASSES, reach=reach)
    np.testing.assert_allclose(margin, exact, atol=1e-5)
    np.testing.assert_array_equal(exact > 0, (NETWORK.exact_logits(IMAGES).argmax(1) == CLASSES) == reach)
