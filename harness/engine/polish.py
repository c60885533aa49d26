"""Moves an adversarial example along the boundary of its target class to the point of it that is nearest to the image.

Sequential quadratic programming for: minimise |y - x|² subject to z_t(y) - z_j(y) >= confidence for every other class j
and 0 <= y <= 1. Each step linearises the differences of logits at y (Nocedal & Wright, Numerical Optimization, 2nd
ed. 2006, section 18.1, with the objective's Hessian for the Lagrangian's, whose missing part is the boundary's curvature)
and projects the clean image onto what they allow (``projection``). The way there, f(y) = p(y) - y, is zero at the
points sought. It is followed for a length that makes up for the curvature: y + a f(y), a = -s.Δf / Δf.Δf from the last
step s and the change Δf it made (Barzilai & Borwein 1988, eq. 5; La Cruz, Martinez & Raydan 2006, for f = 0).
"""

from __future__ import annotations

import math
from functools import lru_cache, partial
from typing import Any, NamedTuple

from jaxtyping import Int
from keras import ops

from harness.engine import backend
from harness.engine.batching import Builder, Program
from harness.engine.criterion import Criterion, logits_of
from harness.engine.norms import TINY, length
from harness.engine.objective import TraceableNetwork
from harness.engine.projection import Rows, Slacks, project
from harness.engine.shapes import Count, Counts, Flags, Logits, Numbers, Points, Settings, Weights

FIRST, SHORTEST, LONGEST = 0.5, 0.1, 3.0
"""The first step's length, and bounds on those that follow."""
KEPT = 0.75
"""A point whose margin is this share of the confidence counts as being there."""


class _Walk(NamedTuple):
    """The state of every image: all ``(n, …)`` but the count k.

    Attributes:
        k: steps taken.
        y: the present point.
        before: the last one.
        ahead: f(before).
        mu: the multipliers of all classes, ``(n, classes)``.
        best: the nearest point so far that has the target.
        least: its distance; infinite where there is none.
        idle: steps since one was nearer by xtol than all before, int32.
        going: bool.
    """

    k: Count
    y: Points
    before: Points
    ahead: Points
    mu: Logits
    best: Points
    least: Numbers
    idle: Counts
    going: Flags


def linearising(rivals: int) -> Builder:
    """Return the builder of the program that linearises so many logits, beside the target's: the largest at each point.

    Settings: ``steps``, ``confidence``, ``xtol``, ``patience``; further array: the starts ``(n, d)``. It returns the nearest
    point on its way that has the target by the confidence, and the start where none has.
    """
    return partial(_program, rivals)


@lru_cache(maxsize=32)
def _program(most: int, network: TraceableNetwork) -> Program:
    def run(weights: Weights, origin: Points, criterion: Criterion, settings: Settings, start: Points) -> Points:
        def advance(at: _Walk) -> _Walk:
            margins, rows, rivals = rival_margins(network, weights, criterion, at.y, most)
            now = length(at.y - origin)
            # The constraints are linear and the boundary is curved, so a point meets the confidence only in the limit.
            there = ops.min(margins, axis=-1) >= KEPT * settings["confidence"]
            better = at.going & there & (now < at.least)
            # Rivals change from step to step, so multipliers are kept by class; a new rival's starts from zero.
            slacks, mu = margins - settings["confidence"], ops.take_along_axis(at.mu, rivals, axis=-1)
            point, mu = project(origin, at.y, slacks, rows, mu)
            ahead = point - at.y
            far = length(ahead)
            # A point may lie near the next projection and still miss the boundary by more than the confidence.
            going = at.going & ((far > settings["xtol"] * now) | ~there) & ops.isfinite(far)
            least = ops.where(better, now, at.least)
            nearer = ~ops.isfinite(least) | (least < (1.0 - settings["xtol"]) * at.least)
            idle = ops.where(nearer, 0, at.idle + 1)
            step = _step_length(at, ahead)
            moved = ops.where(going[:, None], at.y + step[:, None] * ahead, at.y)
            spread = ops.sum(mu[:, :, None] * ops.one_hot(rivals, at.mu.shape[-1], dtype=mu.dtype), axis=1)
            return _Walk(
                at.k + 1,
                ops.clip(moved, 0.0, 1.0),
                at.y,
                ahead,
                spread,
                ops.where(better[:, None], at.y, at.best),
                least,
                idle,
                going & (idle < settings["patience"]),
            )

        still, none = ops.zeros_like(start), ops.zeros_like(start[:, 0])
        mu = ops.zeros_like(logits_of(network, weights, start))
        begin = _Walk(
            ops.zeros((), "int32"), start, start, still, mu, start, none + math.inf, ops.cast(none, "int32"), none == 0
        )
        return ops.while_loop(
            lambda *state: (state[0] < settings["steps"]) & ops.any(_Walk(*state).going),
            lambda *state: tuple(advance(_Walk(*state))),
            tuple(begin),
        )[5]

    return backend.jit(run, fuse=network.fuses, reorder=True)


def rival_margins(
    network: TraceableNetwork, weights: Weights, criterion: Criterion, y: Points, most: int
) -> tuple[Slacks, Rows, Int[Any, "n m"]]:
    """Return the target's margin over each rival's logit, and the gradients of these margins, of so many rivals; traceable.

    Returns:
        The margins ``(n, m)``, their gradients ``(n, m, d)`` and the rivals, int32 ``(n, m)``.
    """
    logits = logits_of(network, weights, y)
    classes = logits.shape[-1]
    wanted = ops.one_hot(criterion.classes, classes, dtype="bool")
    rivals = ops.top_k(ops.where(wanted, -math.inf, logits), min(most, classes - 1))[1]

    def margin(flat: Points, rival: Counts) -> Numbers:
        # The compiler merges the forward passes of all rivals.
        sign = ops.cast(wanted, flat.dtype) - ops.one_hot(rival, classes, dtype=flat.dtype)
        return ops.sum(logits_of(network, weights, flat) * sign, axis=-1)

    both = [backend.value_and_gradient(margin)(y, rivals[:, m]) for m in range(rivals.shape[-1])]
    return ops.stack([value for value, _ in both], axis=1), ops.stack([slope for _, slope in both], axis=1), rivals


def _step_length(at: _Walk, ahead: Points) -> Numbers:
    """Return the step length along f(y), as a share of it, ``(n,)``."""
    change = ahead - at.ahead
    along, square = ops.sum((at.y - at.before) * change, axis=-1), ops.sum(change * change, axis=-1)
    # Where f does not fall along the last step, the formula gives no length: the largest is taken.
    stride = ops.where(along < 0, -along / (square + TINY), LONGEST)
    return ops.where(at.k > 0, ops.clip(stride, SHORTEST, LONGEST), FIRST)
