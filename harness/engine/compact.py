"""The L-BFGS inverse Hessian in compact form: a direction for a whole batch by a few large sums.

Source: Byrd, Nocedal & Schnabel 1994, "Representations of quasi-Newton matrices and their use in limited memory
methods", theorem 2.2. With the last steps s and gradient changes y as the columns of S and Y, R the upper triangle of
S'Y, D its diagonal and gamma the scale,

    H = gamma I + [S  gamma Y] [[R^-T (D + gamma Y'Y) R^-1, -R^-T], [-R^-1, 0]] [S'; gamma Y'].

The two-loop recursion is the same matrix, but 4 m sums that wait for one another, each too small for a GPU. Here S'Y and
Y'Y are kept, so that one pass over the pairs gives all new products and a second one the direction.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from keras import ops

from harness.engine.two_loop import Tensor

EPSILON = float(np.finfo(np.float64).eps)
"""A pair is kept where s.y exceeds this share of the decrease that was predicted, as in L-BFGS-B's code."""


class Pairs(NamedTuple):
    """The last curvature pairs of every member, oldest first; unused places, at the front, are zero.

    Attributes:
        steps: s, ``(n, m, d)``.
        turns: y, ``(n, m, d)``.
        crossed: S'Y, ``(n, m, m)``; only its upper triangle is meant.
        squared: Y'Y, ``(n, m, m)``.
        scale: gamma, ``(n,)``: s.y / y.y of the newest pair, 1 where there is none.
        count: pairs held, int32 ``(n,)``.
    """

    steps: Tensor
    turns: Tensor
    crossed: Tensor
    squared: Tensor
    scale: Tensor
    count: Tensor


def forget(memory: int, like: Tensor) -> Pairs:
    """Return no pairs, for vectors like ``like`` ``(n, d)``."""
    n, d = like.shape
    pairs, products = (ops.zeros((n, memory, wide), dtype=like.dtype) for wide in (d, memory))
    return Pairs(pairs, pairs, products, products, ops.ones((n,), like.dtype), ops.zeros((n,), "int32"))


def cleared(pairs: Pairs, who: Tensor) -> Pairs:
    """Forget the pairs of the members ``who``, bool ``(n,)``."""
    kept = ops.cast(~who, pairs.scale.dtype)[:, None, None]
    return Pairs(
        pairs.steps * kept,
        pairs.turns * kept,
        pairs.crossed * kept,
        pairs.squared * kept,
        ops.where(who, 1.0, pairs.scale),
        ops.where(who, 0, pairs.count),
    )


def remember(pairs: Pairs, step: Tensor, turn: Tensor, who: Tensor) -> Pairs:
    """Add a pair, s and y ``(n, d)``, to the members ``who``, bool ``(n,)``; the oldest makes room for it."""
    memory = pairs.steps.shape[1]
    steps, turns = _pushed(pairs.steps, step, who), _pushed(pairs.turns, turn, who)
    with_turn = [ops.sum(each * turn[:, None, :], axis=-1) for each in (steps, turns)]
    last = ops.arange(memory) == memory - 1
    crossed = ops.where(last, with_turn[0][:, :, None], _shifted(pairs.crossed))
    squared = ops.where(last, with_turn[1][:, :, None], _shifted(pairs.squared))
    squared = ops.where(last[:, None], with_turn[1][:, None, :], squared)
    return Pairs(
        steps,
        turns,
        ops.where(who[:, None, None], crossed, pairs.crossed),
        ops.where(who[:, None, None], squared, pairs.squared),
        ops.where(who, with_turn[0][:, -1] / with_turn[1][:, -1], pairs.scale),
        ops.where(who, ops.minimum(pairs.count + 1, memory), pairs.count),
    )


def descend(pairs: Pairs, gradient: Tensor) -> Tensor:
    """Return the quasi-Newton direction -H g, ``(n, d)``."""
    memory = pairs.steps.shape[1]
    used = ops.arange(memory) >= memory - pairs.count[:, None]
    curvature = ops.diagonal(pairs.crossed, axis1=1, axis2=2)
    # Unused places get a row of the unit matrix, so that R can be inverted; nothing else reaches them.
    eye = ops.eye(memory, dtype=gradient.dtype)
    upper = ops.triu(pairs.crossed) + eye * ops.cast(~used, eye.dtype)[:, :, None]
    along, across = (ops.sum(each * gradient[:, None, :], axis=-1) for each in (pairs.steps, pairs.turns))
    gamma = pairs.scale[:, None]
    solved = _solve(upper, along, lower=False)
    inner = curvature * solved + gamma * ops.sum(pairs.squared * solved[:, None, :], axis=-1) - gamma * across
    weights = _solve(ops.transpose(upper, (0, 2, 1)), inner, lower=True)
    moved = ops.sum(pairs.steps * weights[:, :, None] - pairs.turns * (gamma * solved)[:, :, None], axis=1)
    return -(gamma * gradient + moved)


def _pushed(pairs: Tensor, row: Tensor, who: Tensor) -> Tensor:
    """Return the pairs with one more row at the end and the first one gone, for the members ``who``."""
    moved = ops.concatenate([pairs[:, 1:], row[:, None]], axis=1)
    return ops.where(who[:, None, None], moved, pairs)


def _shifted(products: Tensor) -> Tensor:
    """Return products of all pairs without those of the oldest; the last row and column mean nothing."""
    return ops.roll(ops.roll(products, -1, axis=1), -1, axis=2)


def _solve(matrix: Tensor, right: Tensor, *, lower: bool) -> Tensor:
    """Solve a triangular system for each member, ``(n, m)``."""
    return ops.solve_triangular(matrix, right[:, :, None], lower=lower)[:, :, 0]
