"""Any model of Keras as a victim, for use from Python.

>>> victim = KerasVictim(model)
>>> made = kinds("attacks")["lbfgs"]()(victim, examples, Streams(seed=0, run=1))
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from harness.engine import backend
from harness.engine.shapes import Counts, Images, Logits, Numbers, Unchecked
from harness.errors import UsageError

AT_ONCE = 256
"""Images computed together."""


class KerasVictim:
    """A model of Keras that takes images ``(n, h, w, c)`` in [0, 1] and gives logits ``(n, classes)``.

    Its variables are read when it is made; later changes to the model have no effect.
    """

    def __init__(self, model: keras.Model) -> None:
        if (
            len(model.inputs) != 1
            or len(model.outputs) != 1
            or len(model.input_shape) != 4
            or len(model.output_shape) != 2
        ):
            raise UsageError(
                f"expected a model of one input (n, h, w, c) and one output (n, classes), found {model.input_shape} and "
                f"{model.output_shape}; if its last layer is a softmax, take the layer before it"
            )
        self.model = model
        self._twin: Any = None

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(h, w, c) of one image."""
        return tuple(self.model.input_shape[1:])

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.model.output_shape[-1])

    @property
    def fuses(self) -> bool:
        """Whether XLA compiles programs with it: on a GPU; on a CPU convolutions among its layers would be slow."""
        return backend.on_gpu()

    @cached_property
    def weights(self) -> Mapping[str, NDArray[Any]]:
        """The model's arrays by path."""
        return {each.path: each.numpy() for each in self.model.weights}

    @property
    def linear(self) -> None:
        """Not known."""
        return

    def logits(self, images: Images) -> Logits:
        """Return logits ``(n, classes)`` for backend tensors ``(n, h, w, c)``; traceable, differentiable."""
        return _call(self.model, images)

    def loss_and_gradient(self, images: Images, labels: Counts) -> tuple[Numbers, Images]:
        """Return cross-entropy ``(n,)`` and its gradient with respect to the images; traceable."""

        def losses(x: Images) -> Numbers:
            return keras.losses.sparse_categorical_crossentropy(labels, self.logits(x), from_logits=True)

        return backend.value_and_gradient(losses)(images)

    def predict(self, images: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the predicted classes ``(n,)``."""
        parts = [ops.convert_to_numpy(self.logits(images[i : i + AT_ONCE])) for i in range(0, len(images), AT_ONCE)]
        found = np.concatenate([np.zeros((0, self.classes)), *parts]).argmax(axis=1)
        return np.asarray(found, np.int64)

    @property
    def layer_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the output of each of ``model.layers`` for one image, the images' own first."""
        return (self.image_shape, *(tuple(layer.output.shape[1:]) for layer in self._computing))

    def layer_outputs(self, images: NDArray[np.float32], layer: int) -> NDArray[np.float32]:
        """Return the outputs ``(n, …)`` of a layer, counted from 1 as ``model.layers`` without its input; 0 gives the images."""
        if not layer:
            return np.asarray(images, np.float32)
        inner = keras.Model(self.model.inputs[0], self._computing[layer - 1].output)
        starts = range(0, len(images), AT_ONCE)
        parts = [ops.convert_to_numpy(_call(inner, images[i : i + AT_ONCE])) for i in starts]
        return np.concatenate([np.zeros((0, *self.layer_shapes[layer]), np.float32), *parts])

    @property
    def _computing(self) -> list[keras.Layer]:
        """The model's layers but for its input."""
        return [layer for layer in self.model.layers if not isinstance(layer, keras.layers.InputLayer)]

    def exact_logits(self, images: Images) -> NDArray[np.float64]:
        """Return logits ``(n, classes)`` of a copy of the model whose layers compute in float64."""
        with backend.double_precision():
            if self._twin is None:
                self._twin = _doubled(self.model)
            pieces = [images[i : i + AT_ONCE].astype(np.float64) for i in range(0, len(images), AT_ONCE)]
            parts = [np.asarray(ops.convert_to_numpy(_call(self._twin, piece))) for piece in pieces]
        return np.concatenate([np.zeros((0, self.classes)), *parts]).astype(np.float64)


def _call(model: keras.Model, images: Images) -> Unchecked:
    """Return the model's inference as a function of its variables and images, which both backends can trace."""
    moved, kept = (
        [each.value for each in group] for group in (model.trainable_variables, model.non_trainable_variables)
    )
    return model.stateless_call(moved, kept, images, training=False)[0]


def _doubled(model: keras.Model) -> keras.Model:
    """Return a copy of a model that computes in float64, with the same weights."""

    def double(layer: keras.Layer) -> keras.Layer:
        return type(layer).from_config({**layer.get_config(), "dtype": "float64"})

    images = keras.Input(model.input_shape[1:], dtype="float64")
    twin = keras.models.clone_model(model, input_tensors=images, clone_function=double)
    for mine, theirs in zip(twin.weights, model.weights, strict=True):
        mine.assign(theirs.numpy().astype(np.float64))
    return twin
