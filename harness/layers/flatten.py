"""Activations as one vector."""

from __future__ import annotations

from harness.kinds.layer import LayerRecipe, Shape, flat
from harness.kinds.registry import layer


@layer("flatten", edition=1)
class Flatten(LayerRecipe):
    """Activations as one vector, row by row, channels as the last axis. A dense layer flattens its input itself."""

    keras = "Flatten"
    fixed_norm = 1.0

    @property
    def affine(self) -> bool:
        """Always."""
        return True

    def output(self, shape: Shape) -> Shape:
        """Return ``(h w c,)``."""
        return (flat(shape),)
