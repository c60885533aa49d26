"""One step of a Keras optimizer on one mini-batch, on either backend, and the state from which training resumes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from harness.engine import backend
from harness.engine.losses import TrainingLoss
from harness.engine.shapes import Counts, Factors, Images, Labels, Logits, Number, Unchecked, Weights


class LossTerm(NamedTuple):
    """One term of a loss.

    Attributes:
        layer: the layer whose outputs the inputs are; 0 for images.
        inputs: ``(n, …)`` in the shape of that layer's outputs.
        labels: int64 ``(n,)``.
        weight: what the mean loss is multiplied with.
    """

    layer: int
    inputs: Unchecked
    labels: Counts
    weight: float


class Stepper:
    """A model in training. Keras' model, loss and optimizer compute; the variables are the state.

    Attributes:
        model: its variables, seeds of dropout among them.
        optimizer: its variables.
        decays: name of a weight -> factor of the sum of its squares in the loss.
        above: layer -> the model of the layers above it, which shares the variables; the model itself for 0.
        losses: (logits, labels) -> the loss of each image; traceable.
        l1_decays: name of a weight -> factor of the sum of its absolute values in the loss.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.Optimizer,
        decays: Mapping[str, float],
        above: Mapping[int, keras.Model] | None = None,
        losses: TrainingLoss = TrainingLoss(),  # noqa: B008  a frozen value
        l1_decays: Mapping[str, float] | None = None,
    ) -> None:
        optimizer.build(model.trainable_variables)
        self.model, self.optimizer, self.decays, self.l1_decays = model, optimizer, dict(decays), dict(l1_decays or {})
        self.above, self.losses = {**(above or {}), 0: model}, losses
        self._step = backend.optimizer_step(model, optimizer, self._objective)
        self._mixed_steps: dict[tuple[int, ...], Callable[..., Number]] = {}

    def step(self, images: Images, labels: Labels) -> Number:
        """Take one step on a mini-batch; return its loss before the step, a scalar tensor."""
        return self._step(images, labels)

    def mixed_step(self, parts: Sequence[LossTerm]) -> Number:
        """Take one step on a weighted sum of losses; return it before the step, a scalar tensor."""
        layers = tuple(part.layer for part in parts)
        if layers not in self._mixed_steps:
            models = [self.above[layer] for layer in layers]
            step = backend.optimizer_step(self.model, self.optimizer, self._mixed_objective, models)
            self._mixed_steps[layers] = step
        inputs, labels = (tuple(ops.convert_to_tensor(part[k]) for part in parts) for k in (1, 2))
        weights = ops.convert_to_tensor([part.weight for part in parts], "float32")
        return self._mixed_steps[layers](inputs, (labels, weights))

    def loss(self, images: Images, labels: Counts, at_once: int) -> float:
        """Return the mean loss on images as in inference, without the decay of the weights."""
        total = 0.0
        for start in range(0, len(labels), at_once):
            cut = slice(start, start + at_once)
            losses = self.losses(self.model(images[cut], training=False), labels[cut])
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

    def _objective(self, logits: Logits, labels: Labels, weights: Weights) -> Number:
        """Return the mean loss plus the decay of the weights, a scalar; traceable."""
        return self._decayed(ops.mean(self.losses(logits, labels)), weights)

    def _mixed_objective(
        self, logits: tuple[Logits, ...], given: tuple[tuple[Counts, ...], Factors], weights: Weights
    ) -> Number:
        """Return the weighted sum of mean losses plus the decay of the weights, a scalar; traceable."""
        labels, factors = given
        losses = [ops.mean(self.losses(*each)) for each in zip(logits, labels, strict=True)]
        return self._decayed(ops.sum(factors * ops.stack(losses)), weights)

    def _decayed(self, loss: Number, weights: Weights) -> Number:
        for name, factor in self.decays.items():
            if factor and name in weights:
                loss += factor * ops.sum(weights[name] ** 2)
        for name, factor in self.l1_decays.items():
            if factor and name in weights:
                loss += factor * ops.sum(ops.abs(weights[name]))
        return loss
