"""The root of the sum of squares of each window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray
from pydantic import Field

from harness.kinds.layer import Pooling, Shape, pair
from harness.kinds.norm_bounds import NormBounds
from harness.kinds.registry import layer


@layer("l2_pooling2d", edition=1)
class L2Pooling2D(Pooling):
    """The square root of the sum of squares over each window, channel by channel (Le et al. 2012), padded with zeros."""

    epsilon: float = Field(1e-8, ge=1e-12, le=1)
    """Added to the sum, so that the square root is differentiable if all activations of a window are 0."""

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return the root of the number of windows that hold the same activation: each follows it where the others are small."""
        return NormBounds.exactly(self.overlap(shape) ** 0.5)

    def build(self, name: str, dtype: str) -> Any:
        """Return a layer of Keras that computes it."""
        import keras

        from harness.engine.pooling import root_of_squares

        given = {"size": pair(self.pool_size), "strides": pair(self.steps), "padding": self.padding}
        return keras.layers.Lambda(root_of_squares, arguments=given | {"epsilon": self.epsilon}, name=name, dtype=dtype)
