"""The mean activation of each window."""

from __future__ import annotations

from harness.spec.layer import LayerRecipe, Padding, Pair, Shape, image, windows
from harness.spec.registry import layer


@layer("average_pooling2d", edition=1)
class AveragePooling2D(LayerRecipe):
    """The mean activation of each window, channel by channel."""

    keras = "AveragePooling2D"

    pool_size: Pair = 2
    """Height and width of the window, or one number for both."""
    strides: Pair | None = None
    """Steps of the window down and across; null takes the window's size."""
    padding: Padding = "valid"
    """``valid`` takes windows that lie within the image, ``same`` those that reach beyond it too."""

    @property
    def affine(self) -> bool:
        """Always."""
        return True

    def output(self, shape: Shape) -> Shape:
        """Return ``(h, w, c)``."""
        steps = self.pool_size if self.strides is None else self.strides
        return (*windows(shape, self.pool_size, steps, self.padding, "window"), image(shape)[2])
