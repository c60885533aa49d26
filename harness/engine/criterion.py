"""What an attack wants of an image: the class to reach or to leave, by what margin it has, and which way leads there."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from keras import ops

from harness.engine import backend
from harness.engine.objective import Network
from harness.engine.two_loop import Tensor


class Goal(NamedTuple):
    """What is wanted of each batch member.

    Attributes:
        classes: int32 ``(n,)``, the classes to reach, or to leave.
        sign: float32 scalar, +1 where the classes are to be reached, -1 where they are to be left.
    """

    classes: Tensor
    sign: Tensor


class Seen(NamedTuple):
    """What the network says at a point.

    Attributes:
        uphill: away from the goal, ``(n, d)``: along the gradient of the cross-entropy with the class to reach, or
            against that of the class to leave. Its length means nothing.
        margin: ``(n,)`` in logits, positive where the goal is reached.
    """

    uphill: Tensor
    margin: Tensor


def logits_of(network: Network, weights: Any, x: Tensor) -> Tensor:
    """Return logits ``(n, classes)`` for flat images ``(n, d)``; traceable, differentiable."""
    return network.logits(weights, ops.reshape(x, (-1, *network.image_shape)))


def lead(logits: Tensor, classes: Tensor) -> Tensor:
    """Return each class's logit minus the largest other one, ``(n,)``; traceable, differentiable."""
    own, others = _split(logits, classes)
    return own - ops.max(others, axis=-1)


def log_odds(logits: Tensor, classes: Tensor) -> Tensor:
    """Return log((1 - p) / p), ``(n,)``, for the probability p of each class; traceable, differentiable.

    The cross-entropy -log p is the softplus of it, so its gradient has the same direction, but vanishes in float32
    where p is near 1; this one does not.
    """
    own, others = _split(logits, classes)
    return ops.logsumexp(others, axis=-1) - own


def look(network: Network, weights: Any, goal: Goal, x: Tensor) -> Seen:
    """Evaluate the network at flat images x ``(n, d)``; traceable."""

    def height(flat: Tensor) -> Tensor:
        return goal.sign * log_odds(logits_of(network, weights, flat), goal.classes)

    _, uphill = backend.value_and_gradient(height)(x)
    # The compiler sees that this forward pass is the one the loss has made already.
    return Seen(uphill, goal.sign * lead(logits_of(network, weights, x), goal.classes))


def _split(logits: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
    """Return the logit of each class ``(n,)`` and all logits with that one at minus infinity."""
    wanted = ops.one_hot(classes, logits.shape[-1], dtype="bool")
    return ops.sum(ops.where(wanted, logits, 0.0), axis=-1), ops.where(wanted, -math.inf, logits)
