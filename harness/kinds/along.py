"""Layers that follow one another: their output's shape, norms, weights and symbolic output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

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
    """Yield the bounds of layers that follow one another, called ``<name>-1``, ``<name>-2``, …; arguments as a layer's."""
    for k, each in enumerate(layers, 1):
        yield each.norm_bounds(shape, weights, f"{name}-{k}")
        shape = each.output(shape)


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
