"""Fully connected layers."""

from __future__ import annotations

from typing import Any

from harness.kinds.layer import ActivationName, Initializer, LayerRecipe, Shape, Size
from harness.kinds.registry import layer


@layer("dense", edition=1)
class Dense(LayerRecipe):
    """A fully connected layer: activation(x W + b), of the flattened input."""

    keras = "Dense"

    units: Size
    """Number of outputs."""
    activation: ActivationName = "linear"
    """Activation function of every output."""
    use_bias: bool = True
    """Whether to add the bias b."""
    kernel_initializer: Initializer = "glorot_uniform"
    """How W is drawn."""

    @property
    def affine(self) -> bool:
        """Whether the activation function is linear."""
        return self.activation == "linear"

    def output(self, shape: Shape) -> Shape:
        """Return ``(units,)``."""
        return (self.units,)

    def connect(self, x: Any, name: str, dtype: str) -> Any:
        """Flatten the input, which Keras' own layer would not do, and connect."""
        import keras

        flat = x if len(x.shape) == 2 else keras.layers.Flatten(name=f"{name}-flat", dtype=dtype)(x)
        return super().connect(flat, name, dtype)
