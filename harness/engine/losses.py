"""The loss of each image: cross-entropy of its logits, read as what probabilities they are meant to be."""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import ops

from harness.engine.shapes import Labels, Logits, Numbers
from harness.kinds.probability import Probability

NEAREST = 1e-6
"""A probability e^z of a wrong class counts as at most e^-1e-6, where the logarithm of 1 - e^z still has digits in float32."""


def image_losses(logits: Logits, labels: Labels, probability: Probability = "softmax") -> Numbers:
    """Return each image's cross-entropy ``(n,)``; traceable, differentiable.

    Of ``sigmoid`` and ``exponential`` it is the sum over classes of each one's own, -log p of the true class and
    -log(1 - p) of the others; their labels are classes.
    """
    if probability == "softmax":
        if len(labels.shape) == 2:
            return keras.losses.categorical_crossentropy(labels, logits, from_logits=True)
        return keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    true = ops.one_hot(labels, logits.shape[-1], dtype=logits.dtype)
    if probability == "sigmoid":
        return ops.sum(ops.softplus(logits) - true * logits, axis=-1)
    wrong = ops.log(-ops.expm1(ops.minimum(logits, -NEAREST)))
    return -ops.sum(true * logits + (1 - true) * wrong, axis=-1)


@dataclass(frozen=True)
class TrainingLoss:
    """The loss that a training minimises on each image.

    Attributes:
        probability: what the logits are read as.
        temperature: what they are divided by first; None for nothing.
    """

    probability: Probability = "softmax"
    temperature: float | None = None

    def __call__(self, logits: Logits, labels: Labels) -> Numbers:
        """Return the losses ``(n,)``; traceable, differentiable."""
        cooled = logits if self.temperature is None else logits / self.temperature
        return image_losses(cooled, labels, self.probability)
