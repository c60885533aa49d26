"""Changes images at random while a network trains on them: Keras' operations, numbers from our streams."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Shaped
from keras import ops

from harness.engine.shapes import Images


@runtime_checkable
class Augmentations(Protocol):
    """How far images are changed; ``harness.trainings.minibatch`` says what each means."""

    shift: int
    rotation: float
    flip: bool
    noise: float


def changed(images: Images, by: Augmentations, rng: np.random.Generator) -> Images:
    """Return images ``(n, h, w, c)``, each changed by its own draws."""
    count, height, width = (int(side) for side in images.shape[:3])
    moves = rng.integers(-by.shift, by.shift + 1, (2, count)) if by.shift else np.zeros((2, count))
    angles = np.radians(rng.uniform(-by.rotation, by.rotation, count)) if by.rotation else np.zeros(count)
    mirror = np.where(rng.random(count) < 0.5, -1.0, 1.0) if by.flip else np.ones(count)
    if by.shift or by.rotation or by.flip:
        maps = _maps(moves, angles, mirror, height, width)
        images = ops.image.affine_transform(images, maps, "bilinear", "constant", 0.0, "channels_last")
    if by.noise:
        noise = by.noise * rng.standard_normal(tuple(images.shape))
        images = ops.clip(images + noise.astype(np.float32), 0.0, 1.0)
    return images


def _maps(
    moves: Shaped[np.ndarray, "2 n"],
    angles: Float[np.ndarray, " n"],
    mirror: Float[np.ndarray, " n"],
    height: int,
    width: int,
) -> Float[np.ndarray, "n 8"]:
    """Return the eight numbers of each affine map from a new pixel (x, y) to the old one it is taken from, float32.

    A rotation about the middle, then a mirroring left to right, then a shift.
    """
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    cos, sin = np.cos(angles), np.sin(angles)
    a, b, c, d = mirror * cos, -mirror * sin, sin, cos
    # The middle of the new image, moved back by the shift, is the middle of the old one.
    x, y = -moves[1] - middle[0], -moves[0] - middle[1]
    rows = [a, b, a * x + b * y + middle[0], c, d, c * x + d * y + middle[1], np.zeros_like(a), np.zeros_like(a)]
    return np.stack(rows, axis=1).astype(np.float32)
