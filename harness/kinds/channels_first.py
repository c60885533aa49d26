"""The layout of a whole network's weights in a file that keeps channels first."""

from __future__ import annotations

from typing import Protocol

from harness.errors import Infeasible
from harness.kinds.along import placed_along
from harness.kinds.axes import Axes
from harness.kinds.contract import shape_text
from harness.kinds.layer import LayerRecipe, Shape, flat


class Layered(Protocol):
    """A network (``engine.victim.Architecture``)."""

    @property
    def image_shape(self) -> Shape:
        """(h, w, c) of one image."""

    @property
    def layers(self) -> tuple[LayerRecipe, ...]:
        """First to last."""


def channels_first(network: Layered) -> dict[str, Axes]:
    """Return the layout of each weight by its name, ``layer-<k>/<part>``.

    Raises:
        Infeasible: if a layer has none, or lays an image flat: the order of the inputs of the layers above would be lost.
    """
    found: dict[str, Axes] = {}
    for name, layer, shape in placed_along(network.layers, network.image_shape, "layer"):
        parts = layer.weight_shapes(shape)
        found |= {f"{name}/{part}": layer.channels_first(part, shape) for part in parts}
        made = layer.output(shape)
        if (
            not parts
            and len(shape) == 3
            and shape[2] > 1 < shape[0] * shape[1]
            and flat(made) == flat(shape)
            and made != shape
        ):
            raise Infeasible(
                f"{name} ({layer.kind}) flattens images of {shape_text(shape)} in Keras' order, which differs in a file with channels "
                "first; leave it out: dense layers flatten images themselves"
            )
    return found
