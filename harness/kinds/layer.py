"""Base of layers: Keras' arguments as a frozen value, its output shape without Keras, and Keras' layer."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from harness.kinds.contract import shape_text
from harness.kinds.recipe import Recipe

Shape = tuple[int, ...]
"""Shape of one image's activations, without the batch: ``(h, w, c)``, or ``(units,)`` of a vector."""
Size = Annotated[int, Field(ge=1, le=1_000_000)]
"""A number of units, filters or pixels."""
Pair = Size | tuple[Size, Size]
"""Height and width, or one number for both."""
Padding = Literal["valid", "same"]
ActivationName = Literal["linear", "relu", "leaky_relu", "elu", "gelu", "sigmoid", "tanh", "softplus"]
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


class Pooling(LayerRecipe):
    """A layer that makes one activation of each window, channel by channel."""

    pool_size: Pair = 2
    """Height and width of the window, or one number for both."""
    strides: Pair | None = None
    """Steps of the window down and across; null takes the window's size."""
    padding: Padding = "valid"
    """``valid`` takes windows that lie within the image, ``same`` those that reach beyond it too."""

    def output(self, shape: Shape) -> Shape:
        """Return ``(h, w, c)``."""
        steps = self.pool_size if self.strides is None else self.strides
        return (*windows(shape, self.pool_size, steps, self.padding, "window"), image(shape)[2])


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


def flat(shape: Shape) -> int:
    """Return the number of activations."""
    return math.prod(shape)
