import numpy as np
import pytest
from autoencoders import images, start, written_out
from journals import Kept
from keras import ops
from scipy.optimize import minimize

from harness.engine import autoencoder as ae
from harness.engine import autoencoder_fit as fitting
from harness.engine import backend
from harness.engine.autoencoder_fit import train_full_batch
from harness.engine.batch_size import BatchLimit
from harness.engine.fit import StoppingRule, join_weights, split_weights
from harness.examples import unwatched

SPARSITY = ae.Sparsity(target=0.2, weight=1.0, decay=1e-3)
RULE = StoppingRule(iterations=400, gtol=1e-6, ftol=1e-12, settled_within=1e-3)
SHORT = StoppingRule(iterations=30, gtol=1e-6, ftol=1e-12, settled_within=1e-3)
UNDECAYED = ae.Sparsity(0.2, 1.0, 0.0)


def shapes_of(weights):
    return {name: array.shape for name, array in weights.items()}


def loss_and_gradient(weights, sparsity=UNDECAYED):
    """What L-BFGS is given, the gradient divided by the number of images."""
    shapes = shapes_of(weights)
    loss, gradient = fitting._SparseError(shapes, images(), sparsity)(join_weights(shapes, weights))
    return loss, gradient / 100


def trained(rule=SHORT, journal=None, *, tied=False, sparsity=SPARSITY):
    return train_full_batch(start(tied=tied), images(), sparsity, rule, unwatched, journal)


@pytest.mark.parametrize("tied", [False, True])
def test_loss_and_gradient_are_those_of_finite_differences_in_float64(tied):
    weights = start(tied=tied)
    shapes, at = shapes_of(weights), join_weights(shapes_of(weights), weights)

    def written(vector):
        parts = np.split(vector, np.cumsum([np.prod(shape) for shape in shapes.values()]).astype(int)[:-1])
        given = {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}
        return written_out(given, images().images, UNDECAYED)

    loss, gradient = loss_and_gradient(weights)
    step = 1e-5 * np.eye(len(at))
    assert loss == pytest.approx(written(at), rel=1e-6)
    np.testing.assert_allclose(
        gradient, [(written(at + e) - written(at - e)) / 2e-5 for e in step], rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("bias", [0.0, -40.0, 40.0])
def test_units_that_are_never_or_always_active_are_held_off_the_ends_as_in_a_mini_batch(bias):
    """The divergence has no bound there; float32, in which mini-batches compute, knows 1 - 1e-6 to a twentieth of 1e-6."""
    weights = start() | {"layer-1/bias": np.array([bias, 0.0, bias, 0.3, -0.2], np.float32)}
    tensors = {name: ops.convert_to_tensor(array) for name, array in weights.items()}
    batch = ops.convert_to_tensor(images().images)
    expected, slopes = backend.value_and_gradient(lambda w: ae.objective(w, batch, UNDECAYED))(tensors)
    loss, gradient = loss_and_gradient(weights)
    assert loss == pytest.approx(float(expected), rel=2e-3)
    there = {name: ops.convert_to_numpy(each) for name, each in slopes.items()}
    np.testing.assert_allclose(gradient, join_weights(shapes_of(weights), there), rtol=1e-3, atol=1e-6)


def test_images_cut_into_chunks_give_the_same_loss_and_gradient(monkeypatch):
    whole = loss_and_gradient(start())
    monkeypatch.setattr(fitting, "FORWARD", BatchLimit(12 * 30, 12 * 30, 1))
    loss, gradient = loss_and_gradient(start())
    assert loss == pytest.approx(whole[0], rel=1e-6)
    np.testing.assert_allclose(gradient, whole[1], rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("tied", [False, True])
def test_a_tiny_training_ends_where_scipy_ends_with_the_objective_in_float64(tied):
    weights = start(units=2, tied=tied)
    shapes = shapes_of(weights)
    ends = np.cumsum([np.prod(shape) for shape in shapes.values()]).astype(int)[:-1]

    def written(vector):
        parts = zip(shapes.items(), np.split(vector, ends), strict=True)
        return written_out({name: part.reshape(shape) for (name, shape), part in parts}, images().images, SPARSITY)

    best = minimize(written, join_weights(shapes, weights), method="L-BFGS-B", options={"maxfun": 10**6, "gtol": 1e-7})
    result = train_full_batch(weights, images(), SPARSITY, RULE, unwatched)
    assert written_out(weights, images().images, SPARSITY) > 1.1 * best.fun
    assert result.facts["loss"] == pytest.approx(best.fun, rel=1e-4)
    assert result.settled


@pytest.mark.parametrize("tied", [False, True])
def test_the_loss_reported_is_the_objective_of_the_weights_returned_with_the_decay_of_every_connection(tied):
    result = trained(tied=tied)
    assert result.weights.keys() == start(tied=tied).keys()
    assert result.facts["iterations"] == SHORT.iterations
    assert result.facts["loss"] == pytest.approx(written_out(result.weights, images().images, SPARSITY), rel=1e-5)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("killed_after", [0, 1, 17])
def test_a_training_killed_anywhere_ends_with_the_same_bits_and_repeats_no_evaluation(killed_after, tied):
    whole = Kept()
    undisturbed, killed = trained(journal=whole, tied=tied), Kept(most=killed_after)
    with pytest.raises(KeyboardInterrupt):
        trained(journal=killed, tied=tied)
    again = Kept(killed.noted)
    result = trained(journal=again, tied=tied)
    assert len(again.noted) == len(whole.noted)
    assert result.facts == undisturbed.facts
    assert all(np.array_equal(result.weights[name], undisturbed.weights[name]) for name in result.weights)


def test_weights_are_joined_and_split_in_one_order():
    weights = start(tied=True)
    shapes = shapes_of(weights)
    again = split_weights(shapes, join_weights(shapes, weights))
    assert all(np.array_equal(again[name], weights[name]) for name in weights)
