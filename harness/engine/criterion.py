"""The criterion of an attack: the class to reach or to leave, its margin in logits, and the gradient that leads there."""

from __future__ import annotations

from typing import NamedTuple

from keras import ops

from harness.engine import backend
from harness.engine.logits import log_odds, logit_margin
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


def evaluate_criterion(network: TraceableNetwork, weights: Weights, criterion: Criterion, x: Points) -> CriterionValue:
    """Evaluate the criterion at flat images x ``(n, d)``; traceable."""

    def loss(flat: Points) -> Numbers:
        return criterion.sign * log_odds(logits_of(network, weights, flat), criterion.classes)

    _, ascent = backend.value_and_gradient(loss)(x)
    # The compiler merges this forward pass with the one of the loss.
    margin = criterion.sign * logit_margin(logits_of(network, weights, x), criterion.classes)
    return CriterionValue(ascent, margin)
