"""Convolution of one channel whose gradient with respect to the images is a matrix product, three times as fast on a CPU.

A CPU's library pads channels to the width of its registers, so that the gradient of a first layer on grey images takes as long
as one of sixteen channels. Here each row of the slopes is multiplied by a banded matrix of the filters, and shifted rows are
added up. Its sums are taken in another order, so only programs that allow it (``backend.jit``) compute it so.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from jaxtyping import Float
from keras import ops

from harness.engine import backend
from harness.engine.shapes import Unchecked
from harness.kinds.layer import around

OneChannelFilters = Float[Any, "rows columns 1 filters"]
"""The filters, as Keras keeps them."""
Slopes = Float[Any, "n down across filters"]
"""The gradient with respect to what the convolution gave, of windows down and across."""
Grey = Float[Any, "n h w 1"]
"""Images of one channel, or a gradient with respect to them."""
WIDEST = 8
"""Columns of an image, as a multiple of the window's: the banded matrix is so many times the filters."""


class OneChannelConv2D(keras.layers.Conv2D):  # type: ignore[misc]
    """Keras' convolution, whose gradient is that matrix product where it is the same but for rounding, and allowed."""

    def convolution_op(self, inputs: Unchecked, kernel: Unchecked) -> Unchecked:
        """Return the convolution ``(n, rows, columns, filters)`` of images ``(n, h, w, c)``."""
        if not (backend.reordering() and self._slides_over_one_channel(tuple(inputs.shape))):
            return super().convolution_op(inputs, kernel)
        # The gradient is taken where the variable no longer stands for the weights that a victim gives it.
        kernel = kernel.value
        plain, shape = super().convolution_op, tuple(inputs.shape[1:])
        sides = around(shape, self.kernel_size, self.strides, self.padding)
        return backend.with_gradient(
            lambda x: plain(x, kernel), lambda slope: adjoint(slope, kernel, shape[:2], sides)
        )(inputs)

    def _slides_over_one_channel(self, shape: tuple[int | None, ...]) -> bool:
        """Whether the input has one channel and is no wider than is worth it, and the window slides pixel by pixel."""
        steps = {*self.strides, *self.dilation_rate, self.groups}
        return shape[3] == 1 and steps == {1} and (shape[2] or 0) <= WIDEST * self.kernel_size[1]


def adjoint(
    slope: Slopes, kernel: OneChannelFilters, size: tuple[int, int], sides: tuple[tuple[int, int], tuple[int, int]]
) -> Grey:
    """Return the transposed convolution ``(n, h, w, 1)`` of slopes ``(n, down, across, filters)``; traceable.

    Args:
        slope: what is multiplied.
        kernel: the filters.
        size: height and width of the images.
        sides: zeros before and after their height and width.
    """
    (rows, columns, _, filters), (down, across) = kernel.shape, slope.shape[1:3]
    (top, _), (left, _) = sides
    wide = across + columns - 1
    # Which column of the window falls on a pixel, for the window at each place across.
    places = np.arange(wide)[None, :, None] == np.arange(across)[:, None, None] + np.arange(columns)
    band = ops.einsum("axj,ijf->afix", ops.convert_to_tensor(places, kernel.dtype), kernel[:, :, 0])
    each = ops.reshape(slope, (-1, across * filters)) @ ops.reshape(band, (across * filters, rows * wide))
    each = ops.reshape(each, (-1, down, rows, wide))
    whole = sum(ops.pad(each[:, :, i], [(0, 0), (i, rows - 1 - i), (0, 0)]) for i in range(rows))
    return whole[:, top : top + size[0], left : left + size[1], None]
