"""Box-constrained L-BFGS on a whole batch of problems at once, each with its own state and its own reason to stop.

A projected quasi-Newton method: the variables a bound holds are set apart and the step is searched along the projected
arc (``arc``), the free variables follow the two-loop recursion (``recursion``), as Kim, Sra & Dhillon 2010 do. Stopping
is that of L-BFGS-B: Byrd, Lu, Nocedal & Zhu 1995, eq. 6.1, and the reduction test of its code (Zhu, Byrd, Lu & Nocedal
1997, section 3).

The algorithm asks and is told: ``state.trial`` is the point to evaluate, ``absorb`` takes its value and gradient,
``aim`` chooses the next. So a caller may change the objective between two solves, or run its own search around them,
within one compiled loop; ``minimise`` is the plain loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import ops

from harness.engine.line_search import Box, decreases, shortening, unresolved
from harness.engine.state import Reason, State
from harness.engine.two_loop import Tensor, descend, forget, remember

SHORTENINGS = 20
"""How often one step may be shortened before the line search is given up."""
DOUBTFUL = 6
"""Flatness met after more shortenings than this is not a minimum's: the gradient does not belong to the value."""


@dataclass(frozen=True)
class LBFGSB:
    """The algorithm's settings.

    Attributes:
        memory: number of curvature pairs kept.
        iterations: accepted steps per solve.
        flat: a solve ends when a step lowers the value by less than this share of it, or of 1 where that is more.
    """

    memory: int = 8
    iterations: int = 200
    flat: float = 1e-7


def begin(
    method: LBFGSB, box: Box, x: Tensor, value: Tensor, gradient: Tensor, known: Tensor, tolerance: Tensor
) -> State:
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
    # Where nothing is known of the curvature the first step has length one at most, as in L-BFGS-B's code.
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
    broken = who & ~_finite(moved.value, moved.gradient)
    moved = moved._replace(reason=ops.where(broken, int(Reason.NOT_FINITE), moved.reason))
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
    took = running & _finite(value, gradient) & decreases(state.value, value, predicted)
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
    free = box.free(moved.x, moved.gradient)
    moved = moved._replace(pairs=remember(state.pairs, step, turn, state.known, free, took))
    moved = _measure(box, moved, took, tolerance)
    moved = _judge(method, moved, took & (fall <= method.flat))
    return _shorten(moved, running & ~took, value, predicted), took


def aim(box: Box, state: State, who: Tensor) -> State:
    """Give the members ``who`` (bool ``(n,)``) that still run a new direction, and every member its trial point."""
    free = box.free(state.x, state.gradient)
    steepest = -state.pairs.scale[:, None] * state.gradient
    ahead = descend(state.pairs, state.gradient, state.known, free)
    downhill = ops.sum(ahead * state.gradient, axis=-1) < 0
    # Held variables follow their own gradients and the free ones the recursion: diagonal with respect to the held ones.
    direction = ops.where((free > 0) & downhill[:, None], ahead, steepest)
    pick = _picker(who)
    direction, step = pick(direction, state.direction), pick(ops.ones_like(state.step), state.step)
    return state._replace(
        direction=direction,
        step=step,
        shortened=pick(ops.zeros_like(state.shortened), state.shortened),
        trial=box.along(state.x, direction, ops.where(state.reason == int(Reason.RUNNING), step, 0.0)),
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


def _measure(box: Box, state: State, who: Tensor, tolerance: Tensor) -> State:
    """Measure the projected gradient of the members ``who`` and stop those within their tolerance."""
    slope = box.slope(state.x, state.gradient)
    there = who & (state.reason == int(Reason.RUNNING)) & (slope <= tolerance)
    return state._replace(
        slope=_picker(who)(slope, state.slope), reason=ops.where(there, int(Reason.CONVERGED), state.reason)
    )


def _judge(method: LBFGSB, state: State, level: Tensor) -> State:
    """Stop the members whose value no longer falls (``level``) and those whose iterations are used up."""
    spent = state.iterations >= method.iterations
    reason = ops.where(spent, int(Reason.EXHAUSTED), int(Reason.RUNNING))
    reason = ops.where(level, _flat_or_stuck(state.shortened), reason)
    return state._replace(reason=ops.where(state.reason == int(Reason.RUNNING), reason, state.reason))


def _shorten(state: State, who: Tensor, value: Tensor, predicted: Tensor) -> State:
    """Shorten the step of the members ``who``, whose trial was refused, or give their line search up."""
    factor = ops.where(who, shortening(state.value, value, predicted), 1.0)
    shortened = state.shortened + ops.cast(who, "int32")
    reason = ops.where(who & (shortened > SHORTENINGS), int(Reason.STUCK), state.reason)
    reason = ops.where(who & unresolved(state.value, predicted), _flat_or_stuck(shortened), reason)
    return state._replace(step=state.step * factor, shortened=shortened, reason=reason)


def _flat_or_stuck(shortened: Tensor) -> Tensor:
    """Return the reason of a solve that ends because the value no longer falls."""
    return ops.where(shortened > DOUBTFUL, int(Reason.STUCK), int(Reason.FLAT))
