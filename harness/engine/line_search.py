"""Line search along the projected arc: which variables are at a bound, where a step ends in the box, how long it is.

Sources: Bertsekas 1982, "Projected Newton methods for optimization problems with simple constraints", section 2 (the
arc, the Armijo rule along it, and eq. 32, the variables set apart); Nocedal & Wright, Numerical Optimization (2nd ed.
2006), section 3.5 (how a refused step is shortened).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from jaxtyping import Float
from keras import ops

from harness.engine.shapes import Flags, Numbers, Points

ARMIJO = 1e-4
"""The decrease asked for, as a share of the predicted one."""
SHRINK = (0.1, 0.5)
"""Bounds on the factor by which a refused step is shortened."""
NEAR = 1e-3
"""How near a bound a variable may be held by it, as a share of the box's width (of 1, where that is more)."""
ROUNDING = 4e-7
"""Relative rounding error of a float32 objective; a smaller increase counts as none."""


Bound = float | Float[Any, "..."]
"""One bound for all variables, or an array that broadcasts to ``(n, d)``."""


class Box(NamedTuple):
    """Bounds, each ``(n, d)`` or anything that broadcasts to it, lower <= upper; infinite ones are allowed."""

    lower: Bound
    upper: Bound

    def clip(self, x: Points) -> Points:
        """Return the nearest points in the box."""
        return ops.minimum(ops.maximum(x, self.lower), self.upper)

    def projected_norm(self, x: Points, gradient: Points) -> Numbers:
        """Return the Euclidean norm of the projected gradient, x - P(x - g), ``(n,)``; zero at a minimum."""
        return ops.sqrt(ops.sum((x - self.clip(x - gradient)) ** 2, axis=-1))

    def free(self, x: Points, gradient: Points) -> Points:
        """Return 1 for the variables no bound holds, 0 for the others, ``(n, d)``.

        A variable is held where the gradient pushes it out of the box and it is nearer to the bound than epsilon
        (Bertsekas 1982, eq. 32), which is min(NEAR, |x - P(x - g)|), here taken variable by variable.
        """
        near = NEAR * ops.minimum(ops.subtract(self.upper, self.lower), 1.0)
        below = (gradient > 0) & (x <= self.lower + ops.minimum(near, gradient))
        above = (gradient < 0) & (x >= self.upper - ops.minimum(near, -gradient))
        return ops.cast(~(below | above), x.dtype)

    def along(self, x: Points, direction: Points, step: Numbers) -> Points:
        """Return the points at ``step`` ``(n,)`` on the projected arc; x itself for a step of zero."""
        return ops.where((step > 0)[:, None], self.clip(x + step[:, None] * direction), x)


def decreases(old: Numbers, new: Numbers, predicted: Numbers) -> Flags:
    """Whether the value has fallen enough (Armijo's rule along the arc), bool ``(n,)``.

    Args:
        old: the value at x, ``(n,)``.
        new: the value at the trial point, ``(n,)``.
        predicted: the gradient at x times the way to the trial point, ``(n,)``.
    """
    # Near a minimum the decrease asked for is below float32's rounding. A value that rises by no more than that counts
    # as level; otherwise the search would go on shortening a good step.
    return new <= old + ARMIJO * ops.minimum(predicted, 0.0) + ROUNDING * ops.abs(old)


def unresolved(old: Numbers, predicted: Numbers) -> Flags:
    """Whether the predicted change of the value is below what float32 resolves, bool ``(n,)``."""
    return ops.abs(predicted) <= ROUNDING * ops.abs(old)


def shortening(old: Numbers, new: Numbers, predicted: Numbers) -> Numbers:
    """Return the factor by which to shorten a refused step, ``(n,)``.

    It leads to the minimiser of the parabola through the old value, its slope and the refused value (Nocedal & Wright
    2006, eq. 3.58), as far as SHRINK allows; a value that is not finite asks for the most.
    """
    # The parabola has a minimiser ahead only where the refused value lies above the tangent.
    excess = new - old - predicted
    known = ops.isfinite(new) & (excess > 0)
    factor = ops.where(known, -predicted / (2.0 * ops.where(known, excess, 1.0)), SHRINK[0])
    return ops.clip(factor, *SHRINK)
