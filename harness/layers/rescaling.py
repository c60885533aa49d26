"""Pixels in another scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray
from pydantic import Field

from harness.kinds.layer import Shape, ShapeKeeping
from harness.kinds.norm_bounds import NormBounds
from harness.kinds.registry import layer


@layer("rescaling", edition=1)
class Rescaling(ShapeKeeping):
    """scale times the input plus offset."""

    keras = "Rescaling"

    scale: float = Field(1.0, ge=-1e6, le=1e6)
    """Factor."""
    offset: float = Field(0.0, ge=-1e6, le=1e6)
    """What is added."""

    @property
    def affine(self) -> bool:
        """Always."""
        return True

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return the factor's size."""
        return NormBounds.exactly(abs(self.scale))
