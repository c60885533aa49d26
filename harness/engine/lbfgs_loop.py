"""L-BFGS without bounds, for a whole batch of trainings, by reverse communication: one evaluation a step.

The algorithm is that of L-BFGS-B where nothing is bounded: Moré and Thuente's line search (``more_thuente``), the L-BFGS
matrix in compact form (``compact``), and first step, refused pairs, restarts and stopping rule as in its code (Zhu, Byrd,
Lu & Nocedal 1997, "Algorithm 778", version 3.0) and in SciPy's loop around it. So it takes SciPy's steps, up to rounding.

``state.trial`` is the point to evaluate; ``step_training`` takes the value and the gradient there.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import keras
from jaxtyping import Shaped
from keras import ops

from harness.engine.compact import EPSILON, CompactPairs, clear_pairs, compact_direction, empty_pairs, push_pair
from harness.engine.more_thuente import LONGEST, LineSearch, begin_line_search, step_line_search
from harness.engine.shapes import Count, Counts, Flags, Number, Numbers, Points

MOST_SEARCHED = 20
"""Evaluations of one line search at most, as in L-BFGS-B's code."""


class Ending(IntEnum):
    """Why a training ended."""

    RUNNING = 0
    GRADIENT = 1
    LOSS = 2
    ITERATIONS = 3
    EVALUATIONS = 4
    ABNORMAL = 5


MESSAGES = {
    Ending.GRADIENT: "CONVERGENCE: NORM OF PROJECTED GRADIENT <= PGTOL",
    Ending.LOSS: "CONVERGENCE: RELATIVE REDUCTION OF F <= FACTR*EPSMCH",
    Ending.ITERATIONS: "STOP: TOTAL NO. OF ITERATIONS REACHED LIMIT",
    Ending.EVALUATIONS: "STOP: TOTAL NO. OF F,G EVALUATIONS EXCEEDS LIMIT",
    Ending.ABNORMAL: "ABNORMAL: ",
}
"""SciPy's words for the same endings."""


class TrainingState(NamedTuple):
    """The state of every training; float64 unless said otherwise.

    Attributes:
        x: the weights after the last iteration, ``(n, d)``.
        value: the loss there, ``(n,)``.
        gradient: its gradient there, ``(n, d)``.
        direction: of the present line search, ``(n, d)``; zero at first, when x itself is evaluated.
        search: the line search.
        pairs: the curvature pairs.
        searched: evaluations of the present line search, int32 ``(n,)``.
        iterations: iterations done, int32 ``(n,)``; -1 until x was evaluated.
        evaluations: evaluations done, int32 ``(n,)``.
        ending: an ``Ending``, int32 ``(n,)``.
    """

    x: Points
    value: Numbers
    gradient: Points
    direction: Points
    search: LineSearch
    pairs: CompactPairs
    searched: Counts
    iterations: Counts
    evaluations: Counts
    ending: Counts

    @property
    def trial(self) -> Points:
        """The points to evaluate next, ``(n, d)``."""
        return self.x + self.search.step[:, None] * self.direction


class StoppingLimits(NamedTuple):
    """The stopping rule as arrays, so that another rule needs no other program.

    Attributes:
        iterations: at most, int32.
        evaluations: at most, int32.
        gtol: see ``fit.StoppingRule``, float64.
        ftol: see there, float64.
    """

    iterations: Count
    evaluations: Count
    gtol: Number
    ftol: Number


def begin_training(x: Points, memory: int) -> TrainingState:
    """Return the state of trainings that start at x, float64 ``(n, d)``, which is evaluated first."""
    none, count = ops.zeros((x.shape[0],), "float64"), ops.zeros((x.shape[0],), "int32")
    still, search = ops.zeros_like(x), begin_line_search(none, none, none)
    return TrainingState(x, none, still, still, search, empty_pairs(memory, x), count, count - 1, count, count)


