"""An activation function on its own."""

from __future__ import annotations

from harness.kinds.layer import ActivationName, ShapeKeeping
from harness.kinds.registry import layer


@layer("activation", edition=1)
class Activation(ShapeKeeping):
    """A function applied to each activation."""

    keras = "Activation"

    activation: ActivationName
    """Name of the function."""

    @property
    def affine(self) -> bool:
        """Whether the activation function is linear."""
        return self.activation == "linear"
