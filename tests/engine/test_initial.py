import keras
import numpy as np
import pytest

from harness.engine.initial import initial_weights
from harness.engine.victim import Architecture
from harness.layers.conv2d import Conv2D
from harness.layers.dense import Dense

SCHEMES = [
    "glorot_uniform",
    "glorot_normal",
    "normal_glorot",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("layer", [Dense(units=100), Conv2D(filters=40, kernel_size=5)], ids=["dense", "conv2d"])
def test_kernels_have_the_mean_the_spread_and_the_range_of_keras_own_draws_and_biases_are_zero(scheme, layer):
    architecture = Architecture((30, 30, 3), (layer.model_copy(update={"kernel_initializer": scheme}), Dense(units=2)))
    weights = initial_weights(architecture, np.random.default_rng(0))
    drawn = weights["layer-1/kernel"]
    name = (
        keras.initializers.VarianceScaling(1.0, "fan_avg", "untruncated_normal")
        if scheme == "normal_glorot"
        else scheme
    )
    theirs = keras.ops.convert_to_numpy(keras.initializers.get(name)(drawn.shape))
    assert drawn.std() == pytest.approx(theirs.std(), rel=0.05)
    assert abs(drawn.mean()) < 5 * theirs.std() / drawn.size**0.5
    if scheme != "normal_glorot":  # whose range has no end
        assert abs(drawn).max() == pytest.approx(abs(theirs).max(), rel=0.05)
    assert not weights["layer-1/bias"].any()


def test_zeros_draw_nothing():
    architecture = Architecture((3, 2, 1), (Dense(units=4, kernel_initializer="zeros"),))
    rng = np.random.default_rng(0)
    assert not any(array.any() for array in initial_weights(architecture, rng).values())
    assert rng.random() == np.random.default_rng(0).random()


def test_the_same_stream_draws_the_same_weights_and_another_draws_others():
    architecture = Architecture((3, 2, 1), (Dense(units=4), Dense(units=4)))
    first, again, other = (initial_weights(architecture, np.random.default_rng(seed)) for seed in (1, 1, 2))
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    assert not np.array_equal(first["layer-2/kernel"], other["layer-2/kernel"])
