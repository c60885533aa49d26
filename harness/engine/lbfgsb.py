"""Box-constrained L-BFGS on a whole batch of problems at once, each with its own state and its own reason to stop.

A projected quasi-Newton method: the variables a bound holds are set apart (Bertsekas 1982, eq. 31 and 32), the others
follow the two-loop recursion (``recursion``), and the step is found by an Armijo search along the projected arc
(Bertsekas 1982, eq. 30 and 38). Stopping is L-BFGS-B's (Byrd, Lu, Nocedal & Zhu 1995, eq. 6.1 and 6.2).

The algorithm asks and is told: ``state.trial`` is the point to evaluate, ``absorb`` takes its value and gradient,
``aim`` chooses the next. So a caller may change the objective between two solves, or run its own search around them,
within one compiled loop; ``minimise`` is the plain loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

from keras import ops

from harness.engine.recursion import Pairs, Tensor, descend, forget, remember

ARMIJO = 1e-4
"""The decrease asked for, as a share of the predicted one (Bertsekas 1982, eq. 38)."""
SHRINK = (0.1, 0.5)
"""Bounds on the factor by which a step that failed is shortened (Nocedal & Wright 2006, section 3.5)."""
SHORTENINGS = 20
"""How often one step may be shortened before the line search is given up."""
NEAR = 1e-3
"""How near a bound, as a share of the box, a variable may be counted as held by it (Bertsekas 1982, eq. 32)."""
ROUNDING = 4e-7
"""Relative rounding error of a float32 objective; smaller increases count as none."""


class Reason(IntEnum):
    """Why a member's solve ended."""

    RUNNING = 0
    CONVERGED = 1
    """The projected gradient is within its tolerance (Byrd et al. 1995, eq. 6.1)."""
    FLAT = 2
    """The value no longer falls (Byrd et al. 1995, eq. 6.2), or only below the resolution of float32."""
    EXHAUSTED = 3
    """All iterations are used up."""
    NOT_FINITE = 4
    """The objective or its gradient is not finite at the starting point."""
    STUCK = 5
    """The line search failed: no step along the steepest descent lowers the value; is the gradient right?"""


@dataclass(frozen=True)
class LBFGSB:
    """The algorithm's settings.

    Attributes:
        memory: number of curvature pairs kept.
        iterations: accepted steps per solve.
        flat: a solve ends when a step lowers the value by less than this share of it (Byrd et al. 1995, eq. 6.2).
    """

    memory: int = 8
    iterations: int = 200
    flat: float = 1e-7


class State(NamedTuple):
    """Where every member stands; all arrays float32 unless said otherwise.

    Attributes:
        x: the best point so far, ``(n, d)``, inside the box.
        value: the objective there, ``(n,)``.
        gradient: its gradient there, ``(n, d)``.
        trial: the point to evaluate next, ``(n, d)``, inside the box; x itself for members that have stopped.
        direction: of the present line search, ``(n, d)``.
        step: length of the trial step along it, ``(n,)``.
        slope: the norm of the projected gradient at x, ``(n,)``.
        pairs: the curvature pairs.
        known: curvature of a part of the objective known to be ``known/2 |x - a|**2``, ``(n,)``; changing it between
            solves keeps the pairs valid.
        iterations: accepted steps in this solve, int32 ``(n,)``.
        evaluations: evaluations in this solve, int32 ``(n,)``.
        shortened: how often the present step was shortened, int32 ``(n,)``.
        reason: a ``Reason``, int32 ``(n,)``.
    """

    x: Tensor
    value: Tensor
    gradient: Tensor
    trial: Tensor
    direction: Tensor
    step: Tensor
    slope: Tensor
    pairs: Pairs
    known: Tensor
    iterations: Tensor
    evaluations: Tensor
    shortened: Tensor
    reason: Tensor


class Box(NamedTuple):
    """Lower and upper bounds, each ``(n, d)`` or anything that broadcasts to it, lower <= upper."""

    lower: Tensor
    upper: Tensor

    def clip(self, x: Tensor) -> Tensor:
        """Return the nearest point in the box."""
        return ops.minimum(ops.maximum(x, self.lower), self.upper)


