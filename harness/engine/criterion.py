"""The criterion of an attack: the class to reach or to leave, its margin in logits, and the gradient that leads there."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from keras import ops

from harness.engine import backend
from harness.engine.logits import log_odds, logit_margin
from harness.engine.objective import TraceableNetwork
from harness.engine.shapes import Counts, Logits, Number, Numbers, Points, Scalar, Weights

Loss = Literal["cross-entropy", "margin"]
"""What an attack lowers: the cross-entropy with the class to reach (raises it, for the class to leave), or the margin missing."""


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
            to reach, or against that of the class to leave; with the margin as loss, along the gradient of what is missing
            of it. Its length means nothing, but is zero where no margin is missing.
        margin: ``(n,)`` in logits, positive where the criterion is met.
    """

    ascent: Points
    margin: Numbers


def logits_of(network: TraceableNetwork, weights: Weights, x: Points) -> Logits:
    """Return logits ``(n, k)`` for flat images ``(n, d)``; traceable, differentiable."""
    return network.logits(weights, ops.reshape(x, (-1, *network.image_shape)))


def missing_margin(
    network: TraceableNetwork, weights: Weights, criterion: Criterion, x: Points, confidence: Scalar
) -> Numbers:
    """Return by how many logits the margin falls short of the confidence, ``(n,)``, at least 0; traceable, differentiable.

    max(max{Z_i : i != t} - Z_t, -kappa) + kappa, Carlini & Wagner 2017, sections V-A (f6) and VI-A, for a class to reach.
    """
    margin = criterion.sign * logit_margin(logits_of(network, weights, x), criterion.classes)
    return ops.maximum(confidence - margin, 0.0)


def evaluate_criterion(
    network: TraceableNetwork,
    weights: Weights,
    criterion: Criterion,
    x: Points,
    loss: Loss = "cross-entropy",
    confidence: Scalar = math.inf,
) -> CriterionValue:
    """Evaluate the criterion at flat images x ``(n, d)``; traceable.

    Args:
        network: the network.
        weights: its weights.
        criterion: what each image has to meet.
        x: where.
        loss: the loss whose gradient is taken.
        confidence: with the margin as loss, the margin in logits at which nothing is missing any more.
    """

    def value(flat: Points) -> Numbers:
        if loss == "margin":
            return missing_margin(network, weights, criterion, flat, confidence)
        if getattr(network, "probability", "softmax") != "softmax":
            images = ops.reshape(flat, (-1, *network.image_shape))
            return criterion.sign * network.losses(weights, images, criterion.classes)
        return criterion.sign * log_odds(logits_of(network, weights, flat), criterion.classes)

    _, ascent = backend.value_and_gradient(value)(x)
    # The compiler merges this forward pass with the one of the loss.
    margin = criterion.sign * logit_margin(logits_of(network, weights, x), criterion.classes)
    return CriterionValue(ascent, margin)
