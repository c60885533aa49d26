"""The search, image by image, for the largest c whose minimiser still has the target class.

Szegedy et al. 2014, section 4.1, print "minimum c"; c multiplies the distortion, so the least distortion belongs to the
largest c that succeeds (Tabacof & Valle 2016 search that). Each image has its own bracket on log c and starts its next
solve as soon as the last has ended, within one compiled loop: no image waits for another. A solve starts from the last
success, and keeps its curvature pairs, as c changes the objective's curvature by a known amount.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from keras import ops

from harness.engine.lbfgsb import LBFGSB, ask, initial_state, restart, tell
from harness.engine.line_search import Box
from harness.engine.objective import (
    LossValue,
    Penalty,
    PenaltyValue,
    TargetedImages,
    TraceableNetwork,
    evaluate_loss,
    evaluate_penalty,
    predict_log_c,
)
from harness.engine.shapes import Counts, Flags, Numbers, Points, Scalar, Weights
from harness.engine.state import Reason, State

BOX = Box(0.0, 1.0)
LOWEST, HIGHEST = math.log(1e-7), math.log(1e7)
"""The range of log c; below it the weight of the distortion vanishes in float32."""
NONE_YET = 1e9
"""Value of an end of the bracket that is not known yet."""
WIDEST = 2.5
"""The search moves log c by at most this much until the bracket has both ends."""
EDGE = 0.1
"""A prediction keeps at least this share of the bracket's width from both ends."""


@dataclass(frozen=True)
class CSearch:
    """The settings that a search is compiled for.

    Attributes:
        method: the minimiser.
        penalty: whether c multiplies |r|**2 or |r|.
    """

    method: LBFGSB
    penalty: Penalty


class CSearchSettings(NamedTuple):
    """The settings that may vary from call to call of a compiled search, numbers or scalar tensors.

    Attributes:
        initial_const: the first c; NaN predicts it at the clean image.
        log_c_tolerance: the search ends when log c is known this closely.
        confidence: the margin in logits a minimiser must have to count as the target.
        relative_gtol: a solve ends when the norm of the projected gradient is this share of that of the penalty's.
        steps: values of c tried for one image, at most.
        rung: 0, or the distance of the only values of log c that are tried: its multiples.
    """

    initial_const: Scalar
    log_c_tolerance: Scalar
    confidence: Scalar
    relative_gtol: Scalar
    steps: Scalar
    rung: Scalar = 0.0


class Bracket(NamedTuple):
    """The state of every image's search; all arrays float32 ``(n,)`` unless said otherwise.

    Attributes:
        log_c: the logarithm of the c being solved for.
        low: the largest log c that succeeded.
        high: the smallest log c that failed.
        margin: the margin at the minimiser's present point.
        best: the last minimiser that succeeded, ``(n, d)``.
        at_best: the network's loss there.
        tried: values of c tried, int32.
        evaluations: gradients computed, int32.
        done: bool.
    """

    log_c: Numbers
    low: Numbers
    high: Numbers
    margin: Numbers
    best: Points
    at_best: LossValue
    tried: Counts
    evaluations: Counts
    done: Flags


