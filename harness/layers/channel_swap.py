"""Channels in another order."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from harness.kinds.contract import shape_text
from harness.kinds.layer import Shape, ShapeKeeping
from harness.kinds.registry import layer


def _permutation(order: tuple[int, ...]) -> tuple[int, ...]:
    if sorted(order) != list(range(len(order))):
        raise ValueError(f"expected every channel from 0 to {len(order) - 1} once; found {list(order)}")
    return order


@layer("channel_swap", edition=1)
class ChannelSwap(ShapeKeeping):
    """The same channels in another order: red, green, blue become blue, green, red, as Caffe's networks expect."""

    fixed_norm = 1.0

    order: Annotated[
        tuple[Annotated[int, Field(ge=0, le=10_000)], ...], AfterValidator(_permutation), Field(min_length=1)
    ] = (2, 1, 0)
    """Which channel of the input comes first, second and so on, counted from 0."""

    @property
    def affine(self) -> bool:
        """Always."""
        return True

    def output(self, shape: Shape) -> Shape:
        """Return the input's shape; raise ValueError unless it has as many channels."""
        if shape[-1] != len(self.order):
            raise ValueError(f"takes {len(self.order)} channels, but its input has the shape {shape_text(shape)}")
        return shape

    def build(self, name: str, dtype: str) -> Any:
        """Return a layer of Keras that puts them in this order."""
        import keras

        from harness.engine.channels import swapped

        return keras.layers.Lambda(swapped, arguments={"order": self.order}, name=name, dtype=dtype)
