"""The penalised problem of Szegedy et al. 2014, section 4.1: c times the distortion plus the cross-entropy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from keras import ops

from harness.engine import backend
from harness.engine.two_loop import Tensor
from harness.examples import Victim

Penalty = Literal["squared", "norm"]

TINY = 1e-6
"""Distortions (Euclidean) and probabilities below this are taken for it where they divide."""
LEAST_LEFT = 0.1
"""The prediction of the critical c never shortens a distortion to less than this share of it."""


class Network(Protocol):
    """A network without its weights: hashable, and equal for networks that may share a compiled program."""

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(h, w, c) of one image."""

    @property
    def fuses(self) -> bool:
        """Whether programs of it are compiled by XLA on TensorFlow."""

    def logits(self, weights: Any, images: Any) -> Any:
        """Return logits ``(n, classes)``; traceable, differentiable."""

    def losses(self, weights: Any, images: Any, labels: Any) -> Any:
        """Return cross-entropies ``(n,)``; traceable, differentiable."""


@dataclass(frozen=True, eq=False)
class Sealed:
    """A victim that does not show its architecture, seen as a network that ignores the weights it is given."""

    victim: Victim

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(h, w, c) of one image."""
        return self.victim.image_shape

    @property
    def fuses(self) -> bool:
        """As the victim says; otherwise they are."""
        return getattr(self.victim, "fuses", True)

    def logits(self, weights: Any, images: Any) -> Any:
        """Return logits ``(n, classes)``."""
        return self.victim.logits(images)

    def losses(self, weights: Any, images: Any, labels: Any) -> Any:
        """Return cross-entropies ``(n,)``."""
        scores = ops.log_softmax(self.victim.logits(images), axis=-1)
        return -ops.sum(scores * ops.one_hot(labels, self.victim.classes, dtype=scores.dtype), axis=-1)


class Problem(NamedTuple):
    """What each batch member is asked.

    Attributes:
        origin: the clean images, float32 ``(n, d)`` in [0, 1].
        target: the classes to reach, int32 ``(n,)``.
    """

    origin: Tensor
    target: Tensor


class Seen(NamedTuple):
    """What the network says at a point.

    Attributes:
        loss: cross-entropy to the target, ``(n,)``.
        gradient: its gradient, ``(n, d)``.
        margin: the target's logit minus the largest other one, ``(n,)``.
    """

    loss: Tensor
    gradient: Tensor
    margin: Tensor


class Cost(NamedTuple):
    """The penalty at a point: ``value (n,)``, ``gradient (n, d)`` and its constant curvature ``known (n,)``."""

    value: Tensor
    gradient: Tensor
    known: Tensor

    @property
    def force(self) -> Tensor:
        """The gradient's Euclidean norm, ``(n,)``: what the solves' tolerance is relative to."""
        return ops.sqrt(ops.sum(self.gradient**2, axis=-1))


def look(network: Network, weights: Any, problem: Problem, x: Tensor) -> Seen:
    """Evaluate the network at flat images x ``(n, d)``; traceable."""
    shape = (-1, *network.image_shape)

    def losses(flat: Tensor) -> Tensor:
        return network.losses(weights, ops.reshape(flat, shape), problem.target)

    loss, gradient = backend.value_and_gradient(losses)(x)
    # The compiler sees that this forward pass is the one the loss has made already.
    logits = network.logits(weights, ops.reshape(x, shape))
    wanted = ops.one_hot(problem.target, logits.shape[-1], dtype="bool")
    reached = ops.sum(ops.where(wanted, logits, 0.0), axis=-1)
    return Seen(loss, gradient, reached - ops.max(ops.where(wanted, -math.inf, logits), axis=-1))


def charge(penalty: Penalty, c: Tensor, r: Tensor) -> Cost:
    """Return the penalty c|r|**2 or c|r| for distortions r ``(n, d)`` and trade-offs c ``(n,)``; traceable."""
    square = ops.sum(r * r, axis=-1)
    if penalty == "squared":
        return Cost(c * square, 2.0 * c[:, None] * r, 2.0 * c)
    # At r = 0 the norm has a kink; zero is in its subdifferential there.
    length = ops.sqrt(square)
    inverse = ops.where(square > 0, c / ops.where(square > 0, length, 1.0), 0.0)
    return Cost(c * length, inverse[:, None] * r, ops.zeros_like(c))


def critical(penalty: Penalty, seen: Seen, length: Tensor, steepness: Tensor, overshoot: Tensor) -> Tensor:
    """Predict log c at which the minimiser's margin is the overshoot, were the network linear from here on.

    With q = 1 - p(target), the loss's gradient is -q times the margin's as long as the other classes keep their
    shares of q; a minimiser of c|r|**2 + loss then has 2c|r| = q |grad margin|, one of c|r| + loss c = q |grad margin|.

    Args:
        penalty: which of the two.
        seen: the network at the point.
        length: |r| there, ``(n,)``.
        steepness: the norm of the loss's gradient on the pixels that are free to move, ``(n,)``.
        overshoot: the margin wanted, a scalar.

    Returns:
        log c, ``(n,)``.
    """
    missing = ops.maximum(1.0 - ops.exp(-seen.loss), TINY)
    # p(target) = p(runner-up) e**margin and q = others * p(runner-up), so q there = others / (others + e**overshoot).
    others = missing * ops.exp(ops.clip(seen.margin + seen.loss, 0.0, 30.0))
    missing_there = others / (others + ops.exp(overshoot))
    slope = ops.maximum(steepness / missing, TINY)
    log_c = ops.log(missing_there * slope)
    if penalty == "norm":
        return log_c
    there = length + (overshoot - seen.margin) / slope
    return log_c - ops.log(2.0 * ops.maximum(there, ops.maximum(LEAST_LEFT * length, TINY)))