def begin_search(
    search: CSearch, settings: CSearchSettings, network: TraceableNetwork, weights: Weights, images: TargetedImages
) -> tuple[State, Bracket]:
    """Start every image's search; one whose clean image has the target class is done. The first c is predicted there."""
    at = evaluate_loss(network, weights, images, images.origin)
    none, count = ops.zeros_like(at.loss), ops.zeros_like(images.target)
    steepness = ops.sqrt(ops.sum((at.gradient * BOX.free(images.origin, at.gradient)) ** 2, axis=-1))
    log_c = predict_log_c(search.penalty, at, none, steepness, settings.confidence)
    log_c = ops.where(ops.isnan(settings.initial_const), log_c, ops.log(settings.initial_const) + none)
    log_c = ops.clip(_on_rung(settings, ops.where(ops.isfinite(log_c), log_c, 0.0)), LOWEST, HIGHEST)
    there, evaluations, start = at.margin > 0, count + 1, images.origin
    if images.start.shape[-1]:
        start, evaluations = ops.where(there[:, None], images.origin, images.start), evaluations + 1
        at = evaluate_loss(network, weights, images, start)
    penalty = evaluate_penalty(search.penalty, ops.exp(log_c), start - images.origin)
    value, gradient = at.loss + penalty.value, at.gradient + penalty.gradient
    # Zero at the clean image: the first solve from there ends by its own steps.
    tolerance = settings.relative_gtol * penalty.gradient_norm
    state = initial_state(search.method, BOX, start, value, gradient, penalty.curvature, tolerance)
    low, high = none - NONE_YET, none + NONE_YET
    return state, Bracket(log_c, low, high, at.margin, images.origin, at, count, evaluations, there)


def step_search(
    search: CSearch,
    settings: CSearchSettings,
    network: TraceableNetwork,
    weights: Weights,
    images: TargetedImages,
    state: State,
    bracket: Bracket,
) -> tuple[State, Bracket]:
    """Evaluate every image's trial point once, and move on its minimiser or, where that has ended, its search."""
    at = evaluate_loss(network, weights, images, state.trial)
    penalty = evaluate_penalty(search.penalty, ops.exp(bracket.log_c), state.trial - images.origin)
    tolerance = settings.relative_gtol * penalty.gradient_norm
    state, took = tell(search.method, BOX, state, at.loss + penalty.value, at.gradient + penalty.gradient, tolerance)
    bracket = bracket._replace(
        margin=ops.where(took, at.margin, bracket.margin),
        evaluations=bracket.evaluations + ops.cast(~bracket.done, "int32"),
    )
    ended = ~bracket.done & (state.reason != int(Reason.RUNNING))
    # The network's loss at the minimiser is the objective minus the penalty, so it is not kept.
    penalty = evaluate_penalty(search.penalty, ops.exp(bracket.log_c), state.x - images.origin)
    at = LossValue(state.value - penalty.value, state.gradient - penalty.gradient, bracket.margin)
    bracket = _update_bracket(search, settings, images, state, bracket, at, penalty, ended)
    again = ended & ~bracket.done
    start, at = _warm_start(state, bracket, at)
    penalty = evaluate_penalty(search.penalty, ops.exp(bracket.log_c), start - images.origin)
    value, gradient = at.loss + penalty.value, at.gradient + penalty.gradient
    tolerance = settings.relative_gtol * penalty.gradient_norm
    state = restart(BOX, state, again, start, value, gradient, penalty.curvature, tolerance)
    bracket = bracket._replace(margin=ops.where(again, at.margin, bracket.margin))
    return ask(BOX, state, took | again), bracket


