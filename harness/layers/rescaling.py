"""Pixels in another scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from numpy.typing import NDArray
from pydantic import Field

from harness.kinds.contract import shape_text
from harness.kinds.layer import Shape, ShapeKeeping
from harness.kinds.norm_bounds import NormBounds
from harness.kinds.registry import layer

_Number = Annotated[float, Field(ge=-1e6, le=1e6)]
_Each = Annotated[tuple[_Number, ...], Field(min_length=1, max_length=10_000)]


@layer("rescaling", edition=1)
class Rescaling(ShapeKeeping):
    """scale times the input plus offset.

    ``rescaling: {scale: 255, offset: [-123, -117, -104]}`` converts ImageNet's pixels to Caffe's scale, and a
    following ``channel_swap`` to its order of channels.
    """

    keras = "Rescaling"

    scale: _Number | _Each = 1.0
    """Factor, or one for each channel."""
    offset: _Number | _Each = 0.0
    """Offset, or one for each channel."""

    @property
    def affine(self) -> bool:
        """Always."""
        return True

    def output(self, shape: Shape) -> Shape:
        """Return the input's shape; raise ValueError unless there is one number for each channel, where there are several."""
        for name, given in (("scale", self.scale), ("offset", self.offset)):
            if isinstance(given, tuple) and len(given) != shape[-1]:
                raise ValueError(
                    f"expected {shape[-1]} numbers as {name}, as many as its input {shape_text(shape)} has channels; "
                    f"found {len(given)}"
                )
        return shape

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return the size of the largest factor."""
        return NormBounds.exactly(max(map(abs, self.scale)) if isinstance(self.scale, tuple) else abs(self.scale))
