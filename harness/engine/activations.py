"""A hidden layer's outputs as images to attack: scaled to [0, 1], for the network of the layers above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.engine.shapes import Images, Unchecked, Weights
from harness.engine.victim import Architecture, NetworkVictim
from harness.examples import Examples

ENDS: dict[str, tuple[float | None, float | None]] = {
    "sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "relu": (0.0, None),
    "relu6": (0.0, 6.0),
    "softplus": (0.0, None),
    "elu": (-1.0, None),
}
"""The least and the largest output an activation function can have; None where there is none."""
LOW, SIDE = "box/low", "box/side"
"""Names of the two numbers that scale, kept among the weights, so that no other values compile another program."""


@dataclass(frozen=True)
class AboveLayer(Architecture):
    """The layers above one, of that layer's outputs scaled to [0, 1]: the network computes logits of low + side * x.

    ``image_shape`` is the shape of the outputs, ``(1, 1, units)`` of a vector.
    """

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the layers' weights by name, and of the two numbers that scale."""
        return {**super().shapes, LOW: (), SIDE: ()}

    def last(self, weights: Weights, images: Images, dtype: str = "float32") -> Unchecked:
        """Return the outputs of the last layer for scaled outputs ``(n, h, w, c)``; traceable, differentiable."""
        return super().last(weights, weights[LOW] + weights[SIDE] * images, dtype)


@dataclass(frozen=True, eq=False)
class Scaled:
    """A hidden layer's outputs for some images, as an attack takes them.

    Attributes:
        victim: the layers above, of scaled outputs.
        examples: the outputs scaled to [0, 1], ``(n, h, w, c)``, with the images' labels and indices.
    """

    victim: NetworkVictim
    examples: Examples

    def restored(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return scaled outputs as the layers above take them, in their own shape."""
        low, side = self.victim.weights[LOW], self.victim.weights[SIDE]
        return np.asarray(low + side * images, np.float32)


def scaled_outputs(network: NetworkVictim, layer: int, examples: Examples) -> Scaled:
    """Return the outputs of a layer, from 1, as images of the layers above.

    The box an attack keeps to, [0, 1] after scaling, is the range of the layer's activation function where that is bounded:
    (0, 1) for sigmoid, (-1, 1) for tanh. Where an end is missing (above for relu; both for a linear layer, or one without
    an activation function), it is the least or largest output that any unit has for these images. So an attack's distances
    are in units of that range, as those between images are in units of the pixels'.
    """
    outputs = network.up_to(layer).outputs(examples.images)
    ends = ENDS.get(getattr(network.architecture.layers[layer - 1], "activation", ""), (None, None))
    low, high = (
        float(seen) if end is None else end for end, seen in zip(ends, (outputs.min(), outputs.max()), strict=True)
    )
    side = high - low if high > low else 1.0
    shape = outputs.shape[1:] if outputs.ndim == 4 else (1, 1, *outputs.shape[1:])
    weights = network.weights_above(layer) | {LOW: np.asarray(low, np.float32), SIDE: np.asarray(side, np.float32)}
    whole = network.architecture
    victim = NetworkVictim(AboveLayer(shape, whole.layers[layer:], whole.probability), weights)
    scaled = np.clip((outputs.reshape(-1, *shape) - np.float32(low)) / np.float32(side), 0.0, 1.0)
    return Scaled(victim, Examples(np.asarray(scaled, np.float32), examples.labels, examples.index))
