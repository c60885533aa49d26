"""The objective of Szegedy et al. 2014, section 4.1: c times the distortion, its penalty, plus the cross-entropy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

from keras import ops

from harness.engine import backend
from harness.engine.logits import logit_margin
from harness.engine.shapes import Counts, Images, Logits, Numbers, Points, Scalar, Weights
from harness.examples import Victim

Penalty = Literal["squared", "norm"]

TINY = 1e-6
"""Floor of Euclidean distortions and of probabilities that divide."""
LEAST_LEFT = 0.1
"""The predicted distortion is at least this share of the present one."""


@runtime_checkable
class TraceableNetwork(Protocol):
    """A network without its weights: hashable, and equal for networks that may share a compiled program."""

    def __hash__(self) -> int: ...

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(h, w, c) of one image."""

    @property
    def fuses(self) -> bool:
        """Whether programs of it are compiled by XLA on TensorFlow."""

    def logits(self, weights: Weights, images: Images) -> Logits:
        """Return logits ``(n, k)``; traceable, differentiable."""

    def losses(self, weights: Weights, images: Images, labels: Counts) -> Numbers:
        """Return cross-entropies ``(n,)``; traceable, differentiable."""


@dataclass(frozen=True, eq=False)
class OpaqueNetwork:
    """Adapts a victim without an ``architecture`` to a network; the weights it is given are ignored."""

    victim: Victim

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(h, w, c) of one image."""
        return self.victim.image_shape

    @property
    def fuses(self) -> bool:
        """Whether programs of it are compiled by XLA: as the victim says, else true."""
        return getattr(self.victim, "fuses", True)

    def logits(self, weights: Weights, images: Images) -> Logits:
        """Return logits ``(n, k)``."""
        return self.victim.logits(images)

    def losses(self, weights: Weights, images: Images, labels: Counts) -> Numbers:
        """Return cross-entropies ``(n,)``."""
        scores = ops.log_softmax(self.victim.logits(images), axis=-1)
        return -ops.sum(scores * ops.one_hot(labels, self.victim.classes, dtype=scores.dtype), axis=-1)


def network_of(victim: Victim) -> tuple[TraceableNetwork, Weights]:
    """Return a victim's network and its weights; victims of one ``architecture`` share the programs compiled for it."""
    network: Any = getattr(victim, "architecture", None) or OpaqueNetwork(victim)
    return network, getattr(victim, "on_device", None) or dict(victim.weights)


class TargetedImages(NamedTuple):
    """The images of a batch, and the class each is to reach.

    Attributes:
        origin: the clean images, float32 ``(n, d)`` in [0, 1].
        target: the classes to reach, int32 ``(n,)``.
        start: where the search starts, float32 ``(n, d)`` in [0, 1]; ``(n, 0)`` for the clean images.
    """

    origin: Points
    target: Counts
    start: Points


class LossValue(NamedTuple):
    """The network's part of the objective at a point.

    Attributes:
        loss: cross-entropy to the target, ``(n,)``.
        gradient: its gradient, ``(n, d)``.
        margin: the target's logit minus the largest other one, ``(n,)``.
    """

    loss: Numbers
    gradient: Points
    margin: Numbers


class PenaltyValue(NamedTuple):
    """The penalty at a point: ``value (n,)``, ``gradient (n, d)`` and its constant curvature ``(n,)``."""

    value: Numbers
    gradient: Points
    curvature: Numbers

    @property
    def gradient_norm(self) -> Numbers:
        """The gradient's Euclidean norm, ``(n,)``: what the solves' tolerance is relative to."""
        return ops.sqrt(ops.sum(self.gradient**2, axis=-1))


def evaluate_loss(network: TraceableNetwork, weights: Weights, images: TargetedImages, x: Points) -> LossValue:
    """Evaluate the network at flat images x ``(n, d)``; traceable."""
    shape = (-1, *network.image_shape)

    def losses(flat: Points) -> Numbers:
        return network.losses(weights, ops.reshape(flat, shape), images.target)

    loss, gradient = backend.value_and_gradient(losses)(x)
    # The compiler merges this forward pass with the one of the loss.
    logits = network.logits(weights, ops.reshape(x, shape))
    return LossValue(loss, gradient, logit_margin(logits, images.target))


def evaluate_penalty(penalty: Penalty, c: Numbers, r: Points) -> PenaltyValue:
    """Return the penalty c|r|**2 or c|r| for distortions r ``(n, d)`` and c ``(n,)``; traceable."""
    square = ops.sum(r * r, axis=-1)
    if penalty == "squared":
        return PenaltyValue(c * square, 2.0 * c[:, None] * r, 2.0 * c)
    # At r = 0 the norm has a kink; zero is in its subdifferential there.
    length = ops.sqrt(square)
    inverse = ops.where(square > 0, c / ops.where(square > 0, length, 1.0), 0.0)
    return PenaltyValue(c * length, inverse[:, None] * r, ops.zeros_like(c))


def predict_log_c(penalty: Penalty, at: LossValue, length: Numbers, steepness: Numbers, confidence: Scalar) -> Numbers:
    """Predict log c at which the minimiser's margin is the confidence, were the network linear from here on.

    With q = 1 - p(target), the loss's gradient is -q times the margin's as long as the other classes keep their
    shares of q; a minimiser of c|r|**2 + loss then has 2c|r| = q |grad margin|, one of c|r| + loss c = q |grad margin|.

    Args:
        penalty: which of the two.
        at: the network at the point.
        length: |r| there, ``(n,)``.
        steepness: the norm of the loss's gradient on the pixels that are free to move, ``(n,)``.
        confidence: the margin wanted, a scalar.

    Returns:
        log c, ``(n,)``.
    """
    missing = ops.maximum(1.0 - ops.exp(-at.loss), TINY)
    # p(target) = p(runner-up) e**margin and q = others * p(runner-up), so q there = others / (others + e**confidence).
    others = missing * ops.exp(ops.clip(at.margin + at.loss, 0.0, 30.0))
    missing_there = others / (others + ops.exp(confidence))
    slope = ops.maximum(steepness / missing, TINY)
    log_c = ops.log(missing_there * slope)
    if penalty == "norm":
        return log_c
    there = length + (confidence - at.margin) / slope
    return log_c - ops.log(2.0 * ops.maximum(there, ops.maximum(LEAST_LEFT * length, TINY)))
