"""Base of layers: Keras' arguments as a frozen value, its output shape without Keras, and Keras' layer."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.errors import Infeasible
from harness.kinds.axes import Axes
from harness.kinds.contract import shape_text
from harness.kinds.norm_bounds import NormBounds
from harness.kinds.recipe import Recipe

Shape = tuple[int, ...]
"""Shape of one image's activations, without the batch: ``(h, w, c)``, or ``(units,)`` of a vector."""
Size = Annotated[int, Field(ge=1, le=1_000_000)]
"""A number of units, filters or pixels."""
Pair = Size | tuple[Size, Size]
"""Height and width, or one number for both."""
Padding = Literal["valid", "same"]
ActivationName = Literal["linear", "relu", "leaky_relu", "elu", "gelu", "sigmoid", "tanh", "softplus", "relu6"]
SLOPES: Mapping[ActivationName, float] = MappingProxyType(
    {
        **dict.fromkeys(("linear", "relu", "leaky_relu", "elu", "tanh", "softplus", "relu6"), 1.0),
        "sigmoid": 0.25,
        "gelu": 0.5 * (1 + math.erf(1)) + 1 / (math.e * math.sqrt(math.pi)),
    }
)
"""The largest slope of each; that of x Φ(x) is at √2, where it is Φ(√2) + √2 φ(√2)."""
Initializer = Literal[
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
    "normal_glorot",
    "zeros",
]
"""Keras' names (``…_normal`` are truncated at two standard deviations); ``normal_glorot`` is glorot_normal untruncated."""


UNBOUNDED = "leave the layer out, or declare its 'fixed_norm' or write its method 'norm_bounds'"
"""How to repair a network with a layer whose norm is not known."""


class LayerRecipe(Recipe):
    """A layer. Its fields are the arguments of Keras' layer; authors write ``output`` and name the class of Keras.

    A layer that consists of several layers of Keras overrides ``connect``.
    """

    group = "layers"
    written_as: ClassVar[str] = "a layer, as kind: {fields}"

    keras: ClassVar[str] = ""
    """Name of the class in ``keras.layers``."""
    varies_in_training: ClassVar[bool] = False
    """Whether the layer computes something else in training than in inference (dropout, batch normalization)."""
    convolves: ClassVar[bool] = False
    """Whether a CPU computes its gradient faster outside XLA."""
    log_probabilities: ClassVar[bool] = False
    """Whether every output is at most 0, and so can be the logarithm of a probability."""
    fixed_norm: ClassVar[float | None] = None
    """The layer's operator norm, L2 to L2, in inference, where it is one number whatever fields, weights and input."""

    @property
    def affine(self) -> bool:
        """Whether each output is a sum of multiples of inputs and a constant, in inference."""
        return False

    @property
    def random(self) -> bool:
        """A layer's draws belong to its network's training."""
        return False

    @abstractmethod
    def output(self, shape: Shape) -> Shape:
        """Return the shape of the output for one image; raise ValueError, in words, where the input does not fit."""

    def weight_shapes(self, shape: Shape) -> Mapping[str, Shape]:
        """Return the shape of each weight for an input of a shape, by part ("kernel"), in Keras' order; none unless overridden."""
        return {}

    def multiplications(self, shape: Shape) -> int:
        """Return how often the layer multiplies by a weight for one input of a shape, for the plan: once by each of a matrix."""
        return sum(flat(each) for each in self.weight_shapes(shape).values() if len(each) > 1)

    def channels_first(self, part: str, shape: Shape) -> Axes:
        """Return how programs that keep channels first (Caffe, PyTorch) store a weight, for an input of a shape.

        Raises:
            Infeasible: if the layer declares no such layout; weights of one axis have the same everywhere.
        """
        mine = self.weight_shapes(shape)[part]
        if len(mine) > 1:
            raise Infeasible(
                f"layers of the kind {self.kind!r} declare no channels-first layout of {part!r}; "
                "convert the file to Keras' layout"
            )
        return Axes.kept(mine)

    def placed(self, shape: Shape, name: str) -> Iterator[tuple[str, LayerRecipe, Shape]]:
        """Yield itself with its name and its input's shape; a layer that consists of others yields those."""
        yield name, self, shape

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return an enclosure of the layer's operator norm, L2 to L2, in inference.

        Args:
            shape: of one image's activations that enter the layer.
            weights: the network's arrays; the layer's own are called ``<name>/<part>``, as ``connect`` calls them.
            name: the layer's name.

        Raises:
            Infeasible: if the layer declares none: it has neither a ``fixed_norm`` nor this method of its own.
        """
        if self.fixed_norm is not None:
            return NormBounds.exactly(self.fixed_norm)
        raise Infeasible(
            f"{name}: layers of the kind {self.kind!r} declare no bound of their operator norm; {UNBOUNDED}"
        )

    def channel_factors(self, weights: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.float64] | None:
        """Return the factor ``(c,)`` of each channel, where all the layer does is multiply by it and add a constant; else None."""
        return None

    def kernel_times(self, kernel: NDArray[np.float64], factors: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return the kernel with which a linear layer's output channels are multiplied by ``(c,)``; None for other layers."""
        return None

    def build(self, name: str, dtype: str) -> Any:
        """Return Keras' layer of that name, computing in ``float32`` or ``float64``."""
        import keras  # noqa: PLC0415  that is how a layer can be listed and linted without its backend

        return getattr(keras.layers, self.keras)(**self.arguments(), name=name, dtype=dtype)

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of Keras' layer."""
        given = self.model_dump()
        if given.get("kernel_initializer") == "normal_glorot":
            import keras  # noqa: PLC0415  as above

            given["kernel_initializer"] = keras.initializers.VarianceScaling(1.0, "fan_avg", "untruncated_normal")
        return given

    def connect(self, x: Any, name: str, dtype: str) -> Any:
        """Return the symbolic output for a symbolic input; variables are called ``<name>/<part>``."""
        return self.build(name, dtype)(x)


