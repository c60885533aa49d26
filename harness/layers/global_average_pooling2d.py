"""The mean activation of each channel."""

from __future__ import annotations

from harness.kinds.layer import LayerRecipe, Shape, image
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
