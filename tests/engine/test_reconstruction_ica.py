"""Reconstruction ICA: its objective against the matrix, and what it learns."""

import numpy as np
import pytest
from keras import ops

from harness.engine import reconstruction_ica as rica
from harness.engine.victim import Architecture
from harness.examples import Examples
from harness.kinds.registry import discover
from harness.models.network import NetworkModel
from harness.streams import Streams

discover()
FILTERS = {
    "untied": {"locally_connected2d": {"filters": 3, "kernel_size": 3, "strides": 2, "use_bias": False}},
    "tied": {"conv2d": {"filters": 3, "kernel_size": 3, "use_bias": False}},
}
POOL, NORMALISE = {"l2_pooling2d": {"pool_size": 2, "strides": 1}}, {"local_contrast_normalization": {"size": 3}}


def model(layers, **fields):
    training = {"kind": "reconstruction-ica", **fields}
    return NetworkModel.model_validate({"train_on": "d/train", "layers": tuple(layers), "training": training})


def images(n=4, side=7, seed=0):
    return np.random.default_rng(seed).random((n, side, side, 2), np.float32)


def matrix(stage, kernel, shape):
    """W, row by row what the filters make of each pixel alone."""
    pixels = int(np.prod(shape))
    made = stage.filters.last(
        {rica.KERNEL: kernel}, ops.convert_to_tensor(np.eye(pixels, dtype=np.float32).reshape(-1, *shape))
    )
    return np.asarray(ops.convert_to_numpy(made), np.float64).reshape(pixels, -1).T


@pytest.mark.parametrize("filters", FILTERS)
def test_the_objective_is_that_of_the_paper_with_the_filters_written_out_as_a_matrix(filters):
    architecture = Architecture((7, 7, 2), model([FILTERS[filters], POOL]).layers)
    stage, x = rica.Stage(architecture, 1), images()
    kernel = np.random.default_rng(1).normal(size=architecture.shapes["layer-1/kernel"]).astype(np.float32) / 5
    w, flat = matrix(stage, kernel, (7, 7, 2)), x.reshape(len(x), -1).astype(np.float64)
    y = flat @ w.T
    error = ((y @ w - flat) ** 2).sum(axis=1)
    maps = (y**2).reshape(len(x), *architecture.outputs[1])
    squares = sum(maps[:, i : maps.shape[1] - 1 + i, j : maps.shape[2] - 1 + j] for i in (0, 1) for j in (0, 1))
    expected = (error + 0.3 * np.sqrt(squares + 1e-8).sum(axis=(1, 2, 3))).mean()
    found = rica.stage_loss(stage, ops.convert_to_tensor(kernel), ops.convert_to_tensor(x), 0.3)
    assert float(found) == pytest.approx(expected, rel=1e-4)


def test_filters_that_are_an_orthogonal_basis_rebuild_every_image():
    architecture = Architecture(
        (7, 7, 2), model([{"conv2d": {"filters": 2, "kernel_size": 1, "use_bias": False}}, POOL]).layers
    )
    turned = np.array([[np.cos(1), -np.sin(1)], [np.sin(1), np.cos(1)]], np.float32)[None, None]
    x = images()
    again = rica.rebuilt(rica.Stage(architecture, 1), ops.convert_to_tensor(turned), ops.convert_to_tensor(x))
    np.testing.assert_allclose(ops.convert_to_numpy(again), x, atol=1e-6)


def test_a_stage_is_given_what_the_trained_stages_below_make_of_the_images():
    recipe = model(
        [FILTERS["untied"], POOL, NORMALISE, {"conv2d": {"filters": 2, "kernel_size": 1, "use_bias": False}}, POOL]
    )
    architecture = Architecture((9, 9, 2), recipe.layers)
    weights = {
        "layer-1/kernel": np.random.default_rng(0).normal(size=architecture.shapes["layer-1/kernel"]).astype(np.float32)
    }
    x, stage = images(side=9), rica.Stage(architecture, 4)
    below = Architecture((9, 9, 2), recipe.layers[:3])
    expected = below.last(weights, ops.convert_to_tensor(x))
    np.testing.assert_allclose(stage.entering(weights, ops.convert_to_tensor(x)), expected, rtol=1e-5)


def test_training_lowers_the_loss_of_every_stage_and_leaves_other_weights_alone():
    rng = np.random.default_rng(0)
    waves = np.sin(np.arange(9)[None, :, None] * rng.uniform(0.3, 1.5, (60, 1, 1)) + rng.uniform(0, 6, (60, 1, 9)))
    data = Examples(
        np.repeat((0.5 + waves / 2)[..., None], 2, axis=-1).astype(np.float32), np.zeros(60, np.int64), np.arange(60)
    )
    recipe = model([FILTERS["untied"], POOL, NORMALISE], epochs=40, batch_size=20, learning_rate=0.02)
    trained = recipe(train_on=data, streams=Streams(0, 1))
    losses = [loss for _, loss in trained.facts["loss_curve"]]
    assert losses[-1] < 0.3 * losses[0]
    assert trained.weights.keys() == {"layer-1/kernel"}


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ([POOL], "no layer has weights"),
        ([{"conv2d": {"filters": 2, "kernel_size": 3}}, POOL], "without biases; write use_bias: false"),
        (
            [{"conv2d": {"filters": 2, "kernel_size": 3, "use_bias": False, "activation": "relu"}}, POOL],
            "no activation in layer 1",
        ),
        ([NORMALISE, FILTERS["tied"]], "after the filters of layer 2"),
        ([FILTERS["tied"], FILTERS["tied"], POOL], "after the filters of layer 1"),
    ],
)
def test_networks_that_cannot_be_trained_so_are_refused_in_words(layers, told):
    with pytest.raises(ValueError, match=told):
        model(layers)


def test_images_too_few_for_a_mini_batch_are_one():
    data = Examples(images(5), np.zeros(5, np.int64), np.arange(5))
    trained = model([FILTERS["tied"], POOL], epochs=2, batch_size=100)(train_on=data, streams=Streams(0, 1))
    assert trained.facts["epochs"] == 2