def step_training(
    limits: StoppingLimits, state: TrainingState, value: Numbers, gradient: Points
) -> tuple[TrainingState, Flags]:
    """Take the value and the gradient at the trial points; return the next state, and which trainings ended an iteration.

    The first evaluation, of the starting point, counts as an iteration that ended too.
    """
    running, first = state.ending == int(Ending.RUNNING), state.iterations < 0
    slope = ops.sum(gradient * state.direction, axis=-1)
    search, over = step_line_search(state.search, value, slope)
    accepted = running & (over | first)
    searched = state.searched + ops.cast(running, "int32")
    moved = state._replace(
        x=_pick(accepted, state.trial, state.x),
        value=_pick(accepted, value, state.value),
        gradient=_pick(accepted, gradient, state.gradient),
        search=keras.tree.map_structure(lambda new, old: ops.where(running, new, old), search, state.search),
        pairs=_add_pair(state, gradient, slope, accepted & ~first),
        searched=searched,
        iterations=state.iterations + ops.cast(accepted, "int32"),
        evaluations=state.evaluations + ops.cast(running, "int32"),
    )
    moved = _apply_rule(limits, state, moved, accepted)
    return _start_searches(moved, accepted, running & ~accepted & (searched >= MOST_SEARCHED)), accepted


def _add_pair(state: TrainingState, gradient: Points, slope: Numbers, who: Flags) -> CompactPairs:
    """Add the step's curvature pair where its curvature is safely positive."""
    step, before = state.search.step, state.search.slope
    sound = who & ((slope - before) * step > EPSILON * -before * step)
    return push_pair(state.pairs, step[:, None] * state.direction, gradient - state.gradient, sound)


def _apply_rule(limits: StoppingLimits, before: TrainingState, moved: TrainingState, accepted: Flags) -> TrainingState:
    """End the trainings that met the stopping rule or reached a limit; SciPy checks the limits first."""
    steepest = ops.max(ops.abs(moved.gradient), axis=-1)
    # A maximum may ignore NaN.
    flat = (steepest <= limits.gtol) & ops.isfinite(moved.value) & ops.isfinite(ops.sum(moved.gradient, axis=-1))
    size = ops.maximum(ops.maximum(ops.abs(before.value), ops.abs(moved.value)), 1.0)
    later = moved.iterations > 0
    ending = ops.full_like(moved.ending, int(Ending.RUNNING))
    for who, why in (
        (later & (before.value - moved.value <= limits.ftol * size), Ending.LOSS),
        (flat, Ending.GRADIENT),
        (later & (moved.evaluations > limits.evaluations), Ending.EVALUATIONS),
        (later & (moved.iterations >= limits.iterations), Ending.ITERATIONS),
    ):
        ending = ops.where(who, int(why), ending)
    return moved._replace(ending=ops.where(accepted, ending, moved.ending))


def _start_searches(state: TrainingState, accepted: Flags, failed: Flags) -> TrainingState:
    """Start a line search where an iteration ended; where a search failed, start one without the curvature pairs.

    A search that failed along the steepest descent, and a slope that is not negative there, end the training.
    """
    ahead = compact_direction(state.pairs, state.gradient)
    uphill = accepted & ~(ops.sum(ahead * state.gradient, axis=-1) < 0)
    afresh = failed | uphill
    hopeless = afresh & (state.pairs.count == 0)
    direction = _pick(afresh, -state.gradient, ahead)
    slope = ops.sum(direction * state.gradient, axis=-1)
    # Nothing is known of the curvature at first: the step has length one at most, as in L-BFGS-B's code.
    length = ops.sqrt(ops.sum(direction * direction, axis=-1))
    step = ops.where(state.iterations == 0, ops.minimum(1.0 / length, LONGEST), ops.ones_like(length))
    search, who = begin_line_search(state.value, slope, step), accepted | failed
    running = state.ending == int(Ending.RUNNING)
    return state._replace(
        direction=_pick(who, direction, state.direction),
        search=keras.tree.map_structure(lambda new, old: ops.where(who, new, old), search, state.search),
        pairs=clear_pairs(state.pairs, afresh),
        searched=ops.where(who, 0, state.searched),
        ending=ops.where(running & hopeless, int(Ending.ABNORMAL), state.ending),
    )


def _pick(who: Flags, new: Shaped[Any, "n ..."], old: Shaped[Any, "n ..."]) -> Shaped[Any, "n ..."]:
    """Take ``new`` for the members ``who`` and ``old`` for the others."""
    return ops.where(who[:, None] if len(old.shape) > 1 else who, new, old)
