"""Radial basis functions, of which Keras has no layer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras
from jaxtyping import Float
from keras import ops

Vectors = Float[Any, "n inputs"]
"""An input for each member."""
Exponents = Float[Any, "n units"]
"""The logarithm of each function of each member, at most 0."""


class RadialLayer(keras.layers.Dense):  # type: ignore[misc]
    """Gives -(x - m) B (x - m) of each unit, where B is diagonal; the centres m are the columns of ``kernel``.

    ``log_precision`` holds the logarithms of B's numbers, ``(units,)`` or ``(inputs, units)``.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights."""
        super().build(input_shape)
        shape = (input_shape[-1], self.units) if self.diagonal else (self.units,)
        start = keras.initializers.Constant(math.log(self.first))
        self.log_precision = self.add_weight(name="log_precision", shape=shape, initializer=start)

    def call(self, inputs: Vectors, training: bool | None = None) -> Exponents:
        """Return the exponents. The square is multiplied out, so that no array is larger than inputs and outputs."""
        centres = ops.convert_to_tensor(self.kernel)
        precision = ops.exp(self.log_precision) * ops.ones_like(centres)
        distances = (
            ops.matmul(inputs**2, precision)
            - 2 * ops.matmul(inputs, precision * centres)
            + ops.sum(precision * centres**2, axis=0)
        )
        return -ops.maximum(distances, 0.0)  # rounding may leave a distance of 0 just below it


def radial_layer(arguments: Mapping[str, Any], name: str, dtype: str) -> RadialLayer:
    """Return the layer of the fields of ``harness.layers.rbf``."""
    drawn = arguments["kernel_initializer"]
    made = RadialLayer(arguments["units"], use_bias=False, kernel_initializer=drawn, name=name, dtype=dtype)
    made.diagonal, made.first = arguments["precision"] == "diagonal", arguments["initial_precision"]
    return made
