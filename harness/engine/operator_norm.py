"""Operator norms, L2 to L2, of matrices and convolutions: exactly where the matrix is small, else between two ends.

The upper end of a convolution is the norm of the circular one on the padded grid, of which the layer is a part: it takes
images that are zero elsewhere, and leaves windows out. A Fourier transform makes that one block-diagonal (Sedghi, Gupta and
Long 2019, for stride 1); with strides each block holds the frequencies that subsampling makes one. The lower end is what
the layer itself does to one image, which Lanczos' method finds: power iteration that keeps the whole Krylov space.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Complex128, Float64
from scipy.linalg import eigh
from scipy.sparse.linalg import LinearOperator, eigsh

from harness.engine.convolution import Convolution, Kernel
from harness.engine.shapes import Unchecked
from harness.kinds.layer import Padding, flat
from harness.kinds.norm_bounds import NormBounds

WRITTEN_OUT = 2500
"""Most rows or columns, whichever are fewer, of a matrix that is written out: its eigenvalue takes two seconds."""
ENTRIES = 2**25
"""Most numbers of such a matrix, 256 MiB."""
TOLERANCE = 1e-3
"""Relative residual at which Lanczos' method ends; the norm is then off by its square, about, and never above."""


def spectral_norm(matrix: Float64[np.ndarray, "rows columns"]) -> float:
    """Return the largest singular value: the root of the largest eigenvalue of the smaller of both products with itself."""
    size = float(abs(matrix).max(initial=0.0))
    if not size:
        return 0.0
    scaled = matrix / size  # squares neither overflow nor vanish
    gram = scaled @ scaled.T if len(matrix) < matrix.shape[1] else scaled.T @ scaled
    last = len(gram) - 1
    return size * math.sqrt(max(float(eigh(gram, eigvals_only=True, subset_by_index=(last, last))[0]), 0.0))


def convolution_norm(
    kernel: Kernel, image_shape: tuple[int, ...], strides: tuple[int, int], padding: Padding, slope: float = 1.0
) -> NormBounds:
    """Return the norm of a convolution layer, and what the formula of the paper gives for the circular one.

    Szegedy et al. 2014, section 4.3, divide by the stride twice, where the norm has it once.

    Args:
        kernel: ``(rows, columns, c, filters)``, float64.
        image_shape: (h, w, c) of one image.
        strides: steps down and across.
        padding: as Keras' layer has it.
        slope: the largest one of the activation function.
    """
    layer, across = Convolution(kernel, image_shape, strides, padding), math.sqrt(math.prod(strides))
    if kernel.shape[:2] == (1, 1):  # the same matrix at each pixel
        norm = spectral_norm(kernel[0, 0])
        return NormBounds(norm, norm, norm / across, slope)
    circular = circular_norm(layer)
    printed = circular / across
    sides = flat(image_shape), flat(layer.output_shape)
    if min(sides) <= WRITTEN_OUT and math.prod(sides) <= ENTRIES:
        norm = spectral_norm(written_out(layer))
        return NormBounds(norm, norm, printed, slope)
    return NormBounds(min(seen_norm(layer), circular), circular, printed, slope)


def written_out(layer: Convolution) -> Float64[np.ndarray, "fewer more"]:
    """Return the matrix of a convolution or its transpose, whichever has fewer rows."""
    inputs, outputs = flat(layer.image_shape), flat(layer.output_shape)
    if inputs < outputs:
        made = layer.forward(np.eye(inputs).reshape(inputs, *layer.image_shape))
    else:
        made = layer.adjoint(np.eye(outputs).reshape(outputs, *layer.output_shape))
    return np.asarray(made).reshape(len(made), -1)


def seen_norm(layer: Convolution) -> float:
    """Return ‖W x‖ / ‖x‖ of the image x that Lanczos' method ends at: not above the norm of W, and mostly equal to it."""
    size = flat(layer.image_shape)

    def twice(x: Unchecked) -> Any:
        return layer.adjoint(layer.forward(x.reshape(1, *layer.image_shape))).reshape(size)

    start = np.random.default_rng(0).standard_normal(size)
    operator = LinearOperator((size, size), matvec=twice, dtype=np.float64)
    x = eigsh(operator, k=1, v0=start, tol=TOLERANCE)[1] if size > 1 and np.any(layer.kernel) else start
    x = x.reshape(1, *layer.image_shape)
    return float(np.linalg.norm(layer.forward(x)) / np.linalg.norm(x))


def circular_norm(layer: Convolution) -> float:
    """Return the norm of the circular convolution on the padded grid, widened to whole strides.

    That is sup ‖A(ξ)‖ / sqrt(stride down · stride across), over the frequencies ξ of the subsampled grid; A(ξ) has a row for
    each filter and a column for each channel at each frequency that subsampling makes ξ.
    """
    down, across = layer.strides
    grid = tuple(-(-side // step) * step for side, step in zip(layer.padded, layer.strides, strict=True))
    largest = max(_largest_square(blocks) for blocks in _blocks(layer.kernel, grid, layer.strides))
    return math.sqrt(largest / (down * across))


def _blocks(
    kernel: Kernel, grid: tuple[int, ...], strides: tuple[int, int]
) -> Iterator[Complex128[np.ndarray, "n filters channels"]]:
    """Yield A(ξ) for all ξ of one row of the subsampled grid after the other; opposite rows are each other's conjugates."""
    (h, w), (down, across), (rows, columns, c, filters) = grid, strides, kernel.shape
    few, many = h // down, w // across
    waves = np.exp(-2j * np.pi * np.outer(np.arange(w), np.arange(columns)) / w)
    for xi in range(few // 2 + 1):
        alike = xi + few * np.arange(down)
        of_row = np.exp(-2j * np.pi * np.outer(alike, np.arange(rows)) / h)
        half = np.tensordot(of_row, kernel, 1)  # (down, columns, c, filters)
        whole = np.tensordot(waves, half, ((1,), (1,))).reshape(across, many, down, c, filters)
        yield whole.transpose(1, 4, 0, 2, 3).reshape(many, filters, across * down * c)


def _largest_square(blocks: Complex128[np.ndarray, "n filters channels"]) -> float:
    """Return the square of the largest singular value of all blocks."""
    across = blocks.conj().transpose(0, 2, 1)
    gram = blocks @ across if blocks.shape[1] <= blocks.shape[2] else across @ blocks
    return max(float(np.linalg.eigvalsh(gram)[:, -1].max()), 0.0)
