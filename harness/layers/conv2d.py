"""Convolutions over height and width."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.kinds.layer import (
    SLOPES,
    ActivationName,
    Initializer,
    LayerRecipe,
    Padding,
    Pair,
    Shape,
    Size,
    pair,
    windows,
)
from harness.kinds.norm_bounds import NormBounds
from harness.kinds.registry import layer


@layer("conv2d", edition=1)
class Conv2D(LayerRecipe):
    """A convolution: each filter's window slides over height and width."""

    keras = "Conv2D"
    convolves = True

    filters: Size
    """Number of output channels."""
    kernel_size: Pair
    """Height and width of the window, or one number for both."""
    strides: Pair = 1
    """Steps of the window down and across."""
    padding: Padding = "valid"
    """``valid`` takes windows that lie within the image, ``same`` pads with zeros so that strides of 1 keep the size."""
    activation: ActivationName = "linear"
    """Activation function of every output."""
    use_bias: bool = True
    """Whether each filter has a bias."""
    kernel_initializer: Initializer = "glorot_uniform"
    """How the filters are drawn."""

    @property
    def affine(self) -> bool:
        """Whether the activation function is linear."""
        return self.activation == "linear"

    def output(self, shape: Shape) -> Shape:
        """Return ``(h, w, filters)``."""
        return (*windows(shape, self.kernel_size, self.strides, self.padding, "kernel"), self.filters)

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return the norm of the convolution: from its matrix where that is small, else its two ends."""
        from harness.engine.operator_norm import convolution_norm

        kernel = weights[f"{name}/kernel"].astype(np.float64)
        return convolution_norm(kernel, shape, pair(self.strides), self.padding, SLOPES[self.activation])
