"""Layer normalization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.kinds.layer import Shape, ShapeKeeping
from harness.kinds.norm_bounds import NormBounds
from harness.kinds.registry import layer


@layer("layer_normalization", edition=1)
class LayerNormalization(ShapeKeeping):
    """Each position's channels with mean 0 and variance 1, times gamma plus beta (Ba et al. 2016, section 3)."""

    keras = "LayerNormalization"

    epsilon: float = Field(1e-3, gt=0, le=1)
    """Added to the variance."""

    def weight_shapes(self, shape: Shape) -> Mapping[str, Shape]:
        """Return those of gamma and beta: a number for each channel."""
        return dict.fromkeys(("gamma", "beta"), shape[-1:])

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return ‖diag(gamma) (I - 1 1ᵀ / c)‖ / sqrt(epsilon), for c channels.

        The derivative is diag(gamma) (I - 1 1ᵀ / c) (I - z zᵀ / c) / sqrt(variance + epsilon), z being the normalized channels:
        nowhere longer, and this where all channels of a position are equal.
        """
        from harness.engine.operator_norm import spectral_norm

        gamma = weights[f"{name}/gamma"].astype(np.float64)
        centred = gamma[:, None] * (np.eye(len(gamma)) - 1 / len(gamma))
        return NormBounds.exactly(spectral_norm(centred) / self.epsilon**0.5)
