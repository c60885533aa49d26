"""Max pooling that has a gradient under XLA too, and L2 pooling, of which Keras has no layer.

TensorFlow has no deterministic gradient of its own max pooling under XLA. There the maximum is taken over shifted views
of the image, one for each place in the window; elsewhere Keras' own layer computes, which is faster.
"""

from __future__ import annotations

from typing import Any

import keras
from jaxtyping import Float
from keras import ops

from harness.engine import backend
from harness.engine.shapes import Images
from harness.kinds.layer import around

Pooled = Float[Any, "n rows columns c"]
"""Maxima of windows: fewer rows and columns than the images have."""
LOWEST = -3.0e38
"""What ``padding: same`` pads with: below every activation."""


class FusableMaxPooling2D(keras.layers.MaxPooling2D):  # type: ignore[misc]
    """Keras' max pooling; in programs fused by XLA the same, of operations that have gradients there."""

    def call(self, inputs: Images) -> Pooled:
        """Return the maxima ``(n, h, w, c)`` of activations ``(n, h, w, c)``."""
        if not backend.fusing():
            return super().call(inputs)
        return _maxima(inputs, self.pool_size, self.strides, self.padding)


def _maxima(x: Images, size: tuple[int, int], strides: tuple[int, int], padding: str) -> Pooled:
    """Return the maximum over the window's places; of equal ones the first gets the gradient, as natively."""
    if padding == "same":
        x = ops.pad(x, [(0, 0), *around(tuple(x.shape[1:]), size, strides, "same"), (0, 0)], constant_values=LOWEST)
    counts = [(side - edge) // step + 1 for side, edge, step in zip(x.shape[1:3], size, strides, strict=True)]
    largest = None
    for row in range(size[0]):
        for column in range(size[1]):
            view = x[
                :,
                row : row + (counts[0] - 1) * strides[0] + 1 : strides[0],
                column : column + (counts[1] - 1) * strides[1] + 1 : strides[1],
            ]
            largest = view if largest is None else ops.where(view > largest, view, largest)
    return largest


def root_of_squares(
    images: Images, size: tuple[int, int], strides: tuple[int, int], padding: str, epsilon: float
) -> Pooled:
    """Return the root of the sum of squares of each window, plus epsilon; traceable, differentiable."""
    total = ops.square(images)
    if padding == "same":
        total = ops.pad(total, [(0, 0), *around(tuple(total.shape[1:]), size, strides, "same"), (0, 0)])
    for axis, edge, step in zip((1, 2), size, strides, strict=True):  # first down, then across
        last = (total.shape[axis] - edge) // step * step + 1
        ahead = (slice(None),) * axis
        total = sum(total[(*ahead, slice(shift, shift + last, step))] for shift in range(edge))
    return ops.sqrt(total + epsilon)
