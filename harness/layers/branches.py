"""Several paths in parallel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from numpy.typing import NDArray
from pydantic import Field

from harness.kinds.contract import shape_text
from harness.kinds.layer import LayerRecipe, Shape, after, bounds_along
from harness.kinds.nested import Layers
from harness.kinds.norm_bounds import NormBounds, in_sequence, side_by_side
from harness.kinds.registry import layer


@layer("branches", edition=1)
class Branches(LayerRecipe):
    """Paths that all take this layer's input, and whose outputs are joined; an empty path passes its input on."""

    join: Literal["add", "concatenate"] = "add"
    """``add`` sums equal shapes, ``concatenate`` puts channels side by side."""
    paths: tuple[Layers, ...] = Field(min_length=2, max_length=100)
    """The layers of each path, first to last."""

    @property
    def inner(self) -> tuple[LayerRecipe, ...]:
        """The layers of all paths."""
        return tuple(each for path in self.paths for each in path)

    @property
    def affine(self) -> bool:
        """Whether every path is linear."""
        return all(each.affine for each in self.inner)

    def output(self, shape: Shape) -> Shape:
        """Return the joined shape."""
        ends = [after(path, shape) for path in self.paths]
        same = len(set(ends)) == 1 if self.join == "add" else len({end[:-1] for end in ends}) == 1
        if not same:
            raise ValueError(f"cannot {self.join} paths that end in {', '.join(map(shape_text, ends))}")
        return ends[0] if self.join == "add" else (*ends[0][:-1], sum(end[-1] for end in ends))

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return the sum of the paths' norms, or the root of the sum of their squares; nothing from below."""
        norms = [bounds_along(path, shape, weights, f"{name}-{p}") for p, path in enumerate(self.paths, 1)]
        return side_by_side([in_sequence(each) for each in norms], added=self.join == "add")

    def connect(self, x: Any, name: str, dtype: str) -> Any:
        """Connect every path; the layers of path p are called ``<name>-<p>-<k>``."""
        import keras

        ends = []
        for p, path in enumerate(self.paths, 1):
            end = x
            for k, each in enumerate(path, 1):
                end = each.connect(end, f"{name}-{p}-{k}", dtype)
            ends.append(end)
        join = keras.layers.Add if self.join == "add" else keras.layers.Concatenate
        return join(name=name, dtype=dtype)(ends)