class ShapeKeeping(LayerRecipe):
    """A layer whose output has its input's shape."""

    def output(self, shape: Shape) -> Shape:
        """Return the input's shape."""
        return shape


class Flattening(LayerRecipe):
    """A layer that takes vectors, and images laid flat."""

    def connect(self, x: Any, name: str, dtype: str) -> Any:
        """Flatten the input, which Keras' own layer would not do, and connect."""
        import keras  # noqa: PLC0415  as above

        flat = x if len(x.shape) == 2 else keras.layers.Flatten(name=f"{name}-flat", dtype=dtype)(x)
        return super().connect(flat, name, dtype)


class Pooling(LayerRecipe):
    """A layer that makes one activation of each window, channel by channel."""

    pool_size: Pair = 2
    """Height and width of the window, or one number for both."""
    strides: Pair | None = None
    """Strides of the window, vertical and horizontal; null means the window's size."""
    padding: Padding = "valid"
    """``valid``: only windows within the image; ``same``: also windows that extend beyond it."""

    def output(self, shape: Shape) -> Shape:
        """Return ``(h, w, c)``."""
        return (*windows(shape, self.pool_size, self.steps, self.padding, "window"), image(shape)[2])

    @property
    def steps(self) -> Pair:
        """Steps of the window down and across, or one number for both."""
        return self.pool_size if self.strides is None else self.strides

    def covered(self, shape: Shape) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return which rows, and which columns, each window holds: 0 or 1, ``(windows, rows)`` and ``(windows, columns)``."""
        counts = self.output(shape)[:2]
        before = [each[0] for each in around(shape, self.pool_size, self.steps, self.padding)]
        found = []
        for side, count, edge, step, skip in zip(
            shape, counts, pair(self.pool_size), pair(self.steps), before, strict=False
        ):
            first = np.arange(count)[:, None] * step - skip
            place = np.arange(side)[None, :]
            found.append(((place >= first) & (place < first + edge)).astype(np.float64))
        return found[0], found[1]

    def overlap(self, shape: Shape) -> float:
        """Return the largest number of windows that hold the same activation."""
        rows, columns = (float(seen.sum(axis=0).max()) for seen in self.covered(shape))
        return rows * columns


def image(shape: Shape) -> tuple[int, int, int]:
    """Return a shape as (h, w, c); raise ValueError for a vector."""
    if len(shape) != 3:
        raise ValueError(f"takes images (height, width, channels), but its input has the shape {shape_text(shape)}")
    return shape


def pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """Return height and width."""
    return value if isinstance(value, tuple) else (value, value)


def windows(shape: Shape, size: Pair, strides: Pair, padding: Padding, what: str) -> tuple[int, int]:
    """Return how many windows fit into the height and the width; raise ValueError where none does."""
    sides = image(shape)[:2]
    if padding == "same":
        return tuple(-(-side // step) for side, step in zip(sides, pair(strides), strict=True))  # type: ignore[return-value]
    if any(side < edge for side, edge in zip(sides, pair(size), strict=True)):
        raise ValueError(
            f"the {what} {shape_text(pair(size))} is larger than its input {shape_text(sides)}; "
            "make it smaller, or write padding: same"
        )
    return tuple(  # type: ignore[return-value]
        (side - edge) // step + 1 for side, edge, step in zip(sides, pair(size), pair(strides), strict=True)
    )


def around(shape: Shape, size: Pair, strides: Pair, padding: Padding) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return how many zeros stand before and after height and width: of ``same`` the odd one after, as TensorFlow pads."""
    if padding == "valid":
        return (0, 0), (0, 0)
    sides = zip(image(shape)[:2], pair(size), pair(strides), strict=True)
    total = [max((-(-side // step) - 1) * step + edge - side, 0) for side, edge, step in sides]
    return tuple((each // 2, each - each // 2) for each in total)  # type: ignore[return-value]


def flat(shape: Shape) -> int:
    """Return the number of activations."""
    return math.prod(shape)
