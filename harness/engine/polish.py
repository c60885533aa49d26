"""Moves an adversarial example along the boundary of its target class to the point of it that is nearest to the image.

Sequential quadratic programming for: minimise |y - x|² subject to z_t(y) - z_j(y) >= overshoot for every other class j
and 0 <= y <= 1. Each step draws the logits' differences as linear at y (Nocedal & Wright, Numerical Optimization, 2nd
ed. 2006, section 18.1, with the objective's Hessian for the Lagrangian's, whose missing part is the boundary's curvature)
and projects the clean image onto what they allow (``projection``). The way there, f(y) = p(y) - y, is zero at the
points sought. It is followed for a length that makes up for the curvature: y + a f(y), a = -s.Δf / Δf.Δf from the last
step s and the change Δf it made (Barzilai & Borwein 1988, eq. 5; La Cruz, Martinez & Raydan 2006, for f = 0).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

from keras import ops

from harness.engine import backend
from harness.engine.batching import Program
from harness.engine.criterion import Goal, logits_of
from harness.engine.norms import TINY, length
from harness.engine.objective import Network
from harness.engine.projection import project
from harness.engine.two_loop import Tensor

RIVALS = 9
"""Classes, beside the target, whose logits are drawn as linear at a point: those that come nearest there."""
FIRST, SHORTEST, LONGEST = 0.5, 0.1, 3.0
"""The first step's length, and bounds on those that follow."""
KEPT = 0.75
"""A point whose margin is this share of the overshoot counts as being there."""


class _Walk(NamedTuple):
    """Where every image stands: all ``(n, …)`` but the count k.

    Attributes:
        k: steps taken.
        y: the present point.
        before: the last one.
        ahead: f(before).
        mu: the multipliers of all classes, ``(n, classes)``.
        best: the nearest point so far that has the target.
        least: its distance; infinite where there is none.
        going: bool.
    """

    k: Tensor
    y: Tensor
    before: Tensor
    ahead: Tensor
    mu: Tensor
    best: Tensor
    least: Tensor
    going: Tensor


@lru_cache(maxsize=32)
def program(network: Network) -> Program:
    """Return the compiled walk: settings ``steps``, ``overshoot``, ``precision``; beside, the starts ``(n, d)``.

    It returns the nearest point on its way that has the target by the overshoot, and the start where none has.
    """

    def run(weights: Any, origin: Tensor, goal: Goal, settings: Any, start: Tensor) -> Tensor:
        def advance(at: _Walk) -> _Walk:
            gaps, rows, rivals = rise(network, weights, goal, at.y)
            now = length(at.y - origin)
            there = ops.min(gaps, axis=-1) >= KEPT * settings["overshoot"]
            better = at.going & there & (now < at.least)
            point, mu = project(
                origin, at.y, gaps - settings["overshoot"], rows, ops.take_along_axis(at.mu, rivals, axis=-1)
            )
            ahead = point - at.y
            far = length(ahead)
            # A point may be near to where it is led, and short of the boundary by more than the overshoot all the same.
            going = at.going & ((far > settings["precision"] * now) | ~there) & ops.isfinite(far)
            step = _stride(at, ahead)
            moved = ops.where(going[:, None], at.y + step[:, None] * ahead, at.y)
            spread = ops.sum(mu[:, :, None] * ops.one_hot(rivals, at.mu.shape[-1], dtype=mu.dtype), axis=1)
            return _Walk(
                at.k + 1,
                ops.clip(moved, 0.0, 1.0),
                at.y,
                ahead,
                spread,
                ops.where(better[:, None], at.y, at.best),
                ops.where(better, now, at.least),
                going,
            )

        still, none = ops.zeros_like(start), ops.zeros_like(start[:, 0])
        mu = ops.zeros_like(logits_of(network, weights, start))
        begin = _Walk(ops.zeros((), "int32"), start, start, still, mu, start, none + math.inf, none == 0)
        return ops.while_loop(
            lambda *state: (state[0] < settings["steps"]) & ops.any(_Walk(*state).going),
            lambda *state: tuple(advance(_Walk(*state))),
            tuple(begin),
        )[5]

    return backend.jit(run, fuse=network.fuses)


def rise(network: Network, weights: Any, goal: Goal, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return by how much the target's logit leads each rival's, and the gradients of that; traceable.

    Returns:
        The leads ``(n, m)``, their gradients ``(n, m, d)`` and the rivals, int32 ``(n, m)``.
    """
    logits = logits_of(network, weights, y)
    classes = logits.shape[-1]
    wanted = ops.one_hot(goal.classes, classes, dtype="bool")
    rivals = ops.top_k(ops.where(wanted, -math.inf, logits), min(RIVALS, classes - 1))[1]

    def leads(flat: Tensor, rival: Tensor) -> Tensor:
        # The compiler sees that the forward pass is the same for all rivals.
        sign = ops.cast(wanted, flat.dtype) - ops.one_hot(rival, classes, dtype=flat.dtype)
        return ops.sum(logits_of(network, weights, flat) * sign, axis=-1)

    both = [backend.value_and_gradient(leads)(y, rivals[:, m]) for m in range(rivals.shape[-1])]
    return ops.stack([lead for lead, _ in both], axis=1), ops.stack([slope for _, slope in both], axis=1), rivals


def _stride(at: _Walk, ahead: Tensor) -> Tensor:
    """Return how far to follow f(y), as a share of it, ``(n,)``."""
    change = ahead - at.ahead
    along, square = ops.sum((at.y - at.before) * change, axis=-1), ops.sum(change * change, axis=-1)
    stride = ops.where(along < 0, -along / (square + TINY), LONGEST)
    return ops.where(at.k > 0, ops.clip(stride, SHORTEST, LONGEST), FIRST)
