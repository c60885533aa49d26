"""Operator norms, L2 to L2, of convolutions in groups of channels, with dilated windows or not."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from harness.engine.convolution import Convolution, Kernel
from harness.engine.operator_norm import circular_norm, convolution_norm
from harness.engine.shapes import Unchecked
from harness.kinds.convolving import Convolving
from harness.kinds.layer import SLOPES, Padding, pair
from harness.kinds.norm_bounds import NormBounds


def convolving_norm(layer: Convolving, image_shape: tuple[int, ...], kernel: Unchecked) -> NormBounds:
    """Return the norm of a convolution: from its matrix where that is small, else its two ends.

    Args:
        layer: the convolution.
        image_shape: (h, w, c) of one image.
        kernel: its filters, as Keras keeps them.
    """
    groups = layer.apart(layer.dilated(kernel.astype(np.float64)))
    return grouped_norm(groups, image_shape, pair(layer.strides), layer.padding, SLOPES[layer.activation])


def grouped_norm(
    kernels: Sequence[Kernel],
    image_shape: tuple[int, ...],
    strides: tuple[int, int],
    padding: Padding,
    slope: float = 1.0,
) -> NormBounds:
    """Return the largest norm of convolutions that each take channels of their own: that of all of them side by side.

    The norm of the circular convolution, which is cheap, says which of them need be looked at further.

    Args:
        kernels: ``(rows, columns, channels of a group, filters of a group)`` each, float64.
        image_shape: (h, w, c) of one image.
        strides: steps down and across.
        padding: as Keras' layer has it.
        slope: the largest one of the activation function.
    """
    part = (*image_shape[:2], kernels[0].shape[2])
    if len(kernels) == 1:
        return convolution_norm(kernels[0], part, strides, padding, slope)
    ceilings = [circular_norm(Convolution(each, part, strides, padding)) for each in kernels]
    lower = upper = 0.0
    for k in np.argsort(ceilings)[::-1]:
        if ceilings[k] <= lower:
            break
        bounds = convolution_norm(kernels[k], part, strides, padding)
        lower, upper = max(lower, bounds.lower), max(upper, bounds.upper)
    return NormBounds(lower, upper, max(ceilings) / math.sqrt(math.prod(strides)), slope)