def begin(method: LBFGSB, box: Box, x: Tensor, value: Tensor, gradient: Tensor, known: Tensor, tolerance: Tensor) -> State:
    """Return the state at a starting point in the box, without any curvature pair and ready to be evaluated.

    Args:
        method: the settings.
        box: the bounds.
        x: ``(n, d)``.
        value: the objective at x, ``(n,)``.
        gradient: ``(n, d)``.
        known: see ``State.known``; zeros where nothing is known.
        tolerance: the projected gradient's Euclidean norm that ends a solve, ``(n,)``.
    """
    none, everyone = ops.zeros(ops.shape(value), dtype="int32"), ops.ones(ops.shape(value), dtype="bool")
    length = ops.sqrt(ops.sum(gradient * gradient, axis=-1))
    # Where nothing is known of the curvature the first step has length one at most (Byrd et al. 1995, section 4).
    scale = ops.where(known > 0, 1.0 / ops.where(known > 0, known, 1.0), 1.0 / ops.maximum(length, 1.0))
    pairs = forget(method.memory, x, scale)
    blank = State(x, value, gradient, x, x, scale, length, pairs, known, none, none, none, none)
    return aim(box, restart(box, blank, everyone, x, value, gradient, known, tolerance), everyone)


def restart(
    box: Box, state: State, who: Tensor, x: Tensor, value: Tensor, gradient: Tensor, known: Tensor, tolerance: Tensor
) -> State:
    """Return a state in which the members ``who`` (bool ``(n,)``) start a new solve at x, with their pairs kept.

    They need ``aim`` before they can be evaluated.
    """
    pick, none = _picker(who), ops.zeros_like(state.reason)
    moved = state._replace(
        x=pick(x, state.x),
        value=pick(value, state.value),
        gradient=pick(gradient, state.gradient),
        known=pick(known, state.known),
        iterations=pick(none, state.iterations),
        evaluations=pick(none, state.evaluations),
        reason=pick(none, state.reason),
    )
    finite = _finite(moved.value, moved.gradient)
    moved = moved._replace(reason=ops.where(who & ~finite, int(Reason.NOT_FINITE), moved.reason))
    return _measure(box, moved, who, tolerance)


def absorb(
    method: LBFGSB, box: Box, state: State, value: Tensor, gradient: Tensor, tolerance: Tensor
) -> tuple[State, Tensor]:
    """Take the value and the gradient at ``state.trial``: accept the step or shorten it, and see who has ended.

    Args:
        method: the settings.
        box: the bounds.
        state: where the members stand.
        value: the objective at the trial points, ``(n,)``.
        gradient: ``(n, d)``.
        tolerance: the projected gradient's Euclidean norm that ends a solve, ``(n,)``.

    Returns:
        The new state, and which members took their step (bool ``(n,)``) and need ``aim``.
    """
    running = state.reason == int(Reason.RUNNING)
    step = state.trial - state.x
    predicted = ops.sum(state.gradient * step, axis=-1)
    slack = ROUNDING * ops.abs(state.value)
    finite = _finite(value, gradient)
    took = running & finite & (value <= state.value + ARMIJO * ops.minimum(predicted, 0.0) + slack)
    pick = _picker(took)
    turn = gradient - state.gradient - state.known[:, None] * step
    fall = (state.value - value) / ops.maximum(ops.maximum(ops.abs(state.value), ops.abs(value)), 1.0)
    moved = state._replace(
        x=pick(state.trial, state.x),
        value=pick(value, state.value),
        gradient=pick(gradient, state.gradient),
        iterations=state.iterations + ops.cast(took, "int32"),
        evaluations=state.evaluations + ops.cast(running, "int32"),
    )
    free = _free(box, moved.x, moved.gradient)
    moved = moved._replace(pairs=remember(state.pairs, step, turn, state.known, free, took))
    moved = _measure(box, moved, took, tolerance)
    moved = _judge(method, moved, took & (fall <= method.flat))
    return _shorten(moved, running & ~took, finite, value, predicted), took


def aim(box: Box, state: State, who: Tensor) -> State:
    """Give the members ``who`` (bool ``(n,)``) that still run a new direction, and every member its trial point."""
    free = _free(box, state.x, state.gradient)
    steepest = -state.pairs.scale[:, None] * state.gradient
    ahead = descend(state.pairs, state.gradient, state.known, free)
    downhill = ops.sum(ahead * state.gradient, axis=-1) < 0
    # Held variables move along their own gradient (eq. 32: diagonal there), the free ones along the recursion's.
    direction = ops.where((free > 0) & downhill[:, None], ahead, steepest)
    pick = _picker(who)
    direction, step = pick(direction, state.direction), pick(ops.ones_like(state.step), state.step)
    return state._replace(
        direction=direction,
        step=step,
        shortened=pick(ops.zeros_like(state.shortened), state.shortened),
        trial=_arc(box, state.x, direction, ops.where(state.reason == int(Reason.RUNNING), step, 0.0)),
    )


