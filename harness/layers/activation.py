"""An activation function on its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from harness.kinds.layer import SLOPES, ActivationName, Shape, ShapeKeeping
from harness.kinds.norm_bounds import NormBounds
from harness.kinds.registry import layer


@layer("activation", edition=1)
class Activation(ShapeKeeping):
    """A function applied to each activation."""

    keras = "Activation"

    activation: ActivationName
    """Name of the function."""

    @property
    def affine(self) -> bool:
        """Whether the activation function is linear."""
        return self.activation == "linear"

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return the largest slope of the function."""
        return NormBounds.exactly(SLOPES[self.activation])
