import numpy as np
import pytest

from harness.engine.convolution import Convolution
from harness.engine.victim import Architecture, NetworkVictim
from harness.kinds.registry import discover, kinds

discover()
CASES = [
    pytest.param(image, kernel, strides, padding, id=f"{image}-{kernel}-{strides}-{padding}")
    for image, kernel in (((7, 6, 2), (3, 3)), ((8, 8, 1), (2, 3)), ((5, 9, 3), (1, 1)), ((4, 4, 2), (4, 4)))
    for strides in ((1, 1), (2, 2), (2, 1), (3, 2))
    for padding in ("valid", "same")
]


def drawn(image, kernel, strides, padding, filters=3):
    rng = np.random.default_rng(0)
    return Convolution(rng.normal(size=(*kernel, image[2], filters)), image, strides, padding)


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
