"""Operator norm of local contrast normalization, between two ends."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float64

from harness.engine.contrast_normalization import means_along
from harness.engine.operator_norm import WRITTEN_OUT, spectral_norm
from harness.kinds.norm_bounds import NormBounds

Means = Float64[np.ndarray, "_ _"]
"""What takes means along one side of an image."""


def contrast_norm(shape: tuple[int, int, int], size: tuple[int, int], stddev: float, floor: float) -> NormBounds:
    """Return the norm of x ↦ g / max(floor, σ) with g = A x, A subtracting the local mean, and σ² = W g².

    Near 0 the layer is A / floor. The derivative of the division at g is diag(1 / σ) (I - M) with
    |M_ij| = |g_i| w_ij |g_j| / σ_i², where σ exceeds the floor. As σ_i² = Σ_j w_ij g_j² and Σ_j w_ij = 1, a row of |M| / σ sums up
    to 1 / (floor sqrt(w_ii)) at most, and a column to (1 + Σ_i sqrt(w_ij / w_ii)) / (2 floor); the root of their product is
    at least the norm of M / σ.

    Args:
        shape: (h, w, c) of one image.
        size: height and width of the window.
        stddev: of the Gaussian, in pixels.
        floor: least σ divided by.
    """
    *sides, channels = shape
    along = [means_along(side, edge, stddev) for side, edge in zip(sides, size, strict=True)]
    middle = [np.diag(each) for each in along]
    row = math.sqrt(channels / math.prod(float(each.min()) for each in middle))
    beside = math.prod(float(np.sqrt(w / m[:, None]).sum(axis=0).max()) for w, m in zip(along, middle, strict=True))
    column = (1 + channels * beside) / 2
    lower, centring = _centring(along[0], along[1], channels)
    upper = centring * (1 + math.sqrt(row * column))
    return NormBounds(lower / floor, upper / floor, upper / floor)


def _centring(rows: Means, columns: Means, channels: int) -> tuple[float, float]:
    """Return two ends of the norm of A: it takes (I - K) of the mean over channels, K = rows ⊗ columns, and leaves the rest."""
    rest = 1.0 if channels > 1 else 0.0
    if len(rows) * len(columns) <= WRITTEN_OUT:
        norm = max(rest, spectral_norm(np.eye(len(rows) * len(columns)) - np.kron(rows, columns)))
        return norm, norm
    middle = np.outer(np.diag(rows), np.diag(columns))
    squares = np.outer((rows**2).sum(axis=0), (columns**2).sum(axis=0)) + 1 - 2 * middle  # of the columns of I - K
    sums = np.outer(rows.sum(axis=0), columns.sum(axis=0)) + 1 - 2 * middle
    return max(rest, float(np.sqrt(squares.max()))), max(rest, math.sqrt(2 * (1 - middle.min()) * float(sums.max())))
