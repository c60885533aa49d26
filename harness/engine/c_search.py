"""The search, image by image, for the largest trade-off c whose minimiser still has the target class.

Szegedy et al. 2014, section 4.1, print "minimum c"; c multiplies the distortion, so the least distortion belongs to the
largest c that succeeds (Tabacof & Valle 2016 search that). Each image has its own bracket on log c and moves on as
soon as its own solve has ended, within one compiled loop: no image waits for another. A solve starts from the last
success, and keeps its curvature pairs, as c changes the objective's curvature by a known amount.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from keras import ops

from harness.engine.lbfgsb import LBFGSB, absorb, aim, begin, restart
from harness.engine.line_search import Box
from harness.engine.objective import Cost, Network, Penalty, Problem, Seen, charge, critical, look
from harness.engine.state import Reason, State
from harness.engine.two_loop import Tensor

BOX = Box(0.0, 1.0)
LOWEST, HIGHEST = math.log(1e-7), math.log(1e7)
"""The range of log c; below it the distortion has no weight left that float32 could see."""
NONE_YET = 1e9
"""Stands for an end of the bracket that has not been seen."""
WIDEST = 2.5
"""The search moves log c by at most this much until the bracket has both ends."""
EDGE = 0.1
"""A prediction is kept this share of the bracket away from its ends."""


@dataclass(frozen=True)
class Search:
    """What a compiled search knows of its settings.

    Attributes:
        method: the minimiser.
        penalty: whether c multiplies |r|**2 or |r|.
    """

    method: LBFGSB
    penalty: Penalty


class Limits(NamedTuple):
    """The settings that may vary from call to call of a compiled search, numbers or scalar tensors.

    Attributes:
        start: the first c; NaN predicts it at the clean image.
        gap: the search ends when log c is known this closely.
        overshoot: the margin in logits a minimiser must have to count as the target.
        precision: a solve ends when the projected gradient is this share of the penalty's gradient.
        solves: values of c tried for one image, at most.
    """

    start: Tensor
    gap: Tensor
    overshoot: Tensor
    precision: Tensor
    solves: Tensor


class Bracket(NamedTuple):
    """Where every image's search stands; all arrays float32 ``(n,)`` unless said otherwise.

    Attributes:
        log_c: the logarithm of the c being solved for.
        low: the largest log c that succeeded.
        high: the smallest log c that failed.
        margin: the margin at the minimiser's present point.
        best: the last minimiser that succeeded, ``(n, d)``.
        seen: what the network says there.
        solves: values of c tried, int32.
        evaluations: gradients computed, int32.
        done: bool.
    """

    log_c: Tensor
    low: Tensor
    high: Tensor
    margin: Tensor
    best: Tensor
    seen: Seen
    solves: Tensor
    evaluations: Tensor
    done: Tensor


def enter(search: Search, limits: Limits, network: Network, weights: Any, problem: Problem) -> tuple[State, Bracket]:
    """Start every image's search at the clean image; one that has the target class already is done."""
    seen = look(network, weights, problem, problem.origin)
    none, count = ops.zeros_like(seen.loss), ops.zeros_like(problem.target)
    steepness = ops.sqrt(ops.sum((seen.gradient * BOX.free(problem.origin, seen.gradient)) ** 2, axis=-1))
    log_c = critical(search.penalty, seen, none, steepness, limits.overshoot)
    log_c = ops.where(ops.isnan(limits.start), log_c, ops.log(limits.start) + none)
    log_c = ops.clip(ops.where(ops.isfinite(log_c), log_c, 0.0), LOWEST, HIGHEST)
    cost = charge(search.penalty, ops.exp(log_c), ops.zeros_like(problem.origin))
    state = begin(search.method, BOX, problem.origin, seen.loss, seen.gradient, cost.known, none)
    low, high = none - NONE_YET, none + NONE_YET
    there = seen.margin > 0
    return state, Bracket(log_c, low, high, seen.margin, problem.origin, seen, count, count + 1, there)