def minimise(
    method: LBFGSB,
    objective: Callable[[Tensor], tuple[Tensor, Tensor]],
    x: Tensor,
    lower: Tensor,
    upper: Tensor,
    tolerance: float,
) -> State:
    """Minimise a batch of functions in a box; traceable.

    Args:
        method: the settings.
        objective: x ``(n, d)`` -> values ``(n,)`` and gradients ``(n, d)``; members must not interact.
        x: starting points ``(n, d)``, projected into the box.
        lower: lower bounds, broadcasting to ``(n, d)``.
        upper: upper bounds, at least the lower ones.
        tolerance: a solve ends when the projected gradient's Euclidean norm is at most this.

    Returns:
        The final state: ``x``, ``value``, ``slope`` (projected gradient norm), ``iterations``, ``evaluations`` and
        ``reason`` say where each member ended and why.
    """
    box = Box(lower, upper)
    x = box.clip(x)
    value, gradient = objective(x)
    limits = ops.full_like(value, tolerance)
    state = begin(method, box, x, value, gradient, ops.zeros_like(value), limits)

    def going(state: State) -> Any:
        return ops.any(state.reason == int(Reason.RUNNING))

    def advance(state: State) -> tuple[State]:
        moved, took = absorb(method, box, state, *objective(state.trial), limits)
        return (aim(box, moved, took),)

    (final,) = ops.while_loop(going, advance, (state,))
    return final  # type: ignore[no-any-return]


def _picker(who: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """Return a function that takes ``new`` for the members ``who`` and ``old`` for the others."""

    def pick(new: Tensor, old: Tensor) -> Tensor:
        return ops.where(who[:, None] if len(old.shape) > 1 else who, new, old)

    return pick


def _finite(value: Tensor, gradient: Tensor) -> Tensor:
    """Whether a member's value and gradient are finite, bool ``(n,)``."""
    return ops.isfinite(value) & ops.isfinite(ops.sum(gradient, axis=-1))


def _free(box: Box, x: Tensor, gradient: Tensor) -> Tensor:
    """Return 1 for the variables no bound holds, 0 for the others (the complement of Bertsekas 1982, eq. 32).

    A variable is held where the gradient pushes it out of the box and it is nearer to the bound than epsilon, which
    is Bertsekas' min(eps, |x - P(x - g)|), taken variable by variable.
    """
    near = NEAR * (box.upper - box.lower)
    below = (gradient > 0) & (x <= box.lower + ops.minimum(near, gradient))
    above = (gradient < 0) & (x >= box.upper - ops.minimum(near, -gradient))
    return ops.cast(~(below | above), x.dtype)


def _measure(box: Box, state: State, who: Tensor, tolerance: Tensor) -> State:
    """Measure the projected gradient of the members ``who`` and stop those within their tolerance."""
    slope = ops.sqrt(ops.sum((state.x - box.clip(state.x - state.gradient)) ** 2, axis=-1))
    there = who & (state.reason == int(Reason.RUNNING)) & (slope <= tolerance)
    return state._replace(
        slope=_picker(who)(slope, state.slope), reason=ops.where(there, int(Reason.CONVERGED), state.reason)
    )


def _arc(box: Box, x: Tensor, direction: Tensor, step: Tensor) -> Tensor:
    """Return the point at ``step`` on the projected arc (Bertsekas 1982, eq. 30); x itself for a step of zero."""
    return ops.where((step > 0)[:, None], box.clip(x + step[:, None] * direction), x)


def _judge(method: LBFGSB, state: State, level: Tensor) -> State:
    """Stop the members whose value no longer falls (``level``) and those whose iterations are used up."""
    spent = state.iterations >= method.iterations
    reason = ops.where(spent, int(Reason.EXHAUSTED), int(Reason.RUNNING))
    reason = ops.where(level, int(Reason.FLAT), reason)
    return state._replace(reason=ops.where(state.reason == int(Reason.RUNNING), reason, state.reason))


def _shorten(state: State, who: Tensor, finite: Tensor, value: Tensor, predicted: Tensor) -> State:
    """Shorten the step of the members ``who``, whose trial was refused, by quadratic interpolation."""
    excess = ops.where(finite, value - state.value - predicted, 0.0)
    # The minimiser of the parabola through the value, the slope and the refused value (Nocedal & Wright 2006, eq. 3.58).
    factor = ops.where(excess > 0, -predicted / (2.0 * ops.where(excess > 0, excess, 1.0)), SHRINK[0])
    step = ops.where(who, state.step * ops.clip(factor, *SHRINK), state.step)
    shortened = state.shortened + ops.cast(who, "int32")
    below_rounding = who & (ops.abs(predicted) <= ROUNDING * ops.abs(state.value))
    reason = ops.where(who & (shortened > SHORTENINGS), int(Reason.STUCK), state.reason)
    return state._replace(step=step, shortened=shortened, reason=ops.where(below_rounding, int(Reason.FLAT), reason))
