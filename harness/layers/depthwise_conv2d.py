"""Convolutions of each channel on its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from harness.kinds.axes import Axes
from harness.kinds.convolving import Convolving
from harness.kinds.layer import Shape, Size, pair
from harness.kinds.norm_bounds import NormBounds
from harness.kinds.registry import layer


@layer("depthwise_conv2d", edition=1)
class DepthwiseConv2D(Convolving):
    """A separate convolution of each channel; the outputs of a channel are neighbours."""

    keras = "DepthwiseConv2D"

    depth_multiplier: Size = 1
    """Number of filters, and outputs, for each channel."""

    @model_validator(mode="after")
    def _has_equal_steps(self) -> Self:
        if len(set(pair(self.strides))) > 1:
            raise ValueError(f"strides: expected equal strides, as TensorFlow requires; found {self.strides}")
        return self

    def output(self, shape: Shape) -> Shape:
        """Return ``(h, w, c · depth_multiplier)``."""
        return (*self.windows(shape), shape[2] * self.depth_multiplier)

    def kernel_shape(self, shape: Shape) -> Shape:
        """Return ``(rows, columns, channels, depth_multiplier)``."""
        return (*pair(self.kernel_size), shape[2], self.depth_multiplier)

    def kernel_axes(self, shape: Shape) -> Axes:
        """Return ``(channels · depth_multiplier, 1, rows, columns)``: there it is a convolution of as many groups as channels."""
        rows, columns, channels, each = self.kernel_shape(shape)
        return Axes((channels * each, 1, rows, columns), (channels, each, rows, columns), (2, 3, 0, 1))

    def apart(self, kernel: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Return the filters of each channel."""
        return np.split(kernel, kernel.shape[2], axis=2)

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of Keras' layer, which calls the initializer by another name."""
        given = super().arguments()
        return given | {"depthwise_initializer": given.pop("kernel_initializer")}

    def build(self, name: str, dtype: str) -> Any:
        """Return Keras' layer; the kernel's initializer goes by the kernel's name, as in other layers."""
        made = super().build(name, dtype)
        made.kernel_initializer = made.depthwise_initializer
        return made

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return the largest norm of a channel's convolution: from its matrix where that is small, else its two ends."""
        from harness.engine.grouped_norm import convolving_norm

        return convolving_norm(self, shape, weights[f"{name}/kernel"])
