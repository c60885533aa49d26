"""Convolutions over height and width."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from harness.kinds.axes import Axes
from harness.kinds.contract import shape_text
from harness.kinds.convolving import Convolving
from harness.kinds.layer import Shape, Size, pair
from harness.kinds.norm_bounds import NormBounds
from harness.kinds.recipe import as_before
from harness.kinds.registry import layer


@layer("conv2d", edition=1)
class Conv2D(Convolving):
    """A convolution: each filter's window slides over height and width."""

    keras = "Conv2D"

    filters: Size
    """Number of output channels."""
    groups: Size = Field(1, exclude_if=as_before(1))
    """Number of equal groups of channels and filters; each group of filters sees its own channels (Krizhevsky et al. 2012: 2)."""

    @model_validator(mode="after")
    def _has_equal_groups(self) -> Self:
        if self.filters % self.groups:
            raise ValueError(f"groups: expected a divisor of the {self.filters} filters; found {self.groups}")
        return self

    def build(self, name: str, dtype: str) -> Any:
        """Return Keras' layer, with a faster gradient on one channel where a program allows it (``engine.one_channel``)."""
        from harness.engine.one_channel import OneChannelConv2D

        return OneChannelConv2D(**self.arguments(), name=name, dtype=dtype)

    def output(self, shape: Shape) -> Shape:
        """Return ``(h, w, filters)``."""
        found = (*self.windows(shape), self.filters)
        if shape[2] % self.groups:
            raise ValueError(f"cannot split the channels of {shape_text(shape)} into {self.groups} groups")
        return found

    def kernel_shape(self, shape: Shape) -> Shape:
        """Return ``(rows, columns, channels of a group, filters)``; the filters of a group lie side by side."""
        return (*pair(self.kernel_size), shape[2] // self.groups, self.filters)

    def kernel_axes(self, shape: Shape) -> Axes:
        """Return ``(filters, channels of a group, rows, columns)``."""
        return Axes.of_filters(self.kernel_shape(shape))

    def apart(self, kernel: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Return the filters of each group."""
        return np.split(kernel, self.groups, axis=3)

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return the largest norm of a group's convolution: from its matrix where that is small, else its two ends."""
        from harness.engine.grouped_norm import convolving_norm

        return convolving_norm(self, shape, weights[f"{name}/kernel"])
