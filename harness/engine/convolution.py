"""A convolution layer as a linear operator on the host: zero-padded and strided as Keras computes it, and its adjoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Float64

from harness.engine.shapes import Images
from harness.kinds.layer import Padding, around, windows

Kernel = Float64[np.ndarray, "rows columns c filters"]
"""The filters, as Keras keeps them."""
Maps = Float[Any, "n windows_down windows_across filters"]
"""What a convolution makes of images."""


@dataclass(frozen=True, eq=False)
class Convolution:
    """A convolution without bias and activation function, in float64.

    Attributes:
        kernel: ``(rows, columns, c, filters)``, float64.
        image_shape: (h, w, c) of one image.
        strides: steps down and across.
        padding: as Keras' layer has it.
    """

    kernel: Kernel
    image_shape: tuple[int, ...]
    strides: tuple[int, int]
    padding: Padding

    @cached_property
    def around(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Zeros before and after height and width."""
        return around(self.image_shape, self.kernel.shape[:2], self.strides, self.padding)

    @cached_property
    def padded(self) -> tuple[int, int]:
        """Height and width with these zeros."""
        (top, bottom), (left, right) = self.around
        return self.image_shape[0] + top + bottom, self.image_shape[1] + left + right

    @cached_property
    def output_shape(self) -> tuple[int, int, int]:
        """(windows down, windows across, filters)."""
        counts = windows(self.image_shape, self.kernel.shape[:2], self.strides, self.padding, "kernel")
        return *counts, self.kernel.shape[3]

    def forward(self, images: Images) -> Maps:
        """Return what the convolution makes of images ``(n, h, w, c)``."""
        padded = np.pad(images, ((0, 0), *self.around, (0, 0)))
        made = np.zeros((len(images), *self.output_shape))
        for place, seen in self._places():
            made += padded[:, seen[0], seen[1]] @ place
        return made

    def adjoint(self, maps: Maps) -> Images:
        """Return the transposed operator of ``forward``, ``(n, h, w, c)``."""
        padded = np.zeros((len(maps), *self.padded, self.kernel.shape[2]))
        for place, seen in self._places():
            padded[:, seen[0], seen[1]] += maps @ place.T
        (top, _), (left, _) = self.around
        return padded[:, top : top + self.image_shape[0], left : left + self.image_shape[1]]

    def _places(self) -> Iterator[tuple[Float64[np.ndarray, "c filters"], tuple[slice, slice]]]:
        """Yield the weights at each place of the window, and which pixels of the padded images all windows have there."""
        (down, across), (rows, columns) = self.strides, self.output_shape[:2]
        for i, row in enumerate(self.kernel):
            for j, place in enumerate(row):
                yield (
                    place,
                    (slice(i, i + (rows - 1) * down + 1, down), slice(j, j + (columns - 1) * across + 1, across)),
                )
