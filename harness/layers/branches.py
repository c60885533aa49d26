"""Several paths in parallel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from numpy.typing import NDArray
from pydantic import Field

from harness.kinds.along import after, bounds_along, connected_along, placed_along
from harness.kinds.contract import shape_text
from harness.kinds.layer import LayerRecipe, Shape
from harness.kinds.nested import Layers
from harness.kinds.norm_bounds import NormBounds, in_sequence, side_by_side
from harness.kinds.registry import layer


@layer("branches", edition=1)
class Branches(LayerRecipe):
    """Parallel paths with the same input, whose outputs are joined; an empty path is the identity."""

    join: Literal["add", "concatenate", "average", "average-probabilities"] = "add"
    """Sum, concatenation of channels, mean, or the logarithm of the mean of the paths' softmax outputs."""
    paths: tuple[Layers, ...] = Field(min_length=1, max_length=100)
    """The layers of each path, first to last."""

    @property
    def inner(self) -> tuple[LayerRecipe, ...]:
        """The layers of all paths."""
        return tuple(each for path in self.paths for each in path)

    @property
    def affine(self) -> bool:
        """Whether every path is linear."""
        return self.join != "average-probabilities" and all(each.affine for each in self.inner)

    def output(self, shape: Shape) -> Shape:
        """Return the joined shape."""
        ends = [after(path, shape) for path in self.paths]
        if len({end[:-1] for end in ends} if self.join == "concatenate" else set(ends)) > 1:
            raise ValueError(f"cannot {self.join} paths that end in {', '.join(map(shape_text, ends))}")
        return (*ends[0][:-1], sum(end[-1] for end in ends)) if self.join == "concatenate" else ends[0]

    def placed(self, shape: Shape, name: str) -> Iterator[tuple[str, LayerRecipe, Shape]]:
        """Yield those of every path."""
        for p, path in enumerate(self.paths, 1):
            yield from placed_along(path, shape, f"{name}-{p}")

    def norm_bounds(self, shape: Shape, weights: Mapping[str, NDArray[Any]], name: str) -> NormBounds:
        """Return the sum, the mean or the root of the sum of squares of the paths' norms; nothing from below."""
        if self.join == "average-probabilities":
            return super().norm_bounds(shape, weights, name)
        norms = [bounds_along(path, shape, weights, f"{name}-{p}") for p, path in enumerate(self.paths, 1)]
        share = 1 / len(self.paths) if self.join == "average" else 1.0
        return side_by_side([in_sequence(each) for each in norms], added=self.join != "concatenate", share=share)

    def connect(self, x: Any, name: str, dtype: str) -> Any:
        """Connect every path; the layers of path p are called ``<name>-<p>-<k>``."""
        from harness.engine.joining import join

        ends = [connected_along(path, x, f"{name}-{p}", dtype) for p, path in enumerate(self.paths, 1)]
        return join(self.join, ends, name, dtype)
