"""L-BFGS without bounds as a loop that asks and is told, for a whole batch at once: one turn, one evaluation.

The algorithm is that of L-BFGS-B where nothing is bounded: Moré and Thuente's line search (``more_thuente``), the L-BFGS
matrix in compact form (``compact``), and first step, refused pairs, restarts and stopping as in its code (Zhu, Byrd, Lu &
Nocedal 1997, "Algorithm 778", version 3.0) and in SciPy's loop around it. So it takes SciPy's steps, as far as rounding
allows.

``state.trial`` is the point to evaluate; ``turn`` takes the value and the gradient there.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import keras
from keras import ops

from harness.engine import compact, more_thuente
from harness.engine.compact import EPSILON, Pairs
from harness.engine.more_thuente import Search
from harness.engine.two_loop import Tensor

SEARCHED = 20
"""Evaluations of one line search at most, as in L-BFGS-B's code."""


class Ending(IntEnum):
    """Why a run ended."""

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


class State(NamedTuple):
    """Where every run is; float64 unless said otherwise.

    Attributes:
        x: the weights of the last iteration, ``(n, d)``.
        value: the loss there, ``(n,)``.
        gradient: its gradient there, ``(n, d)``.
        direction: of the present line search, ``(n, d)``; zero at first, when x itself is to be evaluated.
        search: the line search.
        pairs: the curvature pairs.
        tried: evaluations of the present search, int32 ``(n,)``.
        iterations: iterations done, int32 ``(n,)``; -1 as long as x was not evaluated.
        evaluations: evaluations done, int32 ``(n,)``.
        ending: an ``Ending``, int32 ``(n,)``.
    """

    x: Tensor
    value: Tensor
    gradient: Tensor
    direction: Tensor
    search: Search
    pairs: Pairs
    tried: Tensor
    iterations: Tensor
    evaluations: Tensor
    ending: Tensor

    @property
    def trial(self) -> Tensor:
        """The points to evaluate next, ``(n, d)``."""
        return self.x + self.search.step[:, None] * self.direction


class Limits(NamedTuple):
    """The stopping rule as arrays, so that another rule needs no other program."""

    iterations: Tensor
    evaluations: Tensor
    gradient: Tensor
    loss: Tensor


def begin(x: Tensor, memory: int) -> State:
    """Return the state of runs that start at x, float64 ``(n, d)``, which is still to be evaluated."""
    none, count = ops.zeros((x.shape[0],), "float64"), ops.zeros((x.shape[0],), "int32")
    still = ops.zeros_like(x)
    search = more_thuente.begin(none, none, none)
    return State(x, none, still, still, search, compact.forget(memory, x), count, count - 1, count, count)


def turn(limits: Limits, state: State, value: Tensor, gradient: Tensor) -> tuple[State, Tensor]:
    """Take the value and the gradient at the trial points; return the state after it and who ended an iteration.

    The first evaluation, of the starting point, counts as an iteration ended too.
    """
    running, first = state.ending == int(Ending.RUNNING), state.iterations < 0
    slope = ops.sum(gradient * state.direction, axis=-1)
    search, over = more_thuente.advance(state.search, value, slope)
    accepted = running & (over | first)
    tried = state.tried + ops.cast(running, "int32")
    moved = state._replace(
        x=_pick(accepted, state.trial, state.x),
        value=_pick(accepted, value, state.value),
        gradient=_pick(accepted, gradient, state.gradient),
        search=keras.tree.map_structure(lambda new, old: ops.where(running, new, old), search, state.search),
        pairs=_paired(state, gradient, slope, accepted & ~first),
        tried=tried,
        iterations=state.iterations + ops.cast(accepted, "int32"),
        evaluations=state.evaluations + ops.cast(running, "int32"),
    )
    moved = _judged(limits, state, moved, accepted)
    return _aimed(moved, accepted, running & ~accepted & (tried >= SEARCHED)), accepted


def _paired(state: State, gradient: Tensor, slope: Tensor, who: Tensor) -> Pairs:
    """Add the step's curvature pair where its curvature is safely positive."""
    step, was = state.search.step, state.search.slope
    sound = who & ((slope - was) * step > EPSILON * -was * step)
    return compact.remember(state.pairs, step[:, None] * state.direction, gradient - state.gradient, sound)


def _judged(limits: Limits, before: State, moved: State, accepted: Tensor) -> State:
    """End the runs that met the stopping rule or used up what they may; SciPy looks at the latter first."""
    steepest = ops.max(ops.abs(moved.gradient), axis=-1)
    # A maximum may pass over what is no number.
    flat = (steepest <= limits.gradient) & ops.isfinite(moved.value) & ops.isfinite(ops.sum(moved.gradient, axis=-1))
    size = ops.maximum(ops.maximum(ops.abs(before.value), ops.abs(moved.value)), 1.0)
    later = moved.iterations > 0
    ending = ops.full_like(moved.ending, int(Ending.RUNNING))
    for who, why in (
        (later & (before.value - moved.value <= limits.loss * size), Ending.LOSS),
        (flat, Ending.GRADIENT),
        (later & (moved.evaluations > limits.evaluations), Ending.EVALUATIONS),
        (later & (moved.iterations >= limits.iterations), Ending.ITERATIONS),
    ):
        ending = ops.where(who, int(why), ending)
    return moved._replace(ending=ops.where(accepted, ending, moved.ending))


def _aimed(state: State, accepted: Tensor, failed: Tensor) -> State:
    """Begin a line search where an iteration ended, and, without the pairs, where a search failed.

    A search that failed along the steepest descent, and a slope that is not negative there, end the run.
    """
    ahead = compact.descend(state.pairs, state.gradient)
    uphill = accepted & ~(ops.sum(ahead * state.gradient, axis=-1) < 0)
    afresh = failed | uphill
    hopeless = afresh & (state.pairs.count == 0)
    direction = _pick(afresh, -state.gradient, ahead)
    slope = ops.sum(direction * state.gradient, axis=-1)
    # Nothing is known of the curvature at first: the step has length one at most, as in L-BFGS-B's code.
    length = ops.sqrt(ops.sum(direction * direction, axis=-1))
    step = ops.where(state.iterations == 0, ops.minimum(1.0 / length, more_thuente.LONGEST), ops.ones_like(length))
    search, who = more_thuente.begin(state.value, slope, step), accepted | failed
    running = state.ending == int(Ending.RUNNING)
    return state._replace(
        direction=_pick(who, direction, state.direction),
        search=keras.tree.map_structure(lambda new, old: ops.where(who, new, old), search, state.search),
        pairs=compact.cleared(state.pairs, afresh),
        tried=ops.where(who, 0, state.tried),
        ending=ops.where(running & hopeless, int(Ending.ABNORMAL), state.ending),
    )


def _pick(who: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """Take ``new`` for the runs ``who`` and ``old`` for the others."""
    return ops.where(who[:, None] if len(old.shape) > 1 else who, new, old)
