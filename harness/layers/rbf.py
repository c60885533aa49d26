"""Radial basis functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from harness.kinds.layer import Flattening, Initializer, Shape, Size, flat
from harness.kinds.registry import layer


@layer("rbf", edition=1)
class RadialBasis(Flattening):
    """Logarithms of radial basis functions, of the flattened input: -(x - m) B (x - m) of each unit's centre m and precision B.

    As a network's last layer, with ``probability: exponential`` in its training, each is the logarithm of its class's
    probability: the shallow RBF network of Goodfellow et al. 2015, section 7.
    """

    log_probabilities = True

    units: Size
    """Number of outputs; each has its own centre."""
    precision: Literal["unit", "diagonal"] = "unit"
    """B is one number for each unit, or one for each unit and input. Its logarithm is trained, so that B is
    positive."""
    initial_precision: float = Field(0.01, gt=0, le=1e6)
    """Initial value of the numbers in B."""
    kernel_initializer: Initializer = "glorot_uniform"
    """How the centres, the columns of the kernel, are drawn."""

    def output(self, shape: Shape) -> Shape:
        """Return ``(units,)``."""
        return (self.units,)

    def weight_shapes(self, shape: Shape) -> Mapping[str, Shape]:
        """Return those of the centres and of B's logarithm."""
        centres = flat(shape), self.units
        return {"kernel": centres, "log_precision": centres if self.precision == "diagonal" else centres[1:]}

    def build(self, name: str, dtype: str) -> Any:
        """Return a layer of Keras of our own."""
        from harness.engine.radial import radial_layer

        return radial_layer(self.arguments(), name, dtype)
