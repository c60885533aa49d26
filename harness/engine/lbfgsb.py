"""Box-constrained L-BFGS on a whole batch of problems at once, each with its own state and its own reason to stop.

A projected quasi-Newton method: the variables a bound holds are set apart and the step is searched along the projected
arc (``line_search``), the free variables follow the two-loop recursion (``two_loop``), as Kim, Sra & Dhillon 2010 do. Stopping
is that of L-BFGS-B: Byrd, Lu, Nocedal & Zhu 1995, eq. 6.1, and the reduction test of its code (Zhu, Byrd, Lu & Nocedal
1997, section 3).

The interface is ask and tell: ``state.trial`` is the point to evaluate, ``tell`` takes its value and gradient, ``ask``
chooses the next. So a caller may change the objective between two solves, or run its own search around them, within one
compiled loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jaxtyping import Shaped
from keras import ops

from harness.engine.line_search import Box, decreases, shortening, unresolved
from harness.engine.shapes import Counts, Flags, Numbers, Points
from harness.engine.state import Reason, State
from harness.engine.two_loop import add_pair, no_pairs, two_loop_direction

SHORTENINGS = 20
"""Limit of shortenings of one step; then the line search has failed."""
DOUBTFUL = 6
"""If the value is level only after more shortenings than this, it is no minimum: the gradient is wrong."""


Entries = Shaped[Any, "n ..."]
"""An array with a row for each member."""


@dataclass(frozen=True)
class LBFGSB:
    """The algorithm's settings.

    Attributes:
        memory: number of curvature pairs kept.
        iterations: accepted steps per solve.
        ftol: a solve ends when a step lowers the value by no more than this share of it, or of 1 where that is more: SciPy's.
    """

    memory: int = 8
    iterations: int = 200
    ftol: float = 1e-7


def initial_state(
    method: LBFGSB, box: Box, x: Points, value: Numbers, gradient: Points, known: Numbers, tolerance: Numbers
) -> State:
    """Return the state at a starting point in the box, without any curvature pair and ready to be evaluated.

    Args:
        method: the settings.
        box: the bounds.
        x: ``(n, d)``.
        value: the objective at x, ``(n,)``.
        gradient: ``(n, d)``.
        known: see ``State.known_curvature``; zeros where nothing is known.
        tolerance: the projected gradient's Euclidean norm that ends a solve, ``(n,)``.
    """
    none, everyone = ops.zeros(ops.shape(value), dtype="int32"), ops.ones(ops.shape(value), dtype="bool")
    length = ops.sqrt(ops.sum(gradient * gradient, axis=-1))
    # Where nothing is known of the curvature the first step has length one at most, as in L-BFGS-B's code.
    scale = ops.where(known > 0, 1.0 / ops.where(known > 0, known, 1.0), 1.0 / ops.maximum(length, 1.0))
    pairs = no_pairs(method.memory, x, scale)
    blank = State(x, value, gradient, x, x, scale, length, pairs, known, none, none, none, none)
    return ask(box, restart(box, blank, everyone, x, value, gradient, known, tolerance), everyone)


def restart(
    box: Box, state: State, who: Flags, x: Points, value: Numbers, gradient: Points, known: Numbers, tolerance: Numbers
) -> State:
    """Return a state in which the members ``who`` (bool ``(n,)``) start a new solve at x, with their pairs kept.

    They need ``ask`` before they can be evaluated.
    """
    pick, none = _picker(who), ops.zeros_like(state.reason)
    moved = state._replace(
        x=pick(x, state.x),
        value=pick(value, state.value),
        gradient=pick(gradient, state.gradient),
        known_curvature=pick(known, state.known_curvature),
        iterations=pick(none, state.iterations),
        evaluations=pick(none, state.evaluations),
        reason=pick(none, state.reason),
    )
    broken = who & ~_finite(moved.value, moved.gradient)
    moved = moved._replace(reason=ops.where(broken, int(Reason.NOT_FINITE), moved.reason))
    return _stop_at_minima(box, moved, who, tolerance)


def tell(
    method: LBFGSB, box: Box, state: State, value: Numbers, gradient: Points, tolerance: Numbers
) -> tuple[State, Flags]:
    """Take the value and the gradient at ``state.trial``: accept or shorten the step; stop members that have ended.

    Args:
        method: the settings.
        box: the bounds.
        state: the members' state.
        value: the objective at the trial points, ``(n,)``.
        gradient: ``(n, d)``.
        tolerance: the projected gradient's Euclidean norm that ends a solve, ``(n,)``.

    Returns:
        The new state, and which members took their step (bool ``(n,)``) and need ``ask``.
    """
    running = state.reason == int(Reason.RUNNING)
    step = state.trial - state.x
    predicted = ops.sum(state.gradient * step, axis=-1)
    took = running & _finite(value, gradient) & decreases(state.value, value, predicted)
    pick = _picker(took)
    change = gradient - state.gradient - state.known_curvature[:, None] * step
    fall = (state.value - value) / ops.maximum(ops.maximum(ops.abs(state.value), ops.abs(value)), 1.0)
    moved = state._replace(
        x=pick(state.trial, state.x),
        value=pick(value, state.value),
        gradient=pick(gradient, state.gradient),
        iterations=state.iterations + ops.cast(took, "int32"),
        evaluations=state.evaluations + ops.cast(running, "int32"),
    )
    free = box.free(moved.x, moved.gradient)
    moved = moved._replace(pairs=add_pair(state.pairs, step, change, state.known_curvature, free, took))
    moved = _stop_at_minima(box, moved, took, tolerance)
    moved = _stop_if_level(method, moved, took & (fall <= method.ftol))
    return _shorten(moved, running & ~took, value, predicted), took


def ask(box: Box, state: State, who: Flags) -> State:
    """Give the members ``who`` (bool ``(n,)``) that still run a new direction, and every member its trial point."""
    free = box.free(state.x, state.gradient)
    steepest = -state.pairs.scale[:, None] * state.gradient
    ahead = two_loop_direction(state.pairs, state.gradient, state.known_curvature, free)
    downhill = ops.sum(ahead * state.gradient, axis=-1) < 0
    # Held variables follow their own gradients and the free ones the two-loop recursion: diagonal with respect to the held ones.
    # The pairs of a non-convex function may give an ascent direction; steepest descent then replaces it.
    direction = ops.where((free > 0) & downhill[:, None], ahead, steepest)
    pick = _picker(who)
    direction, step = pick(direction, state.direction), pick(ops.ones_like(state.step), state.step)
    return state._replace(
        direction=direction,
        step=step,
        shortened=pick(ops.zeros_like(state.shortened), state.shortened),
        trial=box.along(state.x, direction, ops.where(state.reason == int(Reason.RUNNING), step, 0.0)),
    )


def _picker(who: Flags) -> Callable[[Entries, Entries], Entries]:
    """Return a function that takes ``new`` for the members ``who`` and ``old`` for the others."""

    def pick(new: Entries, old: Entries) -> Entries:
        return ops.where(who[:, None] if len(old.shape) > 1 else who, new, old)

    return pick


def _finite(value: Numbers, gradient: Points) -> Flags:
    """Whether a member's value and gradient are finite, bool ``(n,)``."""
    return ops.isfinite(value) & ops.isfinite(ops.sum(gradient, axis=-1))


