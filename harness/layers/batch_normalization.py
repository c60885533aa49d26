"""Batch normalization."""

from __future__ import annotations

from pydantic import Field

from harness.kinds.layer import ShapeKeeping
from harness.kinds.registry import layer


@layer("batch_normalization", edition=1)
class BatchNormalization(ShapeKeeping):
    """Each channel with mean 0 and variance 1, times gamma plus beta (Ioffe and Szegedy 2015).

    In training over the mini-batch; in inference by the means and variances that training kept.
    """

    keras = "BatchNormalization"
    varies_in_training = True

    momentum: float = Field(0.99, ge=0, lt=1)
    """Share of the kept mean and variance that a mini-batch leaves in place."""
    epsilon: float = Field(1e-3, gt=0, le=1)
    """Added to the variance."""

    @property
    def affine(self) -> bool:
        """Always."""
        return True
