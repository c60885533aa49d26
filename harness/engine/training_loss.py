"""The training loss as a function of one vector of all weights, with its gradient, on the device."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from keras import ops

from harness.engine import backend
from harness.engine.batch_size import FORWARD, fitting
from harness.engine.shapes import Count, Counts, Images, Number, Numbers, Weights
from harness.engine.victim import Architecture
from harness.examples import Examples

FlatWeights = Float[Any, " w"]
"""All weights in one vector, or a gradient with respect to it, on the device."""


class TrainingSet(NamedTuple):
    """The training set on the device, in chunks of equal size that bound the memory of the activations.

    Attributes:
        images: float32 ``(chunks, size, h, w, c)``; copies of its last image fill up the last chunk.
        labels: int32 ``(chunks, size)``.
        counted: float32 ``(chunks, size)``, 1 for the images themselves and 0 for copies.
        total: how many images there are, float64 scalar.
    """

    images: Float[Any, "chunks size h w c"]
    labels: Int[Any, "chunks size"]
    counted: Float[Any, "chunks size"]
    total: Number


def load_training_set(architecture: Architecture, examples: Examples) -> TrainingSet:
    """Copy the examples to the device."""
    total, most = len(examples), fitting(FORWARD, architecture.widest)
    chunks = -(-total // most)
    rows = np.arange(chunks * -(-total // chunks))
    taken, shape = np.minimum(rows, total - 1), (chunks, len(rows) // chunks)
    return TrainingSet(
        ops.convert_to_tensor(examples.images[taken].reshape(*shape, *examples.images.shape[1:]), "float32"),
        ops.convert_to_tensor(examples.labels[taken].reshape(shape), "int32"),
        ops.convert_to_tensor((rows < total).reshape(shape), "float32"),
        ops.convert_to_tensor(np.asarray(total, np.float64)),
    )


def evaluate_training_loss(
    architecture: Architecture, data: TrainingSet, decay: FlatWeights, x: FlatWeights
) -> tuple[Number, FlatWeights]:
    """Return the mean loss with the decay of the weights x, and its gradient, float64; traceable."""
    loss, slope = _sum_losses(architecture, data, x)
    return loss / data.total + ops.sum(decay * x**2), slope / data.total + 2.0 * decay * x


def _sum_losses(architecture: Architecture, data: TrainingSet, x: FlatWeights) -> tuple[Number, FlatWeights]:
    """Return the sum of all images' losses and its gradient; each chunk's gradient in float32, their sum in float64."""
    shapes = architecture.shapes
    ends = np.cumsum([0, *(np.prod(shape, dtype=int) for shape in shapes.values())]).tolist()
    narrow = ops.cast(x, "float32")
    weights = {
        name: ops.reshape(narrow[start:end], shape)
        for (name, shape), start, end in zip(shapes.items(), ends[:-1], ends[1:], strict=True)
    }

    def losses(weights: Weights, images: Images, labels: Counts, counted: Numbers) -> Numbers:
        return architecture.losses(weights, images, labels) * counted

    def chunk(k: int | Count) -> tuple[Number, FlatWeights]:
        value, slopes = backend.value_and_gradient(losses)(weights, data.images[k], data.labels[k], data.counted[k])
        joined = ops.concatenate([ops.reshape(slopes[name], (-1,)) for name in shapes])
        # Summed in float64: float32 would lose digits of 60,000 losses that the line search compares.
        return ops.sum(ops.cast(value, "float64")), ops.cast(joined, "float64")

    chunks = data.images.shape[0]
    if chunks == 1:
        return chunk(0)

    def add(k: Count, so_far: tuple[Number, FlatWeights]) -> tuple[Number, FlatWeights]:
        loss, slope = chunk(k)
        return so_far[0] + loss, so_far[1] + slope

    none = ops.zeros_like(x)
    return ops.fori_loop(0, chunks, add, (ops.sum(none), none))  # type: ignore[no-any-return]
