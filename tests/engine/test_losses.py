import numpy as np
import pytest
from keras import ops

from harness.engine import backend
from harness.engine.losses import TrainingLoss, image_losses

RNG = np.random.default_rng(0)
LABELS = np.array([2, 0, 1, 2])


def logits(probability):
    z = RNG.normal(0, 3, (4, 3))
    return -abs(z) - 0.01 if probability == "exponential" else z


def own_losses(p, labels):
    """-log p of the true class and -log(1 - p) of each other."""
    true = np.eye(3)[labels]
    return -(true * np.log(p) + (1 - true) * np.log1p(-p)).sum(axis=1)


def by_hand(z, labels, probability):
    if probability == "softmax":
        return np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), labels]
    return own_losses(1 / (1 + np.exp(-z)) if probability == "sigmoid" else np.exp(z), labels)


@pytest.mark.parametrize("probability", ["softmax", "sigmoid", "exponential"])
@pytest.mark.parametrize("temperature", [None, 7.0])
def test_losses_are_cross_entropies_computed_by_hand(probability, temperature):
    z = logits(probability)
    found = TrainingLoss(probability, temperature)(ops.convert_to_tensor(z, "float32"), LABELS)
    expected = by_hand(z / (temperature or 1), LABELS, probability)
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=1e-4)


def test_softened_targets_weigh_the_log_probabilities_of_all_classes():
    z, targets = RNG.normal(0, 3, (4, 3)), RNG.dirichlet(np.ones(3), 4)
    found = TrainingLoss(temperature=20.0)(
        ops.convert_to_tensor(z, "float32"), ops.convert_to_tensor(targets, "float32")
    )
    scores = z / 20 - np.log(np.exp(z / 20).sum(1, keepdims=True))
    np.testing.assert_allclose(ops.convert_to_numpy(found), -(targets * scores).sum(1), rtol=1e-5)


@pytest.mark.parametrize("probability", ["softmax", "sigmoid", "exponential"])
def test_the_gradient_agrees_with_finite_differences(probability):
    z, step = logits(probability), RNG.normal(size=(4, 3))
    losses = backend.value_and_gradient(lambda x: image_losses(x, LABELS, probability))
    gradient = ops.convert_to_numpy(losses(ops.convert_to_tensor(z, "float32"))[1])
    slope = (by_hand(z + 1e-6 * step, LABELS, probability) - by_hand(z - 1e-6 * step, LABELS, probability)) / 2e-6
    np.testing.assert_allclose((gradient * step).sum(1), slope, rtol=1e-3, atol=1e-4)


def test_a_wrong_class_of_probability_one_costs_much_and_not_without_end():
    z = ops.convert_to_tensor([[-1.0, 0.0]], "float32")
    losses = backend.value_and_gradient(lambda x: image_losses(x, np.array([0]), "exponential"))
    loss, gradient = (ops.convert_to_numpy(each) for each in losses(z))
    assert 10 < loss[0] < 20
    assert np.isfinite(gradient).all()
