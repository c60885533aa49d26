"""The kinds of layers networks are made of, each once for the backend and once in float64.

A kind is a frozen dataclass with the methods of ``Layer``; adding one needs no change anywhere else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray
from scipy.special import expit

Weights = Mapping[str, Any]
"""Name ("layer-1/kernel") -> array, of NumPy or of the backend."""

Activation = Literal["linear", "sigmoid", "relu", "tanh"]

_EXACT: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "linear": lambda x: x,
    "sigmoid": expit,
    "relu": lambda x: np.maximum(x, 0.0),
    "tanh": np.tanh,
}


class Layer(Protocol):
    """One layer: hashable, so that architectures are; shapes are those of one image, without the batch."""

    def output(self, inputs: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of the layer's output."""

    def shapes(self, inputs: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the layer's weights by part ("kernel", "bias"), in order."""

    def apply(self, weights: Weights, x: Any) -> Any:
        """Return the output for backend tensors ``(n, …)``; ``weights`` by part; traceable and differentiable."""

    def exact(self, weights: Weights, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the output in float64, by NumPy alone."""

    def in_keras(self) -> list[keras.Layer]:
        """Return Keras' layers that compute the same; the last one holds the weights, in order of ``shapes``."""


@dataclass(frozen=True)
class Dense:
    """A fully connected layer: activation(x W + b), of the flattened input."""

    units: int
    activation: Activation = "linear"

    def output(self, inputs: tuple[int, ...]) -> tuple[int, ...]:
        """Return ``(units,)``."""
        return (self.units,)

    def shapes(self, inputs: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """Return kernel ``(inputs, units)`` and bias ``(units,)``."""
        return {"kernel": (math.prod(inputs), self.units), "bias": (self.units,)}

    def apply(self, weights: Weights, x: Any) -> Any:
        """Return activations ``(n, units)``."""
        inputs = weights["kernel"].shape[0]
        x = ops.matmul(ops.reshape(x, (-1, inputs)), weights["kernel"]) + weights["bias"]
        return keras.activations.get(self.activation)(x)

    def exact(self, weights: Weights, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return activations ``(n, units)`` in float64."""
        kernel, bias = (np.asarray(weights[part], np.float64) for part in ("kernel", "bias"))
        return _EXACT[self.activation](x.reshape(len(x), -1) @ kernel + bias)

    def in_keras(self) -> list[keras.Layer]:
        """Return a flattening and a dense layer."""
        return [keras.layers.Flatten(), keras.layers.Dense(self.units, self.activation)]
