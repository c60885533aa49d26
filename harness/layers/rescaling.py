"""Pixels in another scale."""

from __future__ import annotations

from pydantic import Field

from harness.kinds.layer import ShapeKeeping
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
