"""The largest of each group of channels, of which Keras has no layer."""

from __future__ import annotations

from keras import ops

from harness.engine.shapes import Unchecked


def group_maxima(activations: Unchecked, pieces: int) -> Unchecked:
    """Return maxima ``(n, …, groups)`` of activations ``(n, …, groups * pieces)``, those of a group side by side.

    Equal largest activations share the gradient.
    """
    *front, channels = activations.shape[1:]
    return ops.max(ops.reshape(activations, (-1, *front, channels // pieces, pieces)), axis=-1)
