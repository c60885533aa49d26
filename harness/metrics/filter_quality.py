"""How smooth the filters of a network's first layer are; a dead unit counts as zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.errors import Infeasible
from harness.examples import Examples, Value, Victim
from harness.kinds.metric import MetricRecipe
from harness.kinds.registry import metric
from harness.kinds.top_images import outputs

KERNEL = "layer-1/kernel"
"""The weights that look at the pixels."""


@metric("filter-quality", edition=1)
class FilterQuality(MetricRecipe):
    """Mean over the first layer's units of Moran's I of their weights over the image grid, 0 for a unit that is dead.

    Moran's I (Moran 1950, Biometrika 37, 17-23) is the mean product of neighbouring deviations from the mean weight, over the
    mean squared deviation; neighbours share an edge, in one channel. For n independent weights its expectation is
    -1 / (n - 1); strokes and blobs come close to 1. The filters of a convolution are its kernels. A unit is dead
    if its activation hardly depends on the image. (Its mean activation does not show this, because a sparsity
    penalty keeps it at its target.)
    """

    better = "higher"

    least_spread: float = Field(0.01, ge=0, le=1000)
    """A unit is dead if the standard deviation of its activation over the images is smaller than this. For a
    sigmoid unit it is at most 0.5."""

    @property
    def seconds(self) -> float:
        """A rough cost on two cores, of 10,000 images and 400 units."""
        return 2.0

    def measure(self, victims: tuple[Victim, ...], clean: Examples | None, made: Examples | None) -> Value:
        """Return the mean over all units, dead ones included."""
        (victim,), images = victims, self.shown(clean, made)
        if len(images) < 2:
            raise Infeasible(f"{self.kind}: too few images ({len(images)}) to detect dead units; use more")
        smooth, alive = morans_i(self._filters(victim)), self._spread(victim, images) >= self.least_spread
        return Value(float(np.where(alive, smooth, 0.0).mean()), of=len(images))

    def _filters(self, victim: Victim) -> NDArray[np.float64]:
        """Return the weights ``(h, w, c, units)`` on the image grid, of a convolution on its window."""
        kernel = np.asarray(victim.weights.get(KERNEL, ()), np.float64)
        if kernel.ndim == 4:
            return kernel
        if kernel.ndim != 2 or len(kernel) != np.prod(victim.image_shape):
            raise Infeasible(
                "filter-quality: expected a network whose first layer is dense or a convolution, so that its filters have the shape of "
                "the image grid; found none"
            )
        return kernel.reshape(*victim.image_shape, -1)

    def _spread(self, victim: Victim, images: Examples) -> NDArray[np.float64]:
        """Return the standard deviation of each unit's activation over images, and positions, of a convolution."""
        units = victim.weights[KERNEL].shape[-1]
        count, sums, squares = 0, np.zeros(units), np.zeros(units)
        for part in outputs(victim, images.images, 1, self.kind):
            values = part.reshape(-1, units).astype(np.float64)
            count += len(values)
            sums, squares = sums + values.sum(axis=0), squares + np.square(values).sum(axis=0)
        mean = sums / count
        return np.asarray(np.sqrt(np.maximum(squares / count - mean**2, 0.0)))


def morans_i(filters: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Moran's I of each unit's weights ``(h, w, c, units)``; 0 where all are equal, or none has a neighbour."""
    apart = filters - filters.mean(axis=(0, 1, 2))
    products = [apart[1:] * apart[:-1], apart[:, 1:] * apart[:, :-1]]
    pairs = sum(each[..., 0].size for each in products)
    together, own = sum(each.sum(axis=(0, 1, 2)) for each in products), np.square(apart).mean(axis=(0, 1, 2))
    # Weights that differ by rounding alone have no pattern.
    flat = own <= (1e-6 * np.abs(filters).max(axis=(0, 1, 2))) ** 2
    return np.asarray(np.where(flat | (pairs == 0), 0.0, together / np.where(flat, 1.0, own) / max(pairs, 1)))