def advance(
    search: Search,
    limits: Limits,
    network: Network,
    weights: Any,
    problem: Problem,
    state: State,
    bracket: Bracket,
) -> tuple[State, Bracket]:
    """Evaluate every image's trial point once, and move on its minimiser or, where that has ended, its search."""
    seen = look(network, weights, problem, state.trial)
    cost = charge(search.penalty, ops.exp(bracket.log_c), state.trial - problem.origin)
    state, took = absorb(
        search.method, BOX, state, seen.loss + cost.value, seen.gradient + cost.gradient, limits.precision * cost.force
    )
    bracket = bracket._replace(
        margin=ops.where(took, seen.margin, bracket.margin),
        evaluations=bracket.evaluations + ops.cast(~bracket.done, "int32"),
    )
    ended = ~bracket.done & (state.reason != int(Reason.RUNNING))
    # What the network said at the minimiser need not be kept: it is what the objective holds beside the penalty.
    cost = charge(search.penalty, ops.exp(bracket.log_c), state.x - problem.origin)
    seen = Seen(state.value - cost.value, state.gradient - cost.gradient, bracket.margin)
    bracket = _conclude(search, limits, problem, state, bracket, seen, cost, ended)
    again = ended & ~bracket.done
    start, seen = _resume(state, bracket, seen)
    cost = charge(search.penalty, ops.exp(bracket.log_c), start - problem.origin)
    value, gradient = seen.loss + cost.value, seen.gradient + cost.gradient
    state = restart(BOX, state, again, start, value, gradient, cost.known, limits.precision * cost.force)
    bracket = bracket._replace(margin=ops.where(again, seen.margin, bracket.margin))
    return aim(BOX, state, took | again), bracket


def _conclude(
    search: Search,
    limits: Limits,
    problem: Problem,
    state: State,
    bracket: Bracket,
    seen: Seen,
    cost: Cost,
    ended: Tensor,
) -> Bracket:
    """Narrow the bracket of the images whose solve has ended, and choose their next c or end their search."""
    good = ended & (seen.margin >= limits.overshoot)
    bad = ended & ~good
    # Failures before the first success came from a start where a non-convex problem may have another minimum.
    first = good & (bracket.low <= -NONE_YET)
    low, high = ops.where(good, bracket.log_c, bracket.low), ops.where(bad, bracket.log_c, bracket.high)
    high = ops.where(first, NONE_YET, high)
    solves = bracket.solves + ops.cast(ended, "int32")
    length = ops.sqrt(ops.sum((state.x - problem.origin) ** 2, axis=-1))
    # At a minimiser the loss pulls as strongly as the penalty on the pixels that are free.
    guess = critical(search.penalty, seen, length, cost.force, limits.overshoot)
    near = good & (ops.abs(guess - bracket.log_c) <= limits.gap)
    hopeless = bad & (low <= -NONE_YET) & ((bracket.log_c <= LOWEST) | (state.reason == int(Reason.NOT_FINITE)))
    over = near | hopeless | (high - low <= limits.gap) | (ops.cast(solves, low.dtype) >= limits.solves)
    chosen = _choose(limits, guess, low, high, solves)
    return bracket._replace(
        log_c=ops.where(ended & ~over, chosen, bracket.log_c),
        low=low,
        high=high,
        best=ops.where(good[:, None], state.x, bracket.best),
        seen=_either(good, seen, bracket.seen),
        solves=solves,
        done=bracket.done | (ended & over),
    )


def _choose(limits: Limits, guess: Tensor, low: Tensor, high: Tensor, solves: Tensor) -> Tensor:
    """Return the next log c: the prediction, held inside the bracket, and every third time the bracket's middle."""
    aimed = ops.where(ops.isfinite(guess), guess, low) - limits.gap / 2.0
    width = high - low
    inside = ops.clip(aimed, low + EDGE * width, high - EDGE * width)
    inside = ops.where(solves % 3 == 2, (low + high) / 2.0, inside)
    # Outside a bracket the least step doubles with every solve, so that no search creeps.
    least = ops.minimum(limits.gap * 2.0 ** ops.cast(solves, low.dtype), WIDEST)
    upward = ops.clip(aimed, low + least, low + WIDEST)
    downward = ops.clip(aimed, high - WIDEST, high - least)
    outside = ops.where(low > -NONE_YET, upward, downward)
    both = (low > -NONE_YET) & (high < NONE_YET)
    return ops.clip(ops.where(both, inside, outside), LOWEST, HIGHEST)


def _resume(state: State, bracket: Bracket, seen: Seen) -> tuple[Tensor, Seen]:
    """Return where the next solve starts, and what the network says there: the last success, if there is one."""
    success = bracket.low > -NONE_YET
    return ops.where(success[:, None], bracket.best, state.x), _either(success, bracket.seen, seen)


def _either(who: Tensor, new: Seen, old: Seen) -> Seen:
    """Take ``new`` for the members ``who`` and ``old`` for the others."""
    return Seen(
        ops.where(who, new.loss, old.loss),
        ops.where(who[:, None], new.gradient, old.gradient),
        ops.where(who, new.margin, old.margin),
    )