def _update_bracket(
    search: CSearch,
    settings: CSearchSettings,
    images: TargetedImages,
    state: State,
    bracket: Bracket,
    at: LossValue,
    penalty: PenaltyValue,
    ended: Flags,
) -> Bracket:
    """Narrow the bracket of the images whose solve has ended, and choose their next c or end their search."""
    good = ended & (at.margin >= settings.confidence)
    bad = ended & ~good
    # A success at c makes c the lower end: a larger one may succeed too. Failures before the first success came from a
    # start where a non-convex problem may have another minimum, so the upper end is forgotten then.
    first = good & (bracket.low <= -NONE_YET)
    low, high = ops.where(good, bracket.log_c, bracket.low), ops.where(bad, bracket.log_c, bracket.high)
    high = ops.where(first, NONE_YET, high)
    tried = bracket.tried + ops.cast(ended, "int32")
    length = ops.sqrt(ops.sum((state.x - images.origin) ** 2, axis=-1))
    # At a minimiser the loss pulls as strongly as the penalty on the pixels that are free.
    guess = predict_log_c(search.penalty, at, length, penalty.gradient_norm, settings.confidence)
    # If the next prediction after a success is within the tolerance, the search ends without an upper end. Not so among
    # rungs: that the next one fails has to be seen.
    near = good & (ops.abs(guess - bracket.log_c) <= settings.log_c_tolerance) & (settings.rung <= 0)
    # Even the smallest c failed, or the objective is not finite: no c will succeed.
    hopeless = bad & (low <= -NONE_YET) & ((bracket.log_c <= LOWEST) | (state.reason == int(Reason.NOT_FINITE)))
    spent = ops.cast(tried, low.dtype) >= settings.steps
    width = ops.maximum(settings.log_c_tolerance, 1.001 * settings.rung)  # a little more than one: a sum of float32
    over = near | hopeless | (high - low <= width) | spent
    chosen = _next_log_c(settings, guess, low, high, tried)
    return bracket._replace(
        log_c=ops.where(ended & ~over, chosen, bracket.log_c),
        low=low,
        high=high,
        best=ops.where(good[:, None], state.x, bracket.best),
        at_best=_where(good, at, bracket.at_best),
        tried=tried,
        done=bracket.done | (ended & over),
    )


def _next_log_c(settings: CSearchSettings, guess: Numbers, low: Numbers, high: Numbers, tried: Counts) -> Numbers:
    """Return the next log c: the prediction, held inside the bracket, and every third time the bracket's middle."""
    # Half a tolerance below the prediction: the solve probably succeeds there, and is near enough to end the search.
    wanted = ops.where(ops.isfinite(guess), guess, low) - settings.log_c_tolerance / 2.0
    width = high - low
    # Predictions near one end may shorten the bracket by no more than EDGE of its width. So every third value is its
    # middle, which halves it.
    inside = ops.clip(wanted, low + EDGE * width, high - EDGE * width)
    inside = ops.where(tried % 3 == 2, (low + high) / 2.0, inside)
    inside = ops.clip(_on_rung(settings, inside), low + settings.rung, high - settings.rung)
    # While the bracket has one end, the least step doubles with every solve, so that the other end is found soon. The
    # largest step is limited: the prediction holds only near the minimiser, where the network is almost linear.
    least = ops.minimum(settings.log_c_tolerance * 2.0 ** ops.cast(tried, low.dtype), WIDEST)
    least, widest = ops.maximum(least, settings.rung), ops.maximum(settings.rung, WIDEST)
    upward = ops.clip(wanted, low + least, low + widest)
    downward = ops.clip(wanted, high - widest, high - least)
    outside = _on_rung(settings, ops.where(low > -NONE_YET, upward, downward))
    both = (low > -NONE_YET) & (high < NONE_YET)
    return ops.clip(ops.where(both, inside, outside), LOWEST, HIGHEST)


def _on_rung(settings: CSearchSettings, log_c: Numbers) -> Numbers:
    """Return the nearest log c that may be tried."""
    rung = ops.maximum(settings.rung, 1e-6)
    return ops.where(settings.rung > 0, ops.round(log_c / rung) * rung, log_c)


def _warm_start(state: State, bracket: Bracket, at: LossValue) -> tuple[Points, LossValue]:
    """Return where the next solve starts, and the network's loss there: the last success, if there is one."""
    # A success lies on the target's side of the boundary, near the minimiser for the next c. From a failure the
    # non-convex problem may lead to another minimum, so a failure is a start only until a solve has succeeded.
    success = bracket.low > -NONE_YET
    return ops.where(success[:, None], bracket.best, state.x), _where(success, bracket.at_best, at)


def _where(who: Flags, new: LossValue, old: LossValue) -> LossValue:
    """Take ``new`` for the members ``who`` and ``old`` for the others."""
    return LossValue(
        ops.where(who, new.loss, old.loss),
        ops.where(who[:, None], new.gradient, old.gradient),
        ops.where(who, new.margin, old.margin),
    )
