"""Activations in another shape."""

from __future__ import annotations

from pydantic import Field

from harness.kinds.contract import shape_text
from harness.kinds.layer import LayerRecipe, Shape, Size, flat
from harness.kinds.registry import layer


@layer("reshape", edition=1)
class Reshape(LayerRecipe):
    """The same activations, in the same order, in another shape."""

    keras = "Reshape"
    fixed_norm = 1.0

    target_shape: tuple[Size, ...] = Field(min_length=1, max_length=3)
    """The shape of one image's activations, without the batch."""

    @property
    def affine(self) -> bool:
        """Always."""
        return True

    def output(self, shape: Shape) -> Shape:
        """Return the target shape."""
        if flat(shape) != flat(self.target_shape):
            raise ValueError(
                f"expected a target_shape of {flat(shape)} activations, as its input {shape_text(shape)} has; "
                f"found {shape_text(self.target_shape)}, which are {flat(self.target_shape)}"
            )
        return self.target_shape
