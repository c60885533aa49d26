"""The training loss as a function of one vector of all weights, with its gradient, on the device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from harness.engine import backend
from harness.engine.two_loop import Tensor
from harness.engine.victim import FLOATS_AT_ONCE, Architecture
from harness.examples import Examples


@dataclass(frozen=True)
class TrainingSet:
    """The training set on the device, in chunks of equal size that bound the memory of the activations.

    Attributes:
        images: float32 ``(chunks, size, h, w, c)``; the last chunk is filled up with copies of its last image.
        labels: int32 ``(chunks, size)``.
        counted: float32 ``(chunks, size)``, 1 for the images themselves and 0 for copies.
        total: how many images there are, float64 scalar.
    """

    images: Tensor
    labels: Tensor
    counted: Tensor
    total: Tensor

    @classmethod
    def of(cls, architecture: Architecture, examples: Examples) -> TrainingSet:
        """Bring the examples to the device."""
        total, most = len(examples), max(1, FLOATS_AT_ONCE // architecture.widest)
        chunks = -(-total // most)
        rows = np.arange(chunks * -(-total // chunks))
        taken, shape = np.minimum(rows, total - 1), (chunks, len(rows) // chunks)
        return cls(
            ops.convert_to_tensor(examples.images[taken].reshape(*shape, *examples.images.shape[1:]), "float32"),
            ops.convert_to_tensor(examples.labels[taken].reshape(shape), "int32"),
            ops.convert_to_tensor((rows < total).reshape(shape), "float32"),
            ops.convert_to_tensor(np.asarray(total, np.float64)),
        )


def joined(architecture: Architecture, weights: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    """Return all weights as one float64 vector ``(d,)``."""
    return np.concatenate([weights[name].ravel() for name in architecture.shapes]).astype(np.float64)


def objective(architecture: Architecture, data: Any, penalty: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the penalised losses ``(n,)`` and their gradients ``(n, d)`` of networks with weights x ``(n, d)``."""

    def one(vector: Tensor) -> tuple[Tensor, Tensor]:
        return _summed(architecture, data, vector)

    if x.shape[0] == 1:
        loss, slope = (each[None] for each in one(x[0]))
    else:
        loss, slope = ops.vectorized_map(one, x)
    total = data[3]
    return loss / total + ops.sum(penalty * x**2, axis=-1), slope / total + 2.0 * penalty * x


def _summed(architecture: Architecture, data: Any, vector: Tensor) -> tuple[Tensor, Tensor]:
    """Return the sum of all images' losses, float64, and its gradient ``(d,)``, float32 sums of each chunk added in it."""
    shapes = architecture.shapes
    ends = np.cumsum([0, *(np.prod(shape, dtype=int) for shape in shapes.values())]).tolist()
    narrow = ops.cast(vector, "float32")
    weights = {
        name: ops.reshape(narrow[start:end], shape)
        for (name, shape), start, end in zip(shapes.items(), ends[:-1], ends[1:], strict=True)
    }

    def losses(weights: Any, images: Tensor, labels: Tensor, counted: Tensor) -> Tensor:
        return architecture.losses(weights, images, labels) * counted

    def chunk(k: Any) -> tuple[Tensor, Tensor]:
        value, slopes = backend.value_and_gradient(losses)(weights, *(each[k] for each in data[:3]))
        joined = ops.concatenate([ops.reshape(slopes[name], (-1,)) for name in shapes])
        # float32 cannot add up 60,000 losses to the digits the line search compares.
        return ops.sum(ops.cast(value, "float64")), ops.cast(joined, "float64")

    chunks = data[0].shape[0]
    if chunks == 1:
        return chunk(0)

    def add(k: Tensor, so_far: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        loss, slope = chunk(k)
        return so_far[0] + loss, so_far[1] + slope

    none = ops.zeros_like(vector)
    return ops.fori_loop(0, chunks, add, (ops.sum(none), none))  # type: ignore[no-any-return]
