"""The mean activation of each window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from harness.kinds.layer import Pooling, Shape
from harness.kinds.norm_bounds import NormBounds
from harness.kinds.registry import layer


@layer("average_pooling2d", edition=1)
class AveragePooling2D(Pooling):
    """The mean activation of each window, channel by channel."""

    keras = "AveragePooling2D"

    @property
    def affine(self) -> bool:
        """Always."""
        return True

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return the product of the norms of the means over rows and over columns, whose Kronecker product the layer is."""
        from harness.engine.operator_norm import spectral_norm

        rows, columns = (spectral_norm(seen / seen.sum(axis=1, keepdims=True)) for seen in self.covered(shape))
        return NormBounds.exactly(rows * columns)
