"""Maxout."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from harness.kinds.contract import shape_text
from harness.kinds.layer import LayerRecipe, Shape
from harness.kinds.registry import layer


@layer("maxout", edition=1)
class Maxout(LayerRecipe):
    """The maximum of each group of neighbouring channels (Goodfellow et al. 2013, section 3): maxout units after a linear layer.

    240 units of 5 pieces are ``dense: {units: 1200}`` and ``maxout: {pieces: 5}``; after ``conv2d`` they are maxout feature maps.
    """

    fixed_norm = 1.0

    pieces: int = Field(2, ge=2, le=1000)
    """Number of channels in a group."""

    def output(self, shape: Shape) -> Shape:
        """Return ``(…, channels / pieces)``."""
        if shape[-1] % self.pieces:
            raise ValueError(f"cannot split the channels of its input {shape_text(shape)} into groups of {self.pieces}")
        return (*shape[:-1], shape[-1] // self.pieces)

    def build(self, name: str, dtype: str) -> Any:
        """Return a layer of Keras that takes the largest of each group."""
        import keras

        from harness.engine.maxout import group_maxima

        return keras.layers.Lambda(group_maxima, arguments={"pieces": self.pieces}, name=name, dtype=dtype)
