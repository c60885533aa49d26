"""Zeros around an image."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from harness.kinds.layer import LayerRecipe, Shape, image, pair
from harness.kinds.registry import layer

Width = Annotated[int, Field(ge=0, le=10_000)]


@layer("zero_padding2d", edition=1)
class ZeroPadding2D(LayerRecipe):
    """Rows and columns of zeros around each channel."""

    keras = "ZeroPadding2D"
    fixed_norm = 1.0

    padding: Width | tuple[Width, Width] = 1
    """Rows above and below and columns left and right, or one number for both."""

    @property
    def affine(self) -> bool:
        """Always."""
        return True

    def output(self, shape: Shape) -> Shape:
        """Return ``(h, w, c)``."""
        h, w, c = image(shape)
        rows, columns = pair(self.padding)
        return h + 2 * rows, w + 2 * columns, c
