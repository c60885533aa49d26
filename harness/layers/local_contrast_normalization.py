"""Local contrast normalization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from numpy.typing import NDArray
from pydantic import Field, model_validator

from harness.kinds.layer import Pair, Shape, ShapeKeeping, image, pair
from harness.kinds.norm_bounds import NormBounds
from harness.kinds.registry import layer


@layer("local_contrast_normalization", edition=1)
class LocalContrastNormalization(ShapeKeeping):
    """Each activation minus the mean around it, divided by the standard deviation around it (Jarrett et al. 2009; Le et al. 2012).

    Means are over all channels and a window with Gaussian weights that sum to 1; at the edges over the part
    within the image.
    """

    size: Pair = 5
    """Height and width of the window, odd, or one number for both."""
    stddev: float = Field(1.25, gt=0, le=1e6)
    """Standard deviation of the Gaussian, in pixels; neither paper gives it."""
    floor: float = Field(0.01, ge=1e-6, le=1e6)
    """Lower limit of the standard deviation in the denominator (Le et al. 2012: 0.01)."""

    @model_validator(mode="after")
    def _has_a_middle(self) -> Self:
        if any(edge % 2 == 0 for edge in pair(self.size)):
            raise ValueError(f"size: expected odd numbers, with the pixel in the middle; found {self.size}")
        return self

    def output(self, shape: Shape) -> Shape:
        """Return the input's shape, ``(h, w, c)``."""
        return image(shape)

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return the norm of subtracting the means over the floor, from below; with the division's own bound from above."""
        from harness.engine.contrast_norm import contrast_norm

        return contrast_norm(image(shape), pair(self.size), self.stddev, self.floor)

    def build(self, name: str, dtype: str) -> Any:
        """Return a layer of Keras that computes it."""
        import keras

        from harness.engine.contrast_normalization import normalized_contrasts

        given = {"size": pair(self.size), "stddev": self.stddev, "floor": self.floor}
        return keras.layers.Lambda(normalized_contrasts, arguments=given, name=name, dtype=dtype)
