"""Networks as frozen values: an architecture, its weights, and the pure functions that make them a victim.

Every function is of (weights, images), with the weights as arguments and never as constants, so one compiled function
serves all networks of equal architecture.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from harness.engine import session
from harness.engine.layers import Dense, Layer, Weights
from harness.errors import ContractError, UsageError
from harness.examples import Examples
from harness.spec.contract import sized

FLOATS_AT_ONCE = 2**26
"""How many float32 of one layer's activations a batch may hold (256 MiB)."""


@dataclass(frozen=True)
class Architecture:
    """What a network computes, without its weights: the images it takes and its layers, the last giving the logits.

    Attributes:
        image_shape: (h, w, c) of one image.
        layers: first to last, at least one.
    """

    image_shape: tuple[int, ...]
    layers: tuple[Layer, ...]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of all weights by name, ``layer-<k>/<part>`` with k from 1, in order."""
        inputs, found = self.image_shape, dict[str, tuple[int, ...]]()
        for k, layer in enumerate(self.layers, 1):
            found |= {f"layer-{k}/{part}": shape for part, shape in layer.shapes(inputs).items()}
            inputs = layer.output(inputs)
        return found

    @property
    def widest(self) -> int:
        """Floats per image of the largest array between two layers."""
        shape, sizes = self.image_shape, [math.prod(self.image_shape)]
        for layer in self.layers:
            shape = layer.output(shape)
            sizes.append(math.prod(shape))
        return max(sizes)

    @property
    def classes(self) -> int:
        """Number of logits."""
        shape = self.image_shape
        for layer in self.layers:
            shape = layer.output(shape)
        return shape[-1]

    def logits(self, weights: Weights, images: Any) -> Any:
        """Return logits ``(n, classes)`` for backend tensors ``(n, h, w, c)``; traceable, differentiable."""
        for k, layer in enumerate(self.layers, 1):
            images = layer.apply(_of_layer(weights, k), images)
        return images

    def losses(self, weights: Weights, images: Any, labels: Any) -> Any:
        """Return each image's cross-entropy ``(n,)`` with its label; traceable, differentiable."""
        return keras.losses.sparse_categorical_crossentropy(labels, self.logits(weights, images), from_logits=True)

    def exact_logits(self, weights: Weights, images: NDArray[Any]) -> NDArray[np.float64]:
        """Return logits ``(n, classes)`` computed in float64 by NumPy."""
        x = images.astype(np.float64)
        for k, layer in enumerate(self.layers, 1):
            x = layer.exact(_of_layer(weights, k), x)
        return x

    def after(self, k: int) -> Architecture:
        """Return the part above layer k (1 is the first layer, 0 none), which takes that layer's output as images."""
        if not 0 <= k < len(self.layers):
            raise UsageError(f"from_layer: expected a layer from 0 to {len(self.layers) - 1}, found {k}")
        shape = self.image_shape
        for layer in self.layers[:k]:
            shape = layer.output(shape)
        # A vector of activations is an image of one pixel with as many channels, so that Examples can hold it.
        return Architecture((1,) * (3 - len(shape)) + shape, self.layers[k:])


