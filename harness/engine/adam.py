"""Adam (Kingma and Ba 2015, algorithm 1): the moments of the gradient, and a training's state as arrays.

Keras' own optimiser holds its state in variables and cannot step without them on TensorFlow; a training that is to go on
after a kill, on either backend, needs the state as arrays.

Trainings take the step of the end of the paper's section 2, in which epsilon is added to the root of the uncorrected
moment, as Keras does. The attack of Carlini & Wagner (``carlini_wagner``) takes that of algorithm 1 itself, in which it
is added after the correction. The two differ in the last digits, so each keeps its own line; constants and moments are
shared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from keras import ops
from numpy.typing import NDArray

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
"""The values the paper suggests."""

Array = Float[Any, "..."]
Tensors = dict[str, Array]


def moments(mean: Array, square: Array, gradient: Array) -> tuple[Array, Array]:
    """Return the exponential means of the gradient and of its square, one step on; traceable."""
    return BETA_1 * mean + (1.0 - BETA_1) * gradient, BETA_2 * square + (1.0 - BETA_2) * gradient**2


class AdamState(NamedTuple):
    """The state of a minimisation.

    Attributes:
        weights: name -> array.
        mean: the gradient's exponential mean, arrays like ``weights``.
        square: that of the squared gradient.
        steps: how many steps were taken, float32 scalar.
    """

    weights: Tensors
    mean: Tensors
    square: Tensors
    steps: Float[Any, ""]

    @classmethod
    def at(cls, weights: Mapping[str, NDArray[np.float32]]) -> AdamState:
        """Return the state before the first step."""
        none = {name: np.zeros_like(array) for name, array in weights.items()}
        return cls(dict(weights), none, none, np.float32(0))

    def half_cosine(self, steps: int) -> Float[Any, ""]:
        """Return the share of the learning rate that is left, from 1 to 0 over so many steps along half a cosine; traceable."""
        return 0.5 * (1.0 + ops.cos(math.pi * ops.minimum(self.steps / steps, 1.0)))

    def moved(self, slopes: Mapping[str, Array], learning_rate: float | Float[Any, ""]) -> AdamState:
        """Return the state one step on, against the gradient ``slopes``; traceable."""
        steps = self.steps + 1.0
        both = {name: moments(self.mean[name], self.square[name], slope) for name, slope in slopes.items()}
        mean, square = ({name: pair[k] for name, pair in both.items()} for k in (0, 1))
        length = learning_rate * ops.sqrt(1.0 - BETA_2**steps) / (1.0 - BETA_1**steps)
        weights = {
            name: array - length * mean[name] / (ops.sqrt(square[name]) + EPSILON)
            for name, array in self.weights.items()
        }
        return AdamState(weights, mean, square, steps)

    def mapped(self, change: Callable[[Array], Array]) -> AdamState:
        """Return the state with every array changed, for example into the backend's tensors."""
        parts = ({name: change(array) for name, array in part.items()} for part in self[:3])
        weights, mean, square = parts
        return AdamState(weights, mean, square, change(self.steps))

    def note(self) -> dict[str, NDArray[Any]]:
        """Return the state as arrays by name, for a journal."""
        there = self.mapped(ops.convert_to_numpy)
        parts = zip(("weights", "mean", "square"), there[:3], strict=True)
        return {f"{part}:{name}": array for part, arrays in parts for name, array in arrays.items()} | {
            "steps": np.asarray(there.steps)
        }

    @classmethod
    def noted(cls, note: Mapping[str, NDArray[Any]]) -> AdamState:
        """Return the state a note holds."""
        parts: dict[str, Tensors] = {"weights": {}, "mean": {}, "square": {}}
        for key, array in note.items():
            part, _, name = key.partition(":")
            if name:
                parts[part][name] = array
        return cls(parts["weights"], parts["mean"], parts["square"], note["steps"])
