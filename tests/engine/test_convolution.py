import numpy as np
import pytest
from convolutions import CASES, drawn

from harness.engine.victim import Architecture, NetworkVictim
from harness.kinds.registry import discover, kinds

discover()


@pytest.mark.parametrize(("image", "kernel", "strides", "padding"), CASES)
def test_it_is_what_keras_layer_computes(image, kernel, strides, padding):
    layer = drawn(image, kernel, strides, padding)
    given = {"filters": 3, "kernel_size": kernel, "strides": strides, "padding": padding, "use_bias": False}
    network = Architecture(image, (kinds("layers")["conv2d"](**given), kinds("layers")["flatten"]()))
    images = np.random.default_rng(1).normal(size=(4, *image))
    victim = NetworkVictim(network, {"layer-1/kernel": layer.kernel})
    np.testing.assert_allclose(layer.forward(images).reshape(4, -1), victim.exact_logits(images), atol=1e-12)


@pytest.mark.parametrize(("image", "kernel", "strides", "padding"), CASES)
def test_the_adjoint_moves_the_operator_to_the_other_side_of_an_inner_product(image, kernel, strides, padding):
    layer, rng = drawn(image, kernel, strides, padding), np.random.default_rng(2)
    x, y = rng.normal(size=(1, *image)), rng.normal(size=(1, *layer.output_shape))
    assert (layer.forward(x) * y).sum() == pytest.approx((x * layer.adjoint(y)).sum(), rel=1e-12)