@dataclass(frozen=True, eq=False)
class Network:
    """A trained network as a ``Victim``.

    Attributes:
        architecture: what it computes; compiled functions may be kept by it, with ``weights`` as their argument.
        weights: float32 arrays with the names and shapes of ``architecture.shapes``.
    """

    architecture: Architecture
    weights: Mapping[str, NDArray[Any]]

    def __post_init__(self) -> None:
        found = {name: tuple(array.shape) for name, array in self.weights.items()}
        if found != self.architecture.shapes:
            raise UsageError(f"expected weights of shapes {self.architecture.shapes}, found {found}")

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(h, w, c) of one image."""
        return self.architecture.image_shape

    @property
    def classes(self) -> int:
        """Number of classes."""
        return self.architecture.classes

    @cached_property
    def on_device(self) -> dict[str, Any]:
        """The weights as float32 tensors of the backend."""
        return {name: ops.convert_to_tensor(array, "float32") for name, array in self.weights.items()}

    @property
    def linear(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """W ``(pixels, classes)`` and b ``(classes,)`` where the logits are x W + b, float64; None elsewhere."""
        if self.architecture.layers != (Dense(self.classes),):
            return None
        return self.weights["layer-1/kernel"].astype(np.float64), self.weights["layer-1/bias"].astype(np.float64)

    def logits(self, images: Any) -> Any:
        """Return logits ``(n, classes)`` for backend tensors ``(n, h, w, c)``; traceable, differentiable."""
        self._refuse_others(images)
        return self.architecture.logits(self.on_device, images)

    def loss_and_gradient(self, images: Any, labels: Any) -> tuple[Any, Any]:
        """Return cross-entropy ``(n,)`` and its gradient with respect to the images ``(n, h, w, c)``; traceable."""
        self._refuse_others(images)
        both = session.value_and_gradient(lambda x: self.architecture.losses(self.on_device, x, labels))
        return both(images)

    def predict(self, images: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the predicted classes ``(n,)``, in batches of bounded memory."""
        return np.concatenate([np.zeros(0, np.int64), *self._in_batches(_classifier, images)]).astype(np.int64)

    def activations(self, examples: Examples) -> Examples:
        """Return the examples with the network's outputs ``(n, 1, 1, outputs)`` in place of their images."""
        parts = [np.zeros((0, self.classes), np.float32), *self._in_batches(_outputs, examples.images)]
        return replace(examples, images=np.concatenate(parts)[:, None, None, :])

    def _in_batches(
        self, compile: Callable[[Architecture], Callable[..., Any]], images: NDArray[np.float32]
    ) -> Iterator[NDArray[Any]]:
        """Yield what a compiled function of (weights, images) gives for each batch."""
        self._refuse_others(images)
        compiled, most = compile(self.architecture), _power_below(FLOATS_AT_ONCE // self.architecture.widest)
        for start in range(0, len(images), most):
            batch = images[start : start + most]
            # Padded to a power of two, so that few sizes are ever compiled.
            padded = np.zeros((_power_above(len(batch)), *batch.shape[1:]), np.float32)
            padded[: len(batch)] = batch
            yield ops.convert_to_numpy(compiled(self.on_device, padded))[: len(batch)]

    def exact_logits(self, images: NDArray[Any]) -> NDArray[np.float64]:
        """Return logits ``(n, classes)`` computed in float64 by NumPy, in batches of bounded memory."""
        self._refuse_others(images)
        most = _power_below(FLOATS_AT_ONCE // self.architecture.widest)
        parts = [
            self.architecture.exact_logits(self.weights, images[i : i + most]) for i in range(0, len(images), most)
        ]
        return np.concatenate([np.zeros((0, self.classes)), *parts])

    def _refuse_others(self, images: Any) -> None:
        """Raise ContractError for images of another shape: three times as many pixels would be taken for three images."""
        if tuple(images.shape[1:]) != self.image_shape:
            raise ContractError(
                f"found images of {sized(tuple(images.shape[1:]))}, but the model takes images of {sized(self.image_shape)}"
            )

    def from_layer(self, k: int) -> Network:
        """Return the network above layer k (the first layer is 1), whose images are that layer's activations.

        A dense layer's activations are images ``(1, 1, units)``.
        """
        above = self.architecture.after(k)
        kept = list(self.weights.values())[len(self.weights) - len(above.shapes) :]
        return Network(above, dict(zip(above.shapes, kept, strict=True)))

    def on_top_of(self, below: Network) -> Network:
        """Return the network that feeds the outputs of ``below`` to this one."""
        names = iter(self.weights.values())
        whole = Architecture(below.image_shape, below.architecture.layers + self.architecture.layers)
        own = {name: next(names) for name in list(whole.shapes)[len(below.weights) :]}
        return Network(whole, {**below.weights, **own})

    def in_keras(self) -> keras.Model:
        """Return the same network as a Keras model, for inspection and export."""
        layers = [layer for part in self.architecture.layers for layer in part.in_keras()]
        model = keras.Sequential([keras.Input(self.image_shape), *layers])
        model.set_weights(list(self.weights.values()))
        return model


@cache
def _outputs(architecture: Architecture) -> Callable[..., Any]:
    """Return the compiled function (weights, images) -> outputs of the last layer."""
    return session.jit(architecture.logits)


@cache
def _classifier(architecture: Architecture) -> Callable[..., Any]:
    """Return the compiled function (weights, images) -> classes; one for all networks of the architecture."""
    return session.jit(lambda weights, images: ops.argmax(architecture.logits(weights, images), axis=1))


def _of_layer(weights: Weights, k: int) -> dict[str, Any]:
    """Return layer k's weights by part."""
    prefix = f"layer-{k}/"
    return {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}


def _power_below(number: int) -> int:
    """Return the largest power of two that is at most ``number`` and 4096, at least 1."""
    return 1 << (max(1, min(number, 4096)).bit_length() - 1)


def _power_above(number: int) -> int:
    """Return the smallest power of two that is at least ``number``."""
    return 1 << (number - 1).bit_length()
