"""The mean activation of each channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from harness.kinds.layer import LayerRecipe, Shape, image
from harness.kinds.norm_bounds import NormBounds
from harness.kinds.registry import layer


@layer("global_average_pooling2d", edition=1)
class GlobalAveragePooling2D(LayerRecipe):
    """The mean activation of each channel over all of height and width."""

    keras = "GlobalAveragePooling2D"

    @property
    def affine(self) -> bool:
        """Always."""
        return True

    def output(self, shape: Shape) -> Shape:
        """Return ``(c,)``."""
        return image(shape)[2:]

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return 1 / sqrt(h w)."""
        h, w, _ = image(shape)
        return NormBounds.exactly((h * w) ** -0.5)
