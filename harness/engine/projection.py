"""The nearest point of the unit box to each image under a few linear inequalities of its own, by its multipliers.

Minimising |p - x|²/2 subject to s + A (p - y) >= 0 and 0 <= p <= 1 has, as in ``exact``, the Lagrange dual with one
multiplier mu_j >= 0 for each row of A (Boyd & Vandenberghe 2004, section 5.2): its nearest point is
p(mu) = clip(x + A' mu, 0, 1), its gradient minus the slack there and its curvature -A F A', F the pixels strictly inside
the box. Each Newton step's own problem, a quadratic of few variables that may not be negative, is solved by raising one
multiplier after the other (Hildreth 1957). Pixels that enter or leave the box during a step change the dual's
curvature, so several shares of the step are tried and the one is taken at which the slope of the dual along the step is
smallest. Nothing is proved here; ``exact`` proves it.
"""

from __future__ import annotations

from typing import Any

from jaxtyping import Float, Int, Shaped
from keras import ops

from harness.engine.norms import TINY
from harness.engine.shapes import Numbers, Points

NEWTON = 3
"""Newton steps; the multipliers are returned, so that the next call can start from them."""
PASSES = 20
"""Passes over all multipliers within one Newton step."""
SHARES = (1.0, 0.5, 0.25, 0.1)
"""Of a Newton step; the first is right where no pixel enters or leaves the box."""
RIDGE = 1e-6
"""Added to the curvature, as a share of its trace: the rows may be dependent, or none of their pixels free."""

Slacks = Float[Any, "n m"]
"""Slack of each inequality, or its multiplier."""
Rows = Float[Any, "n m d"]
"""The gradient of each inequality."""


def project(origin: Points, at: Points, slack: Slacks, rows: Rows, mu: Slacks) -> tuple[Points, Slacks]:
    """Return the nearest points and their multipliers; traceable.

    Args:
        origin: x, the clean images, ``(n, d)`` in [0, 1].
        at: y, where the inequalities were drawn up, ``(n, d)``.
        slack: s, by how much they hold there, ``(n, m)``.
        rows: A, their gradients, ``(n, m, d)``.
        mu: multipliers to start from, ``(n, m)``, not negative.
    """
    for _ in range(NEWTON):
        point, free = _nearest(origin, rows, mu)
        curvature = ops.matmul(rows * free[:, None, :], ops.transpose(rows, (0, 2, 1)))
        step = _newton(curvature, _left(point, at, slack, rows), mu) - mu
        mu = mu + _share(origin, at, slack, rows, mu, step)[:, None] * step
    return _nearest(origin, rows, mu)[0], mu


def _nearest(origin: Points, rows: Rows, mu: Slacks) -> tuple[Points, Points]:
    """Return p(mu) ``(n, d)``, and 1 for the pixels strictly inside the box, 0 for the others."""
    reach = origin + ops.sum(mu[:, :, None] * rows, axis=1)
    return ops.clip(reach, 0.0, 1.0), ops.cast((reach > 0.0) & (reach < 1.0), rows.dtype)


def _left(point: Points, at: Points, slack: Slacks, rows: Rows) -> Slacks:
    """Return by how much each inequality holds at a point, ``(n, m)``."""
    return slack + ops.sum(rows * (point - at)[:, None, :], axis=-1)


def _share(origin: Points, at: Points, slack: Slacks, rows: Rows, mu: Slacks, step: Slacks) -> Numbers:
    """Return which of SHARES of a step of the multipliers to take, ``(n,)``."""
    ends = [_left(_nearest(origin, rows, mu + share * step)[0], at, slack, rows) for share in SHARES]
    slopes = ops.stack([ops.abs(ops.sum(end * step, axis=-1)) for end in ends], axis=-1)
    return ops.take(ops.convert_to_tensor(SHARES, dtype=mu.dtype), ops.argmin(slopes, axis=-1))


def _newton(curvature: Float[Any, "n m m"], slack: Slacks, mu: Slacks) -> Slacks:
    """Minimise slack.(m - mu) + (m - mu)'H(m - mu)/2 over m >= 0, one multiplier at a time."""
    count = mu.shape[1]
    scale = ops.trace(curvature, axis1=1, axis2=2)
    pivots = ops.diagonal(curvature, axis1=1, axis2=2) + (RIDGE * scale + TINY)[:, None]
    # The slack there is slack + H (m - mu): its constant part is summed once.
    fixed = slack - ops.sum(curvature * mu[:, None, :], axis=-1)
    each = [(curvature[:, j, :], fixed[:, j], pivots[:, j]) for j in range(count)]

    def one_pass(k: Int[Any, ""], *now: Numbers) -> tuple[Shaped[Any, "..."], ...]:
        values = list(now)
        for j, (row, constant, pivot) in enumerate(each):
            held = constant + sum(row[:, i] * values[i] for i in range(count))
            values[j] = ops.maximum(values[j] - held / pivot, 0.0)
        return k + 1, *values

    start = (ops.zeros((), "int32"), *(mu[:, j] for j in range(count)))
    return ops.stack(ops.while_loop(lambda k, *_: k < PASSES, one_pass, start)[1:], axis=1)
