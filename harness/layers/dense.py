"""Fully connected layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.kinds.axes import Axes
from harness.kinds.layer import SLOPES, ActivationName, Flattening, Initializer, Shape, Size, flat
from harness.kinds.norm_bounds import NormBounds
from harness.kinds.registry import layer


@layer("dense", edition=1)
class Dense(Flattening):
    """A fully connected layer: activation(x W + b), of the flattened input."""

    keras = "Dense"

    units: Size
    """Number of outputs."""
    activation: ActivationName = "linear"
    """Activation function of every output."""
    use_bias: bool = True
    """Whether to add the bias b."""
    kernel_initializer: Initializer = "glorot_uniform"
    """How W is drawn."""

    @property
    def affine(self) -> bool:
        """Whether the activation function is linear."""
        return self.activation == "linear"

    def output(self, shape: Shape) -> Shape:
        """Return ``(units,)``."""
        return (self.units,)

    def weight_shapes(self, shape: Shape) -> Mapping[str, Shape]:
        """Return those of W and b."""
        return {"kernel": (flat(shape), self.units), **({"bias": (self.units,)} if self.use_bias else {})}

    def channels_first(self, part: str, shape: Shape) -> Axes:
        """Return the layout of W's transpose, whose inputs are laid flat map by map."""
        return Axes.of_dense(shape, self.units) if part == "kernel" else super().channels_first(part, shape)

    def kernel_times(self, kernel: NDArray[np.float64], factors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return W with each column multiplied."""
        return kernel * factors

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return the largest singular value of W."""
        from harness.engine.operator_norm import spectral_norm

        kernel = weights[f"{name}/kernel"].astype(np.float64)
        return NormBounds.exactly(spectral_norm(kernel), SLOPES[self.activation])
