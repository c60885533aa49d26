"""Gaussian noise."""

from __future__ import annotations

from pydantic import Field

from harness.kinds.layer import ShapeKeeping
from harness.kinds.registry import layer


@layer("gaussian_noise", edition=1)
class GaussianNoise(ShapeKeeping):
    """In training, adds independent normal noise to the activations."""

    keras = "GaussianNoise"
    fixed_norm = 1.0
    varies_in_training = True

    stddev: float = Field(0.1, ge=0, le=1000)
    """Standard deviation of the noise."""

    @property
    def affine(self) -> bool:
        """Always."""
        return True
