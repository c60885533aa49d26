"""Untied local filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.kinds.layer import ActivationName, Initializer, LayerRecipe, Pair, Shape, Size, pair, windows
from harness.kinds.norm_bounds import NormBounds
from harness.kinds.registry import layer


@layer("locally_connected2d", edition=1)
class LocallyConnected2D(LayerRecipe):
    """A convolution without weight sharing: each window has its own filters (Le et al. 2012)."""

    filters: Size
    """Number of output channels."""
    kernel_size: Pair
    """Height and width of the window, or one number for both."""
    strides: Pair = 1
    """Strides of the window, vertical and horizontal; all windows lie within the image."""
    activation: ActivationName = "linear"
    """Activation function of every output."""
    use_bias: bool = True
    """Whether each filter of each window has a bias."""
    kernel_initializer: Initializer = "glorot_uniform"
    """How the filters of each window are drawn."""

    @property
    def affine(self) -> bool:
        """Whether the activation function is linear."""
        return self.activation == "linear"

    def output(self, shape: Shape) -> Shape:
        """Return ``(h, w, filters)``."""
        return (*windows(shape, self.kernel_size, self.strides, "valid", "kernel"), self.filters)

    def weight_shapes(self, shape: Shape) -> Mapping[str, Shape]:
        """Return those of the filters ``(h, w, rows, columns, channels, filters)`` and of the biases ``(h, w, filters)``."""
        out = self.output(shape)
        kernel = (*out[:2], *pair(self.kernel_size), shape[2], self.filters)
        return {"kernel": kernel, **({"bias": out} if self.use_bias else {})}

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return the norm of the matrix where that is small, else its two ends (``engine.locally_connected``)."""
        from harness.engine.locally_connected import untied_norm

        kernel = weights[f"{name}/kernel"].astype(np.float64)
        return untied_norm(kernel, shape, pair(self.strides), self.activation)

    def build(self, name: str, dtype: str) -> Any:
        """Return a layer of Keras of our own."""
        from harness.engine.locally_connected import local_layer

        return local_layer(self.arguments(), name, dtype)
