"""Untied local filters, of which Keras has no layer any more, and their operator norm."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from jaxtyping import Float64
from keras import ops

from harness.engine.convolution import Maps
from harness.engine.operator_norm import ENTRIES, WRITTEN_OUT, spectral_norm
from harness.engine.shapes import Images
from harness.kinds.layer import SLOPES, ActivationName, pair
from harness.kinds.norm_bounds import NormBounds

Filters = Float64[np.ndarray, "windows_down windows_across rows columns c filters"]
"""Those of every window."""


class LocalLayer(keras.layers.Layer):  # type: ignore[misc]
    """Multiplies each window of the image with a kernel of its own; ``kernel`` is ``(h, w, rows, columns, c, filters)``."""

    kernel_initializer: Any

    def build(self, input_shape: tuple[Any, ...]) -> None:
        """Make the weights; those of each window are drawn as the kernel of a convolution is."""
        (down, across), channels = self.compute_output_shape(input_shape)[1:3], input_shape[3]
        drawn = self.kernel_initializer
        if isinstance(drawn, keras.initializers.VarianceScaling):  # it takes all axes but two for places of one window
            self.kernel_initializer = keras.initializers.VarianceScaling(
                drawn.scale * down * across, drawn.mode, drawn.distribution
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(down, across, *self.edges, channels, self.filters),
            initializer=self.kernel_initializer,
        )
        self.bias = (
            self.add_weight(name="bias", shape=(down, across, self.filters), initializer="zeros")
            if self.use_bias
            else None
        )

    def call(self, inputs: Images) -> Maps:
        """Return the outputs ``(n, windows down, windows across, filters)``, row by row of the windows."""
        down, across = self.kernel.shape[:2]
        kernel = ops.convert_to_tensor(self.kernel)
        total = None
        for row in range(self.edges[0]):
            view = inputs[:, row : row + (down - 1) * self.steps[0] + 1 : self.steps[0]]
            last = (across - 1) * self.steps[1] + 1
            places = [view[:, :, shift : shift + last : self.steps[1]] for shift in range(self.edges[1])]
            weights = ops.reshape(kernel[:, :, row], (down, across, -1, self.filters))
            made = ops.einsum("nyxp,yxpf->nyxf", ops.concatenate(places, axis=-1), weights)
            total = made if total is None else total + made
        return self.activation(total if self.bias is None else total + self.bias)

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return ``(n, windows down, windows across, filters)``."""
        counts = ((side - e) // s + 1 for side, e, s in zip(input_shape[1:3], self.edges, self.steps, strict=True))
        return (input_shape[0], *counts, self.filters)


def local_layer(arguments: Mapping[str, Any], name: str, dtype: str) -> LocalLayer:
    """Return the layer of the fields of ``harness.layers.locally_connected2d``."""
    made = LocalLayer(name=name, dtype=dtype)
    made.filters, made.use_bias = arguments["filters"], arguments["use_bias"]
    made.edges, made.steps = pair(arguments["kernel_size"]), pair(arguments["strides"])
    made.activation = keras.activations.get(arguments["activation"])
    made.kernel_initializer = keras.initializers.get(arguments["kernel_initializer"])
    return made


def untied_norm(
    kernel: Filters, image_shape: tuple[int, ...], strides: tuple[int, int], activation: ActivationName = "linear"
) -> NormBounds:
    """Return the norm of untied local filters, from the matrix where that is small.

    Else it lies between the largest norm of a window's filters, met by an image that is zero outside it, and that times the
    root of the number of windows that hold the same pixel: ‖W x‖² = Σ ‖W_k x_k‖² over windows k.

    Args:
        kernel: ``(h, w, rows, columns, c, filters)``, float64.
        image_shape: (h, w, c) of one image.
        strides: steps down and across.
        activation: the function that follows.
    """
    slope = SLOPES[activation]
    down, across, rows, columns, channels, filters = kernel.shape
    sides = math.prod(image_shape), down * across * filters
    if min(sides) <= WRITTEN_OUT and math.prod(sides) <= ENTRIES:
        matrix = np.zeros((down, across, *image_shape, filters))
        for y, x in np.ndindex(down, across):
            top, left = y * strides[0], x * strides[1]
            matrix[y, x, top : top + rows, left : left + columns] = kernel[y, x]
        flat = matrix.transpose(2, 3, 4, 0, 1, 5).reshape(sides)
        return NormBounds.exactly(spectral_norm(flat), slope)
    each = kernel.reshape(down * across, rows * columns * channels, filters)
    largest = max(spectral_norm(one) for one in each)
    held = math.prod(min(-(-e // s), n) for e, s, n in zip((rows, columns), strides, (down, across), strict=True))
    return NormBounds(largest, largest * math.sqrt(held), largest * math.sqrt(held), slope)
