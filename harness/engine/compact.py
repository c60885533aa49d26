"""The L-BFGS inverse Hessian in compact form: a direction for a whole batch from a few large sums.

Source: Byrd, Nocedal & Schnabel 1994, "Representations of quasi-Newton matrices and their use in limited memory
methods", theorem 2.2. With the last steps s and gradient changes y as the columns of S and Y, R the upper triangle of
S'Y, D its diagonal and gamma the scale,

    H = gamma I + [S  gamma Y] [[R^-T (D + gamma Y'Y) R^-1, -R^-T], [-R^-1, 0]] [S'; gamma Y'].

The two-loop recursion applies the same matrix, by 4 m sums one after the other, each too small for a GPU. Here S'Y and
Y'Y are kept, so that one pass over the pairs gives all new products and a second one the direction.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from keras import ops

from harness.engine.shapes import Counts, Flags, Numbers, Points

EPSILON = float(np.finfo(np.float64).eps)
"""A pair is kept where s.y exceeds this share of the decrease that was predicted, as in L-BFGS-B's code."""

PairVectors = Float[Any, "n memory d"]
"""A vector of each member for each of the last steps, oldest first."""
PairProducts = Float[Any, "n memory memory"]
"""The inner products of each member's pairs."""
PairNumbers = Float[Any, "n memory"]
"""A number of each member for each pair."""


class CompactPairs(NamedTuple):
    """The curvature pairs of every member, oldest first; unused slots, at the front, are zero.

    Attributes:
        steps: s, ``(n, memory, d)``.
        changes: y, the change of the gradient, ``(n, memory, d)``.
        sy: S'Y, ``(n, memory, memory)``; only its upper triangle has a meaning.
        yy: Y'Y, ``(n, memory, memory)``.
        scale: gamma, ``(n,)``: s.y / y.y of the newest pair, 1 where there is none.
        count: pairs held, int32 ``(n,)``.
    """

    steps: PairVectors
    changes: PairVectors
    sy: PairProducts
    yy: PairProducts
    scale: Numbers
    count: Counts


def empty_pairs(memory: int, like: Points) -> CompactPairs:
    """Return no pairs, for vectors like ``like`` ``(n, d)``."""
    n, d = like.shape
    pairs, products = (ops.zeros((n, memory, wide), dtype=like.dtype) for wide in (d, memory))
    return CompactPairs(pairs, pairs, products, products, ops.ones((n,), like.dtype), ops.zeros((n,), "int32"))


def clear_pairs(pairs: CompactPairs, who: Flags) -> CompactPairs:
    """Drop the pairs of the members ``who``, bool ``(n,)``."""
    kept = ops.cast(~who, pairs.scale.dtype)[:, None, None]
    return CompactPairs(
        pairs.steps * kept,
        pairs.changes * kept,
        pairs.sy * kept,
        pairs.yy * kept,
        ops.where(who, 1.0, pairs.scale),
        ops.where(who, 0, pairs.count),
    )


def push_pair(pairs: CompactPairs, step: Points, change: Points, who: Flags) -> CompactPairs:
    """Add a pair, s and y ``(n, d)``, to the members ``who``, bool ``(n,)``; it replaces the oldest of ``memory``."""
    memory = pairs.steps.shape[1]
    steps, changes = _push(pairs.steps, step, who), _push(pairs.changes, change, who)
    with_change = [ops.sum(each * change[:, None, :], axis=-1) for each in (steps, changes)]
    last = ops.arange(memory) == memory - 1
    sy = ops.where(last, with_change[0][:, :, None], _shift(pairs.sy))
    yy = ops.where(last, with_change[1][:, :, None], _shift(pairs.yy))
    yy = ops.where(last[:, None], with_change[1][:, None, :], yy)
    return CompactPairs(
        steps,
        changes,
        ops.where(who[:, None, None], sy, pairs.sy),
        ops.where(who[:, None, None], yy, pairs.yy),
        ops.where(who, with_change[0][:, -1] / with_change[1][:, -1], pairs.scale),
        ops.where(who, ops.minimum(pairs.count + 1, memory), pairs.count),
    )


def compact_direction(pairs: CompactPairs, gradient: Points) -> Points:
    """Return the quasi-Newton direction -H g, ``(n, d)``."""
    memory = pairs.steps.shape[1]
    used = ops.arange(memory) >= memory - pairs.count[:, None]
    curvature = ops.diagonal(pairs.sy, axis1=1, axis2=2)
    # Unused slots get a row of the unit matrix, so that R can be inverted; nothing else depends on them.
    eye = ops.eye(memory, dtype=gradient.dtype)
    upper = ops.triu(pairs.sy) + eye * ops.cast(~used, eye.dtype)[:, :, None]
    along, across = (ops.sum(each * gradient[:, None, :], axis=-1) for each in (pairs.steps, pairs.changes))
    gamma = pairs.scale[:, None]
    solved = _solve(upper, along, lower=False)
    inner = curvature * solved + gamma * ops.sum(pairs.yy * solved[:, None, :], axis=-1) - gamma * across
    weights = _solve(ops.transpose(upper, (0, 2, 1)), inner, lower=True)
    moved = ops.sum(pairs.steps * weights[:, :, None] - pairs.changes * (gamma * solved)[:, :, None], axis=1)
    return -(gamma * gradient + moved)


def _push(pairs: PairVectors, row: Points, who: Flags) -> PairVectors:
    """Return the vectors with one more row at the end and the first one dropped, for the members ``who``."""
    moved = ops.concatenate([pairs[:, 1:], row[:, None]], axis=1)
    return ops.where(who[:, None, None], moved, pairs)


def _shift(products: PairProducts) -> PairProducts:
    """Return the products of all pairs without those of the oldest; the last row and column have no meaning."""
    return ops.roll(ops.roll(products, -1, axis=1), -1, axis=2)


def _solve(matrix: PairProducts, right: PairNumbers, *, lower: bool) -> PairNumbers:
    """Solve a triangular system for each member, ``(n, memory)``."""
    return ops.solve_triangular(matrix, right[:, :, None], lower=lower)[:, :, 0]
