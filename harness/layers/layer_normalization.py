"""Layer normalization."""

from __future__ import annotations

from pydantic import Field

from harness.kinds.layer import ShapeKeeping
from harness.kinds.registry import layer


@layer("layer_normalization", edition=1)
class LayerNormalization(ShapeKeeping):
    """Each position's channels with mean 0 and variance 1, times gamma plus beta (Ba et al. 2016)."""

    keras = "LayerNormalization"

    epsilon: float = Field(1e-3, gt=0, le=1)
    """Added to the variance."""
