"""The quasi-Newton direction: two loops over a ring of curvature pairs, restricted to the free variables.

Sources: the two-loop recursion is Nocedal & Wright, Numerical Optimization (2nd ed. 2006), algorithm 7.4; its initial
scaling is their eq. 7.20; a pair is used only where its curvature is safely positive, Byrd, Lu, Nocedal & Zhu 1995,
eq. 3.9. Restricting vectors and pairs to the free variables gives a matrix that is diagonal with respect to the
active ones, as Bertsekas 1982, eq. 32 asks for (Kim, Sra & Dhillon 2010, section 2, do the same).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from jaxtyping import Float
from keras import ops

from harness.engine.shapes import Count, Flags, Numbers, Points

SAFE_CURVATURE = 2.2e-16
"""The epsilon of Byrd et al. 1995, eq. 3.9, against which s.y / y.y is held."""

Ring = Float[Any, "memory n d"]
"""A vector of each member for each of the last steps."""


class CurvaturePairs(NamedTuple):
    """The curvature pairs of every batch member: the last steps, and how the gradient changed along them.

    All members share the ring's slot, so that a pair is written in place; a member that took no step keeps its old
    pair.

    Attributes:
        steps: s, float32 ``(memory, n, d)``.
        changes: y, the change of the gradient, float32 ``(memory, n, d)``, without the share of the known curvature.
        scale: initial inverse curvature, float32 ``(n,)``.
        slot: the slot written next, int32 scalar.
    """

    steps: Ring
    changes: Ring
    scale: Numbers
    slot: Count


def no_pairs(memory: int, like: Points, scale: Numbers) -> CurvaturePairs:
    """Return a ring without any pair, for points like ``like`` ``(n, d)`` and an initial inverse curvature ``(n,)``."""
    empty = ops.zeros((memory, *ops.shape(like)), dtype=like.dtype)
    return CurvaturePairs(empty, empty, scale, ops.zeros((), dtype="int32"))


def add_pair(
    pairs: CurvaturePairs, step: Points, change: Points, known: Numbers, free: Points, took: Flags
) -> CurvaturePairs:
    """Write one pair for the members that took a step.

    Args:
        pairs: the ring.
        step: s, ``(n, d)``.
        change: y without the known curvature, ``(n, d)``.
        known: curvature of the objective's known quadratic part, ``(n,)``.
        free: 1 where a variable is free, 0 where it is held at a bound, ``(n, d)``.
        took: bool ``(n,)``.

    Returns:
        The ring with the pair in it, and the scale s.y / y.y over the free variables (Nocedal & Wright, eq. 7.20).
    """
    memory = pairs.steps.shape[0]
    full = (change + known[:, None] * step) * free
    curvature, length = ops.sum(step * full, axis=-1), ops.sum(full * full, axis=-1)
    sound = took & (curvature > SAFE_CURVATURE * length)
    start = (pairs.slot, 0, 0)

    def write(ring: Ring, row: Points) -> Ring:
        old = ops.slice(ring, start, (1, *row.shape))[0]
        return ops.slice_update(ring, start, ops.where(sound[:, None], row, old)[None])

    return CurvaturePairs(
        write(pairs.steps, step),
        write(pairs.changes, change),
        ops.where(sound, curvature / ops.where(sound, length, 1.0), pairs.scale),
        (pairs.slot + 1) % memory,
    )


def two_loop_direction(pairs: CurvaturePairs, gradient: Points, known: Numbers, free: Points) -> Points:
    """Return the quasi-Newton direction -H g on the free variables, and zero elsewhere.

    Args:
        pairs: the ring.
        gradient: ``(n, d)``.
        known: curvature of the objective's known quadratic part, ``(n,)``.
        free: 1 where a variable is free, 0 elsewhere, ``(n, d)``.

    Returns:
        The direction, ``(n, d)``.
    """
    memory = pairs.steps.shape[0]
    rest, weights, kept = gradient * free, [], []
    for age in range(memory):
        slot = (pairs.slot + memory - 1 - age) % memory
        step = pairs.steps[slot] * free
        change = (pairs.changes[slot] + known[:, None] * pairs.steps[slot]) * free
        curvature, length = ops.sum(step * change, axis=-1), ops.sum(change * change, axis=-1)
        sound = curvature > SAFE_CURVATURE * length
        inverse = ops.where(sound, 1.0 / ops.where(sound, curvature, 1.0), 0.0)
        weight = inverse * ops.sum(step * rest, axis=-1)
        rest = rest - weight[:, None] * change
        weights.append(weight)
        kept.append((slot, inverse))
    rest = pairs.scale[:, None] * rest
    for weight, (slot, inverse) in zip(reversed(weights), reversed(kept), strict=True):
        step = pairs.steps[slot] * free
        change = (pairs.changes[slot] + known[:, None] * pairs.steps[slot]) * free
        rest = rest + (weight - inverse * ops.sum(change * rest, axis=-1))[:, None] * step
    return -rest
