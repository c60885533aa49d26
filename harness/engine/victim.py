"""Networks as frozen values: an architecture, weights, and the pure functions of both that a victim offers.

An architecture is a list of layers, of which Keras makes one model for each precision. Every function is of (weights,
images), with the weights as arguments and never as constants, so one compiled function serves all networks of equal
architecture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from harness.engine import backend
from harness.engine.batch_size import FORWARD, full_batch, power_above
from harness.engine.losses import image_losses
from harness.engine.shapes import Counts, Images, Logits, Numbers, Unchecked, Weights
from harness.errors import ContractError, UsageError
from harness.examples import Examples
from harness.kinds.contract import shape_text
from harness.kinds.layer import LayerRecipe, flat
from harness.kinds.probability import Probability

MOST_PIXELS = 4096
"""The matrix of a linear network is not written out for larger images."""


@dataclass(frozen=True)
class Architecture:
    """What a network computes, without its weights: the images it takes and its layers, the last giving the logits.

    Attributes:
        image_shape: (h, w, c) of one image.
        layers: first to last, at least one.
        probability: what the logits are read as, which decides the loss.
    """

    image_shape: tuple[int, ...]
    layers: tuple[LayerRecipe, ...]
    probability: Probability = "softmax"

    def model(self, dtype: str = "float32") -> keras.Model:
        """Return Keras' model of the layers, made once for each precision; its own variables mean nothing."""
        return _model(self, dtype)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of all weights by name, ``layer-<k>/<part>`` with k from 1, in order."""
        return {each.path: tuple(each.shape) for each in self.model().weights}

    @property
    def outputs(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of every layer's output for one image, the images' own first."""
        shapes = [self.image_shape]
        for layer in self.layers:
            shapes.append(layer.output(shapes[-1]))
        return tuple(shapes)

    @property
    def widest(self) -> int:
        """Floats per image of the largest array between two layers."""
        return max(map(flat, self.outputs))

    @property
    def classes(self) -> int:
        """Number of logits."""
        return self.outputs[-1][-1]

    @property
    def fuses(self) -> bool:
        """Whether XLA makes attacks on it faster: false on a CPU if a layer convolves.

        Measured on two cores, ``lbfgs`` on LeNet and 256 images: 19 s outside XLA, 159 s in one fused loop.
        """
        return backend.on_gpu() or not any(layer.convolves for layer in _all_of(self.layers))

    def logits(self, weights: Weights, images: Images, dtype: str = "float32") -> Logits:
        """Return logits ``(n, classes)`` for backend tensors ``(n, h, w, c)``; traceable, differentiable."""
        return self.last(weights, images, dtype)

    def last(self, weights: Weights, images: Images, dtype: str = "float32") -> Unchecked:
        """Return the outputs of the last layer in their own shape, whatever they mean; traceable, differentiable.

        Layers that vary in training compute as in inference.
        """
        model = self.model(dtype)
        moved = [weights[each.path] for each in model.trainable_variables]
        # Seeds of dropout are variables too; in inference nothing reads them.
        kept = [weights.get(each.path, each.value) for each in model.non_trainable_variables]
        return model.stateless_call(moved, kept, images, training=False)[0]

    def losses(self, weights: Weights, images: Images, labels: Counts) -> Numbers:
        """Return each image's cross-entropy ``(n,)`` with its label; traceable, differentiable."""
        return image_losses(self.logits(weights, images), labels, self.probability)

    def exact_logits(self, weights: Weights, images: Images) -> NDArray[np.float64]:
        """Return logits ``(n, classes)`` computed in float64."""
        with backend.double_precision():
            given = {name: ops.convert_to_tensor(np.asarray(array, np.float64)) for name, array in weights.items()}
            pixels = ops.cast(ops.convert_to_tensor(images), "float64")
            return np.asarray(ops.convert_to_numpy(_exact(self)(given, pixels)), np.float64)


@cache
def _model(architecture: Architecture, dtype: str) -> keras.Model:
    return build_model(architecture, dtype)


