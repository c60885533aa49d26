"""The projected arc: which variables a bound holds, where a step ends inside the box, and how long it may be.

Sources: Bertsekas 1982, "Projected Newton methods for optimization problems with simple constraints", section 2 (the
arc, the Armijo rule along it, and eq. 32, the variables set apart); Nocedal & Wright, Numerical Optimization (2nd ed.
2006), section 3.5 (how a refused step is shortened).
"""

from __future__ import annotations

from typing import NamedTuple

from keras import ops

from harness.engine.two_loop import Tensor

ARMIJO = 1e-4
"""The decrease asked for, as a share of the predicted one."""
SHRINK = (0.1, 0.5)
"""Bounds on the factor by which a refused step is shortened."""
NEAR = 1e-3
"""How near a bound a variable may be held by it, as a share of the box's width (of 1, where that is more)."""
ROUNDING = 4e-7
"""Relative rounding error of a float32 objective; a smaller increase counts as none."""


class Box(NamedTuple):
    """Bounds, each ``(n, d)`` or anything that broadcasts to it, lower <= upper; infinite ones are allowed."""

    lower: Tensor
    upper: Tensor

    def clip(self, x: Tensor) -> Tensor:
        """Return the nearest points in the box."""
        return ops.minimum(ops.maximum(x, self.lower), self.upper)

    def slope(self, x: Tensor, gradient: Tensor) -> Tensor:
        """Return the Euclidean norm of the projected gradient, x - P(x - g), ``(n,)``; zero at a minimum."""
        return ops.sqrt(ops.sum((x - self.clip(x - gradient)) ** 2, axis=-1))

    def free(self, x: Tensor, gradient: Tensor) -> Tensor:
        """Return 1 for the variables no bound holds, 0 for the others, ``(n, d)``.

        A variable is held where the gradient pushes it out of the box and it is nearer to the bound than epsilon
        (Bertsekas 1982, eq. 32), which is min(NEAR, |x - P(x - g)|), here taken variable by variable.
        """
        near = NEAR * ops.minimum(ops.subtract(self.upper, self.lower), 1.0)
        below = (gradient > 0) & (x <= self.lower + ops.minimum(near, gradient))
        above = (gradient < 0) & (x >= self.upper - ops.minimum(near, -gradient))
        return ops.cast(~(below | above), x.dtype)

    def along(self, x: Tensor, direction: Tensor, step: Tensor) -> Tensor:
        """Return the points at ``step`` ``(n,)`` on the projected arc; x itself for a step of zero."""
        return ops.where((step > 0)[:, None], self.clip(x + step[:, None] * direction), x)


def decreases(old: Tensor, new: Tensor, predicted: Tensor) -> Tensor:
    """Whether the value has fallen enough (Armijo's rule along the arc), bool ``(n,)``.

    Args:
        old: the value at x, ``(n,)``.
        new: the value at the trial point, ``(n,)``.
        predicted: the gradient at x times the way to the trial point, ``(n,)``.
    """
    return new <= old + ARMIJO * ops.minimum(predicted, 0.0) + ROUNDING * ops.abs(old)


def unresolved(old: Tensor, predicted: Tensor) -> Tensor:
    """Whether the predicted change of the value is below what float32 resolves, bool ``(n,)``."""
    return ops.abs(predicted) <= ROUNDING * ops.abs(old)


def shortening(old: Tensor, new: Tensor, predicted: Tensor) -> Tensor:
    """Return the factor by which to shorten a refused step, ``(n,)``.

    It leads to the minimiser of the parabola through the old value, its slope and the refused value (Nocedal & Wright
    2006, eq. 3.58), as far as SHRINK allows; a value that is not finite asks for the most.
    """
    excess = new - old - predicted
    known = ops.isfinite(new) & (excess > 0)
    factor = ops.where(known, -predicted / (2.0 * ops.where(known, excess, 1.0)), SHRINK[0])
    return ops.clip(factor, *SHRINK)
