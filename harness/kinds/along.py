"""Layers that follow one another: their output's shape, norms, weights and symbolic output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.kinds.layer import LayerRecipe, Shape, flat
from harness.kinds.norm_bounds import NormBounds


def after(layers: tuple[LayerRecipe, ...], shape: Shape) -> Shape:
    """Return the shape of the output of layers that follow one another."""
    for each in layers:
        shape = each.output(shape)
    return shape


def bounds_along(
    layers: tuple[LayerRecipe, ...], shape: Shape, weights: Mapping[str, NDArray[Any]], name: str
) -> Iterator[NormBounds]:
    """Yield the bounds of layers that follow one another, called ``<name>-1``, ``<name>-2``, …; arguments as a layer's.

    A linear layer and batch normalization after it are one linear map, whose norm may be far below the product of the two: a
    channel with a small variance has small weights before it.
    """
    folded = False
    for k, each in enumerate(layers, 1):
        if folded:
            folded = False
        else:
            kernel = _folded(each, layers[k:], weights, name, k)
            folded = kernel is not None
            given = weights if kernel is None else {**weights, f"{name}-{k}/kernel": kernel}
            yield each.norm_bounds(shape, given, f"{name}-{k}")
        shape = each.output(shape)


def _folded(
    each: LayerRecipe, others: tuple[LayerRecipe, ...], weights: Mapping[str, NDArray[Any]], name: str, k: int
) -> NDArray[np.float64] | None:
    """Return the kernel of the k-th layer times the factors of the layer after it; None where the two are no such pair."""
    kernel = weights.get(f"{name}-{k}/kernel")
    if kernel is None or not others or not each.affine:
        return None
    factors = others[0].channel_factors(weights, f"{name}-{k + 1}")
    return None if factors is None else each.kernel_times(kernel.astype(np.float64), factors)


def placed_along(layers: tuple[LayerRecipe, ...], shape: Shape, name: str) -> Iterator[tuple[str, LayerRecipe, Shape]]:
    """Yield what layers that follow one another, called ``<name>-1``, ``<name>-2``, …, yield of themselves (``placed``)."""
    for k, each in enumerate(layers, 1):
        yield from each.placed(shape, f"{name}-{k}")
        shape = each.output(shape)


def connected_along(layers: tuple[LayerRecipe, ...], x: Any, name: str, dtype: str) -> Any:
    """Return the symbolic output of layers that follow one another, named as above, for a symbolic input."""
    for k, each in enumerate(layers, 1):
        x = each.connect(x, f"{name}-{k}", dtype)
    return x


def multiplications(layers: tuple[LayerRecipe, ...], shape: Shape) -> int:
    """Return how often layers that follow one another multiply by a weight for one image of a shape."""
    return sum(layer.multiplications(entering) for _, layer, entering in placed_along(layers, shape, "layer"))


def count(layers: tuple[LayerRecipe, ...], shape: Shape) -> int:
    """Return the number of parameters of layers that follow one another, moving statistics included; nothing is allocated."""
    placed = placed_along(layers, shape, "layer")
    return sum(flat(each) for _, layer, entering in placed for each in layer.weight_shapes(entering).values())
