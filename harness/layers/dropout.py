"""Dropout."""

from __future__ import annotations

from pydantic import Field

from harness.kinds.layer import ShapeKeeping
from harness.kinds.registry import layer


@layer("dropout", edition=1)
class Dropout(ShapeKeeping):
    """In training, sets a random fraction of the activations to zero and scales up the others (Srivastava et al. 2014, section 4)."""

    keras = "Dropout"
    fixed_norm = 1.0
    varies_in_training = True

    rate: float = Field(0.5, ge=0, lt=1)
    """The fraction that is set to zero."""

    @property
    def affine(self) -> bool:
        """Always."""
        return True
