"""The criterion of an attack: the class to reach or to leave, its margin in logits, and the gradient that leads there."""

from __future__ import annotations

import math
from typing import NamedTuple

from keras import ops

from harness.engine import backend
from harness.engine.objective import TraceableNetwork
from harness.engine.shapes import Counts, Logits, Number, Numbers, Points, Weights


class Criterion(NamedTuple):
    """What each batch member has to meet.

    Attributes:
        classes: int32 ``(n,)``, the classes to reach, or to leave.
        sign: float32 scalar, +1 where the classes are to be reached, -1 where they are to be left.
    """

    classes: Counts
    sign: Number


class CriterionValue(NamedTuple):
    """The criterion at a point.

    Attributes:
        ascent: a direction away from the criterion, ``(n, d)``: along the gradient of the cross-entropy with the class
            to reach, or against that of the class to leave. Its length means nothing.
        margin: ``(n,)`` in logits, positive where the criterion is met.
    """

    ascent: Points
    margin: Numbers


def logits_of(network: TraceableNetwork, weights: Weights, x: Points) -> Logits:
    """Return logits ``(n, k)`` for flat images ``(n, d)``; traceable, differentiable."""
    return network.logits(weights, ops.reshape(x, (-1, *network.image_shape)))


def logit_margin(logits: Logits, classes: Counts) -> Numbers:
    """Return each class's logit minus the largest other one, ``(n,)``; traceable, differentiable."""
    own, others = _split(logits, classes)
    return own - ops.max(others, axis=-1)


def log_odds(logits: Logits, classes: Counts) -> Numbers:
    """Return log((1 - p) / p), ``(n,)``, for the probability p of each class; traceable, differentiable.

    The cross-entropy -log p is the softplus of it, so its gradient has the same direction, but vanishes in float32
    where p is near 1; this one does not.
    """
    own, others = _split(logits, classes)
    return ops.logsumexp(others, axis=-1) - own


def evaluate_criterion(network: TraceableNetwork, weights: Weights, criterion: Criterion, x: Points) -> CriterionValue:
    """Evaluate the criterion at flat images x ``(n, d)``; traceable."""

    def loss(flat: Points) -> Numbers:
        return criterion.sign * log_odds(logits_of(network, weights, flat), criterion.classes)

    _, ascent = backend.value_and_gradient(loss)(x)
    # The compiler sees that this forward pass is the one the loss has made already.
    margin = criterion.sign * logit_margin(logits_of(network, weights, x), criterion.classes)
    return CriterionValue(ascent, margin)


def _split(logits: Logits, classes: Counts) -> tuple[Numbers, Logits]:
    """Return the logit of each class ``(n,)`` and all logits with that one at minus infinity."""
    wanted = ops.one_hot(classes, logits.shape[-1], dtype="bool")
    return ops.sum(ops.where(wanted, logits, 0.0), axis=-1), ops.where(wanted, -math.inf, logits)
