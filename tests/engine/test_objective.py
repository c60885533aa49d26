import numpy as np
import pytest
from keras import ops

from harness.engine.objective import (
    LossValue,
    OpaqueNetwork,
    TargetedImages,
    evaluate_loss,
    evaluate_penalty,
    predict_log_c,
)
from harness.engine.victim import Architecture, NetworkVictim
from harness.layers.dense import Dense

SHAPE = (3, 2, 1)
ARCHITECTURE = Architecture(SHAPE, (Dense(units=7, activation="sigmoid"), Dense(units=4)))


def network(seed=0):
    rng = np.random.default_rng(seed)
    drawn = {name: rng.normal(0, 1, shape).astype(np.float32) for name, shape in ARCHITECTURE.shapes.items()}
    return NetworkVictim(ARCHITECTURE, drawn)


def loss_at(net, x, targets, through=None):
    x = ops.convert_to_tensor(x)
    images = TargetedImages(x, ops.convert_to_tensor(targets, "int32"), x[:, :0])
    return LossValue(
        *map(
            ops.convert_to_numpy,
            evaluate_loss(through or net.architecture, net.on_device, images, images.origin),
        )
    )


def exact(net, x, targets):
    logits = net.exact_logits(x.reshape(-1, *SHAPE).astype(np.float64))
    rows = np.arange(len(x))
    others = logits.copy()
    others[rows, targets] = -np.inf
    return np.log(np.exp(logits).sum(1)) - logits[rows, targets], logits[rows, targets] - others.max(1)


POINTS = np.random.default_rng(1).uniform(size=(5, 6)).astype(np.float32)
TARGETS = np.array([0, 1, 2, 3, 0])


def test_the_loss_and_the_margin_are_those_of_the_exact_logits():
    at, (loss, margin) = loss_at(network(), POINTS, TARGETS), exact(network(), POINTS, TARGETS)
    np.testing.assert_allclose(at.loss, loss, rtol=1e-5)
    np.testing.assert_allclose(at.margin, margin, rtol=1e-5, atol=1e-6)


def test_the_gradient_is_that_of_finite_differences():
    net, step = network(), 1e-6
    gradient = loss_at(net, POINTS, TARGETS).gradient
    for pixel in range(6):
        moved = np.eye(6)[pixel] * step
        ahead, behind = (exact(net, POINTS.astype(float) + sign * moved, TARGETS)[0] for sign in (1, -1))
        np.testing.assert_allclose(gradient[:, pixel], (ahead - behind) / (2 * step), rtol=1e-4, atol=1e-6)


def test_a_victim_that_hides_its_architecture_is_seen_alike():
    net = network()
    for known, opaque in zip(
        loss_at(net, POINTS, TARGETS), loss_at(net, POINTS, TARGETS, through=OpaqueNetwork(net)), strict=True
    ):
        np.testing.assert_allclose(opaque, known, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("penalty", ["squared", "norm"])
def test_the_penaltys_value_and_gradient_are_those_of_c_times_the_distortion(penalty):
    r, c = np.random.default_rng(2).normal(size=(3, 5)), np.array([0.1, 1, 7])
    value_of_penalty = evaluate_penalty(penalty, *(ops.convert_to_tensor(a, "float32") for a in (c, r)))

    def value(r):
        return c * np.sum(r**2, axis=1) ** (1 if penalty == "squared" else 0.5)

    np.testing.assert_allclose(ops.convert_to_numpy(value_of_penalty.value), value(r), rtol=1e-5)
    for pixel in range(5):
        moved = np.eye(5)[pixel] * 1e-6
        expected = (value(r + moved) - value(r - moved)) / 2e-6
        np.testing.assert_allclose(
            ops.convert_to_numpy(value_of_penalty.gradient)[:, pixel], expected, rtol=1e-5, atol=1e-7
        )


@pytest.mark.parametrize("penalty", ["squared", "norm"])
def test_the_penalty_of_no_distortion_is_zero_and_so_is_its_gradient(penalty):
    value_of_penalty = evaluate_penalty(penalty, ops.ones((2,)), ops.zeros((2, 3)))
    assert not ops.convert_to_numpy(value_of_penalty.value).any()
    assert not ops.convert_to_numpy(value_of_penalty.gradient).any()


@pytest.mark.parametrize("penalty", ["squared", "norm"])
def test_the_predicted_c_is_exact_for_two_classes_and_a_linear_margin(penalty):
    # margin(t) = slope t - distance along the only way; softplus(-margin) is the cross-entropy.
    slope, distance, confidence, t = 3.0, 6.0, 0.2, 1.1
    margin = slope * t - distance
    missing = 1 / (1 + np.exp(margin))
    arrays = (np.array([a], np.float32) for a in (np.log1p(np.exp(-margin)), 0, margin))
    at = LossValue(*map(ops.convert_to_tensor, arrays))
    length, steepness = (ops.convert_to_tensor(np.array([a], np.float32)) for a in (t, slope * missing))
    found = float(ops.exp(predict_log_c(penalty, at, length, steepness, confidence))[0])
    pull = slope / (1 + np.exp(confidence))
    there = (distance + confidence) / slope
    assert found == pytest.approx(pull / (2 * there) if penalty == "squared" else pull, rel=1e-4)
