"""Local contrast normalization, of which Keras has no layer."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64
from keras import ops

from harness.engine.shapes import Images, Unchecked


def means_along(side: int, edge: int, stddev: float) -> Float64[np.ndarray, "side side"]:
    """Return the matrix that takes Gaussian means over windows of ``edge`` pixels along one side of an image.

    Each row sums to 1, whatever part of its window lies within the image.
    """
    apart = np.arange(side)[:, None] - np.arange(side)[None, :]
    weights = np.where(abs(apart) <= edge // 2, np.exp(-(apart**2) / (2 * stddev**2)), 0.0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def normalized_contrasts(images: Images, size: tuple[int, int], stddev: float, floor: float) -> Images:
    """Return activations ``(n, h, w, c)`` with the local mean subtracted, over the local standard deviation or the floor."""
    rows, columns = (
        ops.convert_to_tensor(means_along(side, edge, stddev), images.dtype)
        for side, edge in zip(images.shape[1:3], size, strict=True)
    )

    def around(each: Images) -> Unchecked:
        means = ops.mean(each, axis=-1)
        return ops.expand_dims(ops.matmul(ops.matmul(rows, means), ops.transpose(columns)), -1)

    centred = images - around(images)
    # The maximum of squares, as the root has no derivative at 0.
    return centred / ops.sqrt(ops.maximum(around(ops.square(centred)), floor**2))
