"""Batch normalization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.kinds.layer import Shape, ShapeKeeping
from harness.kinds.norm_bounds import NormBounds
from harness.kinds.registry import layer


@layer("batch_normalization", edition=1)
class BatchNormalization(ShapeKeeping):
    """Each channel with mean 0 and variance 1, times gamma plus beta (Ioffe and Szegedy 2015, algorithm 1).

    In training over the mini-batch; in inference with the moving averages from training.
    """

    keras = "BatchNormalization"
    varies_in_training = True

    momentum: float = Field(0.99, ge=0, lt=1)
    """Momentum of the moving averages of mean and variance."""
    epsilon: float = Field(1e-3, gt=0, le=1)
    """Added to the variance."""

    @property
    def affine(self) -> bool:
        """Always."""
        return True

    def weight_shapes(self, shape: Shape) -> Mapping[str, Shape]:
        """Return those of gamma and beta, and of the means and variances that are kept: a number for each channel."""
        return dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), shape[-1:])

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return the largest |gamma| / sqrt(variance + epsilon)."""
        return NormBounds.exactly(float(abs(self.channel_factors(weights, name)).max()))

    def channel_factors(self, weights: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.float64]:
        """Return gamma / sqrt(variance + epsilon)."""
        gamma, variance = (weights[f"{name}/{part}"].astype(np.float64) for part in ("gamma", "moving_variance"))
        factors: NDArray[np.float64] = gamma / np.sqrt(variance + self.epsilon)
        return factors
