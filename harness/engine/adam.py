"""Adam as a value: weights, moments and the number of steps taken (Kingma and Ba 2015, algorithm 1).

Keras' own optimiser holds its state in variables and cannot step without them on TensorFlow; a training that is to go on
after a kill, on either backend, needs the state as arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self

import numpy as np
from keras import ops
from numpy.typing import NDArray

FIRST, SECOND, EPSILON = 0.9, 0.999, 1e-8
"""Beta 1, beta 2 and epsilon, as the paper suggests."""

Arrays = dict[str, Any]


class Adam(NamedTuple):
    """Where a minimisation stands.

    Attributes:
        weights: name -> array.
        mean: the gradient's exponential mean, arrays like ``weights``.
        square: that of the squared gradient.
        steps: how many steps were taken, float32 scalar.
    """

    weights: Arrays
    mean: Arrays
    square: Arrays
    steps: Any

    @classmethod
    def at(cls, weights: Mapping[str, NDArray[Any]]) -> Self:
        """Return the state before the first step."""
        none = {name: np.zeros_like(array) for name, array in weights.items()}
        return cls(dict(weights), none, none, np.float32(0))

    def moved(self, slopes: Mapping[str, Any], rate: Any) -> Adam:
        """Return the state one step on, along the gradient ``slopes`` with the learning rate ``rate``; traceable."""
        steps = self.steps + 1.0
        mean = {name: FIRST * self.mean[name] + (1.0 - FIRST) * slope for name, slope in slopes.items()}
        square = {name: SECOND * self.square[name] + (1.0 - SECOND) * slope**2 for name, slope in slopes.items()}
        length = rate * ops.sqrt(1.0 - SECOND**steps) / (1.0 - FIRST**steps)
        weights = {
            name: array - length * mean[name] / (ops.sqrt(square[name]) + EPSILON)
            for name, array in self.weights.items()
        }
        return Adam(weights, mean, square, steps)

    def mapped(self, change: Callable[[Any], Any]) -> Adam:
        """Return the state with every array changed, for example into the backend's tensors."""
        parts = ({name: change(array) for name, array in part.items()} for part in self[:3])
        weights, mean, square = parts
        return Adam(weights, mean, square, change(self.steps))

    def note(self) -> dict[str, NDArray[Any]]:
        """Return the state as arrays by name, for a journal."""
        there = self.mapped(ops.convert_to_numpy)
        parts = zip(("weights", "mean", "square"), there[:3], strict=True)
        return {f"{part}:{name}": array for part, arrays in parts for name, array in arrays.items()} | {
            "steps": np.asarray(there.steps)
        }

    @classmethod
    def noted(cls, note: Mapping[str, NDArray[Any]]) -> Self:
        """Return the state a note holds."""
        parts: dict[str, Arrays] = {"weights": {}, "mean": {}, "square": {}}
        for key, array in note.items():
            part, _, name = key.partition(":")
            if name:
                parts[part][name] = array
        return cls(parts["weights"], parts["mean"], parts["square"], note["steps"])
