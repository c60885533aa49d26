"""The largest activation of each window."""

from __future__ import annotations

from typing import Any

from harness.spec.layer import LayerRecipe, Padding, Pair, Shape, image, windows
from harness.spec.registry import layer


@layer("max_pooling2d", edition=1)
class MaxPooling2D(LayerRecipe):
    """The largest activation of each window, channel by channel."""

    keras = "MaxPooling2D"

    pool_size: Pair = 2
    """Height and width of the window, or one number for both."""
    strides: Pair | None = None
    """Steps of the window down and across; null takes the window's size."""
    padding: Padding = "valid"
    """``valid`` takes windows that lie within the image, ``same`` those that reach beyond it too."""

    def output(self, shape: Shape) -> Shape:
        """Return ``(h, w, c)``."""
        steps = self.pool_size if self.strides is None else self.strides
        return (*windows(shape, self.pool_size, steps, self.padding, "window"), image(shape)[2])

    def build(self, name: str, dtype: str) -> Any:
        """Return Keras' layer, with a gradient where TensorFlow has none (``engine.pooling``)."""
        from harness.engine.pooling import MaxPooling

        return MaxPooling(**self.arguments(), name=name, dtype=dtype)