def build_model(architecture: Architecture, dtype: str = "float32") -> keras.Model:
    """Return a new model with variables of its own, called ``layer-<k>/<part>``."""
    return build_models(architecture, (0,), dtype)[0]


def build_models(architecture: Architecture, layers: Sequence[int], dtype: str = "float32") -> tuple[keras.Model, ...]:
    """Return new models that share their variables: of all layers for 0, of those above layer k for k.

    The one above layer k takes that layer's outputs, in their own shape.
    """
    with backend.double_precision() if dtype == "float64" else nullcontext():
        points = [keras.Input(architecture.image_shape, dtype=dtype)]
        for k, layer in enumerate(architecture.layers, 1):
            points.append(layer.connect(points[-1], f"layer-{k}", dtype))
        # Names of their own: TensorFlow orders sums by the names of operations, and Keras would count on in a process.
        return tuple(keras.Model(points[k], points[-1], name=f"above-{k}") for k in layers)


def _all_of(layers: tuple[LayerRecipe, ...]) -> Iterator[LayerRecipe]:
    """Yield layers and those within them."""
    for layer in layers:
        yield layer
        yield from _all_of(getattr(layer, "inner", ()))


@dataclass(frozen=True, eq=False)
class NetworkVictim:
    """A trained network as a ``Victim``.

    Attributes:
        architecture: what it computes; compiled functions may be kept by it, with ``weights`` as their argument.
        weights: float32 arrays with the names and shapes of ``architecture.shapes``.
        beside: further arrays that the training keeps beside them, such as a decoder's; they do not enter the logits.
    """

    architecture: Architecture
    weights: Mapping[str, NDArray[Any]]
    beside: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = {name: tuple(array.shape) for name, array in self.weights.items()}
        if found != self.architecture.shapes:
            raise UsageError(f"expected weights of shapes {self.architecture.shapes}, found {found}")
        object.__setattr__(self, "weights", MappingProxyType(dict(self.weights)))

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
        # Another package's attack may first ask for logits inside a program of its own, whose tensors end with it.
        with backend.untraced():
            return {name: ops.convert_to_tensor(array, "float32") for name, array in self.weights.items()}

    @property
    def linear(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """W ``(pixels, classes)`` and b ``(classes,)`` where the logits are x W + b, float64; None elsewhere."""
        pixels = flat(self.image_shape)
        if pixels > MOST_PIXELS or not all(layer.affine for layer in self.architecture.layers):
            return None
        bias = self.exact_logits(np.zeros((1, *self.image_shape)))
        return self.exact_logits(np.eye(pixels).reshape(-1, *self.image_shape)) - bias, bias[0]

    def logits(self, images: Unchecked) -> Logits:
        """Return logits ``(n, classes)`` for backend tensors ``(n, h, w, c)``; traceable, differentiable."""
        self._refuse_others(images)
        return self.architecture.logits(self.on_device, images)

    def loss_and_gradient(self, images: Unchecked, labels: Counts) -> tuple[Numbers, Images]:
        """Return cross-entropy ``(n,)`` and its gradient with respect to the images ``(n, h, w, c)``; traceable."""
        self._refuse_others(images)
        both = backend.value_and_gradient(lambda x: self.architecture.losses(self.on_device, x, labels))
        return both(images)

    def predict(self, images: Unchecked) -> NDArray[np.int64]:
        """Return the predicted classes ``(n,)``, in batches of bounded memory."""
        return np.concatenate([np.zeros(0, np.int64), *self._in_batches(_classifier, images)]).astype(np.int64)

    def activations(self, examples: Examples) -> Examples:
        """Return the examples with the network's outputs ``(n, 1, 1, outputs)`` in place of their images."""
        return replace(examples, images=self.outputs(examples.images)[:, None, None, :])

    def outputs(self, images: Unchecked) -> NDArray[np.float32]:
        """Return the outputs of the last layer ``(n, …)``, in batches of bounded memory."""
        parts = [np.zeros((0, *self.architecture.outputs[-1]), np.float32), *self._in_batches(_outputs, images)]
        return np.concatenate(parts)

    @property
    def layer_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of every layer's output for one image, the images' own first."""
        return self.architecture.outputs

    def layer_outputs(self, images: Unchecked, layer: int) -> NDArray[np.float32]:
        """Return the outputs ``(n, …)`` of a layer, counted from 1, after its activation function; 0 gives the images."""
        if not layer:
            self._refuse_others(images)
            return np.asarray(images, np.float32)
        return self.up_to(layer).outputs(images)

    def _in_batches(
        self, compile: Callable[[Architecture], Callable[..., Any]], images: Unchecked
    ) -> Iterator[NDArray[Any]]:
        """Yield what a compiled function of (weights, images) gives for each batch."""
        self._refuse_others(images)
        compiled, most = compile(self.architecture), full_batch(FORWARD, self.architecture.widest)
        for start in range(0, len(images), most):
            batch = images[start : start + most]
            # Padded to a power of two, so that few sizes are ever compiled.
            padded = np.zeros((power_above(len(batch)), *batch.shape[1:]), np.float32)
            padded[: len(batch)] = batch
            yield ops.convert_to_numpy(compiled(self.on_device, padded))[: len(batch)]

    def exact_logits(self, images: Unchecked) -> NDArray[np.float64]:
        """Return logits ``(n, classes)`` computed in float64, in batches of bounded memory."""
        self._refuse_others(images)
        most = full_batch(FORWARD, self.architecture.widest)
        parts = [
            self.architecture.exact_logits(self.weights, images[i : i + most]) for i in range(0, len(images), most)
        ]
        return np.concatenate([np.zeros((0, self.classes)), *parts])

    def _refuse_others(self, images: Unchecked) -> None:
        """Raise ContractError for images of another shape, which a reshape might take for another number of images."""
        if tuple(images.shape[1:]) != self.image_shape:
            raise ContractError(
                f"found images of {shape_text(tuple(images.shape[1:]))}, but the model takes images of {shape_text(self.image_shape)}"
            )

    def on_top_of(self, below: NetworkVictim) -> NetworkVictim:
        """Return the network that feeds the outputs of ``below`` to this one."""
        layers = below.architecture.layers + self.architecture.layers
        whole = Architecture(below.image_shape, layers, self.architecture.probability)
        count = len(below.architecture.layers)
        return NetworkVictim(whole, {**below.weights, **{_moved(name, count): a for name, a in self.weights.items()}})

    def up_to(self, layer: int) -> NetworkVictim:
        """Return the network of its first layers, whose outputs are that layer's."""
        first = Architecture(self.image_shape, self.architecture.layers[:layer])
        return NetworkVictim(first, {name: self.weights[name] for name in first.shapes})

    def weights_above(self, layer: int) -> dict[str, NDArray[Any]]:
        """Return the weights of the layers above one, named as in a network of those alone."""
        below = self.up_to(layer).weights.keys()
        return {_moved(name, -layer): array for name, array in self.weights.items() if name not in below}


def _moved(name: str, by: int) -> str:
    """Return a weight's name where its layer comes ``by`` layers later."""
    head, _, part = name.partition("/")
    number, dash, branch = head.removeprefix("layer-").partition("-")
    return f"layer-{int(number) + by}{dash}{branch}/{part}"


@cache
def _outputs(architecture: Architecture) -> Callable[..., Any]:
    """Return the compiled function (weights, images) -> outputs of the last layer."""
    return backend.jit(architecture.last, fuse=architecture.fuses)


@cache
def _exact(architecture: Architecture) -> Callable[..., Any]:
    """Return the compiled function (weights, images) -> logits, all float64."""
    return backend.jit(lambda weights, images: architecture.logits(weights, images, "float64"), fuse=False)


@cache
def _classifier(architecture: Architecture) -> Callable[..., Any]:
    """Return the compiled function (weights, images) -> classes; one for all networks of the architecture."""
    classify = lambda weights, images: ops.argmax(architecture.logits(weights, images), axis=1)  # noqa: E731
    return backend.jit(classify, fuse=architecture.fuses)
