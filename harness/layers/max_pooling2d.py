"""The largest activation of each window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from harness.kinds.layer import Pooling, Shape
from harness.kinds.norm_bounds import NormBounds
from harness.kinds.registry import layer


@layer("max_pooling2d", edition=1)
class MaxPooling2D(Pooling):
    """The largest activation of each window, channel by channel."""

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return the root of the number of windows that hold the same activation: each may follow it (Szegedy et al.: 1)."""
        norm = self.overlap(shape) ** 0.5
        return NormBounds(norm, norm, 1.0)

    def build(self, name: str, dtype: str) -> Any:
        """Return Keras' layer, with a gradient where TensorFlow has none (``engine.pooling``)."""
        from harness.engine.pooling import FusableMaxPooling2D

        return FusableMaxPooling2D(**self.arguments(), name=name, dtype=dtype)
