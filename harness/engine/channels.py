"""Channels in another order."""

from __future__ import annotations

from collections.abc import Sequence

from keras import ops

from harness.engine.shapes import Unchecked


def swapped(x: Unchecked, order: Sequence[int]) -> Unchecked:
    """Return the channels of ``(n, …, c)`` in an order; slices, as the gradient of a gathering is slow."""
    return ops.concatenate([x[..., place : place + 1] for place in order], axis=-1)
