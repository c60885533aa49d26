"""Functions of logits: the margin of a class over all others, and its log odds."""

from __future__ import annotations

import math

from keras import ops

from harness.engine.shapes import Counts, Logits, Number, Numbers


def logit_margin(logits: Logits, classes: Counts) -> Numbers:
    """Return each class's logit minus the largest other one, ``(n,)``; traceable, differentiable."""
    own, others = _split(logits, classes)
    return own - ops.max(others, axis=-1)


def soft_margin(logits: Logits, classes: Counts, temperature: Number) -> Numbers:
    """Return each class's logit minus the log-sum-exp of the others at a temperature T, ``(n,)``; traceable, differentiable.

    T log sum exp(z / T) exceeds the largest z by at most T log(number of others), and never falls below it.
    """
    own, others = _split(logits, classes)
    return own - temperature * ops.logsumexp(others / temperature, axis=-1)


def log_odds(logits: Logits, classes: Counts) -> Numbers:
    """Return log((1 - p) / p), ``(n,)``, for the probability p of each class; traceable, differentiable.

    The cross-entropy -log p is the softplus of it, so its gradient has the same direction, but vanishes in float32
    where p is near 1; this one does not.
    """
    own, others = _split(logits, classes)
    return ops.logsumexp(others, axis=-1) - own


def _split(logits: Logits, classes: Counts) -> tuple[Numbers, Logits]:
    """Return the logit of each class ``(n,)`` and all logits with that one at minus infinity."""
    wanted = ops.one_hot(classes, logits.shape[-1], dtype="bool")
    return ops.sum(ops.where(wanted, logits, 0.0), axis=-1), ops.where(wanted, -math.inf, logits)
