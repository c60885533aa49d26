"""Convolutions with random kernels, over image sizes, kernel sizes, strides and paddings."""

import numpy as np
import pytest

from harness.engine.convolution import Convolution

CASES = [
    pytest.param(image, kernel, strides, padding, id=f"{image}-{kernel}-{strides}-{padding}")
    for image, kernel in (((7, 6, 2), (3, 3)), ((8, 8, 1), (2, 3)), ((5, 9, 3), (1, 1)), ((4, 4, 2), (4, 4)))
    for strides in ((1, 1), (2, 2), (2, 1), (3, 2))
    for padding in ("valid", "same")
]


def drawn(image, kernel, strides, padding, filters=3):
    rng = np.random.default_rng(0)
    return Convolution(rng.normal(size=(*kernel, image[2], filters)), image, strides, padding)
