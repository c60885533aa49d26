import keras
import numpy as np
import pytest

from harness.engine import backend, one_channel
from harness.engine.convolution import Convolution
from harness.engine.victim import Architecture, NetworkVictim
from harness.kinds.layer import around
from harness.layers.conv2d import Conv2D
from harness.layers.dense import Dense
from harness.layers.flatten import Flatten

RNG = np.random.default_rng(2)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("rows", "columns"), [(3, 3), (5, 2), (1, 4)])
def test_the_banded_product_is_the_convolutions_transpose(padding, rows, columns):
    kernel, shape = RNG.normal(size=(rows, columns, 1, 3)), (9, 7, 1)
    convolution = Convolution(kernel, shape, (1, 1), padding)
    slope = RNG.normal(size=(4, *convolution.output_shape))
    sides = around(shape, (rows, columns), (1, 1), padding)
    made = one_channel.adjoint(slope.astype(np.float32), kernel.astype(np.float32), shape[:2], sides)
    np.testing.assert_allclose(made, convolution.adjoint(slope), atol=1e-5)


def gradients(victim, images, **how):
    def run(weights, x):
        return backend.value_and_gradient(lambda y: victim.architecture.logits(weights, y)[:, 1])(x)[1]

    return np.asarray(backend.jit(run, fuse=False, **how)(victim.on_device, images))


def network(padding, strides=1):
    layers = (Conv2D(filters=4, kernel_size=3, padding=padding, strides=strides, activation="relu"), Flatten())
    architecture = Architecture((8, 8, 1), (*layers, Dense(units=3)))
    drawn = {name: RNG.normal(size=shape).astype(np.float32) for name, shape in architecture.shapes.items()}
    return NetworkVictim(architecture, drawn)


@pytest.mark.skipif(backend.BACKEND != "tensorflow", reason="JAX takes its own gradient")
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_a_program_that_allows_it_gets_the_victims_gradient_by_the_banded_product(padding, monkeypatch):
    calls, product = [], one_channel.adjoint
    monkeypatch.setattr(one_channel, "adjoint", lambda *given: calls.append(1) or product(*given))
    victim, images = network(padding), RNG.random((5, 8, 8, 1), np.float32)
    plain = gradients(victim, images)
    assert not calls
    np.testing.assert_allclose(gradients(victim, images, reorder=True), plain, rtol=1e-4, atol=1e-5)
    assert calls


def test_a_stride_is_left_to_keras(monkeypatch):
    monkeypatch.setattr(one_channel, "adjoint", None)
    victim, images = network("valid", strides=2), RNG.random((5, 8, 8, 1), np.float32)
    np.testing.assert_array_equal(gradients(victim, images, reorder=True), gradients(victim, images))


def test_elsewhere_the_layer_is_keras_own_to_the_bit():
    ours, theirs = one_channel.OneChannelConv2D(4, 3), keras.layers.Conv2D(4, 3)
    images = RNG.random((5, 8, 8, 1), np.float32)
    ours.build(images.shape), theirs.build(images.shape)
    theirs.set_weights(ours.get_weights())
    np.testing.assert_array_equal(ours(images), theirs(images))
