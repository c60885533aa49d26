"""Base of convolutions: the window, its steps, and the parts of their filters that share no channels."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from harness.kinds.axes import Axes
from harness.kinds.layer import (
    ActivationName,
    Initializer,
    LayerRecipe,
    Padding,
    Pair,
    Shape,
    pair,
    windows,
)
from harness.kinds.recipe import as_before


class Convolving(LayerRecipe):
    """A layer whose filters' window slides over height and width. Authors write ``output`` and the kernel's three methods."""

    convolves = True

    kernel_size: Pair
    """Height and width of the window, or one number for both."""
    strides: Pair = 1
    """Strides of the window, vertical and horizontal."""
    padding: Padding = "valid"
    """``valid``: only windows within the image; ``same``: zero padding, so that strides of 1 keep the size."""
    activation: ActivationName = "linear"
    """Activation function of every output."""
    use_bias: bool = True
    """Whether each filter has a bias."""
    kernel_initializer: Initializer = "glorot_uniform"
    """How the filters are drawn."""
    dilation_rate: Pair = Field(1, exclude_if=as_before(1))
    """Dilation of the window, vertical and horizontal; larger than 1 only with strides of 1."""

    @model_validator(mode="after")
    def _steps_once(self) -> Self:
        if max(pair(self.strides)) > 1 and max(pair(self.dilation_rate)) > 1:
            raise ValueError(
                "dilation_rate: expected 1 where strides are larger than 1, as Keras does; set one of the two to 1"
            )
        return self

    @property
    def affine(self) -> bool:
        """Whether the activation function is linear."""
        return self.activation == "linear"

    @abstractmethod
    def kernel_shape(self, shape: Shape) -> Shape:
        """Return the shape of the filters for an input ``(h, w, c)``, the window's height and width first."""

    @abstractmethod
    def kernel_axes(self, shape: Shape) -> Axes:
        """Return how programs that keep channels first store the filters."""

    @abstractmethod
    def apart(self, kernel: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Return the filters as convolutions ``(rows, columns, c, filters)``, each of channels of its own."""

    def windows(self, shape: Shape) -> tuple[int, int]:
        """Return how many windows there are down and across; raise ValueError where none fits."""
        return windows(shape, self._reach, self.strides, self.padding, "kernel")

    def multiplications(self, shape: Shape) -> int:
        """Return how often it multiplies by a weight: by each filter's in every window."""
        return super().multiplications(shape) * math.prod(self.windows(shape))

    @property
    def _reach(self) -> tuple[int, int]:
        """Height and width of the window, with what dilation leaves out."""
        sides = zip(pair(self.kernel_size), pair(self.dilation_rate), strict=True)
        rows, columns = ((edge - 1) * step + 1 for edge, step in sides)
        return rows, columns

    def weight_shapes(self, shape: Shape) -> Mapping[str, Shape]:
        """Return those of the filters and of the biases."""
        return {"kernel": self.kernel_shape(shape), **({"bias": self.output(shape)[2:]} if self.use_bias else {})}

    def channels_first(self, part: str, shape: Shape) -> Axes:
        """Return the filters' layout; a bias has but one."""
        return self.kernel_axes(shape) if part == "kernel" else super().channels_first(part, shape)

    def kernel_times(self, kernel: NDArray[np.float64], factors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the filters, each multiplied by its own factor; where channels are apart, those of a channel lie side by side."""
        return kernel * factors.reshape(-1, kernel.shape[-1])

    def dilated(self, kernel: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the filters with zeros between the window's pixels, whose plain convolution is the dilated one."""
        down, across = pair(self.dilation_rate)
        wide = np.zeros((*self._reach, *kernel.shape[2:]))
        wide[::down, ::across] = kernel
        return wide