def _stop_at_minima(box: Box, state: State, who: Flags, tolerance: Numbers) -> State:
    """Measure the projected gradient of the members ``who`` and stop those within their tolerance."""
    norm = box.projected_norm(state.x, state.gradient)
    there = who & (state.reason == int(Reason.RUNNING)) & (norm <= tolerance)
    return state._replace(
        projected_norm=_picker(who)(norm, state.projected_norm),
        reason=ops.where(there, int(Reason.CONVERGED), state.reason),
    )


def _stop_if_level(method: LBFGSB, state: State, level: Flags) -> State:
    """Stop the members whose value no longer falls (``level``) and those whose iterations are used up."""
    spent = state.iterations >= method.iterations
    reason = ops.where(spent, int(Reason.EXHAUSTED), int(Reason.RUNNING))
    reason = ops.where(level, _flat_or_stuck(state.shortened), reason)
    return state._replace(reason=ops.where(state.reason == int(Reason.RUNNING), reason, state.reason))


def _shorten(state: State, who: Flags, value: Numbers, predicted: Numbers) -> State:
    """Shorten the step of the members ``who``, whose trial was refused, or give their line search up."""
    # Where float32 does not resolve the predicted change, the value is level: the line search has not failed.
    factor = ops.where(who, shortening(state.value, value, predicted), 1.0)
    shortened = state.shortened + ops.cast(who, "int32")
    reason = ops.where(who & (shortened > SHORTENINGS), int(Reason.STUCK), state.reason)
    reason = ops.where(who & unresolved(state.value, predicted), _flat_or_stuck(shortened), reason)
    return state._replace(step=state.step * factor, shortened=shortened, reason=reason)


def _flat_or_stuck(shortened: Counts) -> Counts:
    """Return the reason of a solve that ends because the value no longer falls."""
    return ops.where(shortened > DOUBTFUL, int(Reason.STUCK), int(Reason.FLAT))
