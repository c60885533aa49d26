"""The largest activation of each channel."""

from __future__ import annotations

from harness.kinds.layer import LayerRecipe, Shape, image
from harness.kinds.registry import layer


@layer("global_max_pooling2d", edition=1)
class GlobalMaxPooling2D(LayerRecipe):
    """The largest activation of each channel over all of height and width."""

    keras = "GlobalMaxPooling2D"
    fixed_norm = 1.0

    def output(self, shape: Shape) -> Shape:
        """Return ``(c,)``."""
        return image(shape)[2:]
