"""One step of a Keras optimizer on one mini-batch, on either backend, and the state from which training resumes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from harness.engine import backend
from harness.engine.shapes import Counts, Images, Logits, Number, Numbers, Weights


class Stepper:
    """A model in training. Keras' model, loss and optimizer compute; the variables are the state.

    Attributes:
        model: its variables, seeds of dropout among them.
        optimizer: its variables.
        decays: name of a weight -> factor of the sum of its squares in the loss.
    """

    def __init__(self, model: keras.Model, optimizer: keras.Optimizer, decays: Mapping[str, float]) -> None:
        optimizer.build(model.trainable_variables)
        self.model, self.optimizer, self.decays = model, optimizer, dict(decays)
        self._step = backend.optimizer_step(model, optimizer, self._objective)

    def step(self, images: Images, labels: Counts) -> Number:
        """Take one step on a mini-batch; return its loss before the step, a scalar tensor."""
        return self._step(images, labels)

    def loss(self, images: Images, labels: Counts, at_once: int) -> float:
        """Return the mean cross-entropy on images as in inference, without the decay of the weights."""
        total = 0.0
        for start in range(0, len(labels), at_once):
            cut = slice(start, start + at_once)
            losses = _cross_entropy(self.model(images[cut], training=False), labels[cut])
            total += float(ops.convert_to_numpy(losses).sum(dtype=np.float64))
        return total / len(labels)

    def weights(self) -> dict[str, NDArray[Any]]:
        """Return the model's weights by name."""
        return {each.path: each.numpy() for each in self.model.weights}

    def saved(self) -> dict[str, NDArray[Any]]:
        """Return all state as arrays by name, ``variable:<number>``."""
        return {f"variable:{k}": each.numpy() for k, each in enumerate(self._variables)}

    def load(self, saved: Weights) -> None:
        """Take state that ``saved`` returned."""
        for k, each in enumerate(self._variables):
            each.assign(saved[f"variable:{k}"])

    @property
    def _variables(self) -> list[Any]:
        return [*self.model.variables, *self.optimizer.variables]

    def _objective(self, logits: Logits, labels: Counts, weights: Weights) -> Number:
        """Return mean cross-entropy plus the decay of the weights, a scalar; traceable."""
        loss = ops.mean(_cross_entropy(logits, labels))
        for name, factor in self.decays.items():
            if factor and name in weights:
                loss += factor * ops.sum(weights[name] ** 2)
        return loss


def _cross_entropy(logits: Logits, labels: Counts) -> Numbers:
    return keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
