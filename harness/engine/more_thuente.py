"""The line search of Moré and Thuente, for a whole batch: a step of sufficient decrease and small slope.

Source: Moré & Thuente 1994, "Line search algorithms with guaranteed sufficient decrease", whose code is MINPACK-2's
``dcsrch`` and ``dcstep``; L-BFGS-B uses them with the tolerances below. The tests compare it with SciPy's translation of
that code, to the last digits.

By reverse communication: ``search.step`` is the step to evaluate, ``step_line_search`` takes the value and the slope
there. All arrays are ``(n,)``, one number for each member of the batch, in the precision of what ``begin_line_search``
receives.
"""

from __future__ import annotations

from typing import NamedTuple

from keras import ops

from harness.engine.shapes import Flags, Numbers

DECREASE = 1e-3
"""The decrease wanted, as a share of the predicted one (``ftol``)."""
CURVATURE = 0.9
"""The slope allowed at the step, as a share of the slope at its start (``gtol``)."""
NARROW = 0.1
"""A bracket of this relative width ends the search (``xtol``)."""
LONGEST = 1e10
"""The longest step (``stpmax``); the shortest is zero."""
BISECTED = 0.66
"""A bracket that does not shrink to this share of its width in two steps is bisected."""


class TrialStep(NamedTuple):
    """A step, the value there, and the slope there."""

    step: Numbers
    value: Numbers
    slope: Numbers

    def tilted(self, by: Numbers) -> TrialStep:
        """Return the step for the function less ``by`` times the step."""
        return TrialStep(self.step, self.value - self.step * by, self.slope - by)


class LineSearch(NamedTuple):
    """The state of every member's line search.

    Attributes:
        step: the step to evaluate next.
        start: the value at a step of zero.
        slope: the slope there, negative.
        near: the best step so far, with its value and slope.
        far: the other end of the interval that holds a minimiser, with its value and slope.
        least: the shortest step allowed next (``stmin``).
        most: the longest step allowed next (``stmax``).
        width: the interval's width.
        width_before: its width one step earlier.
        bracketed: whether the interval is known to hold a minimiser, bool.
        first: whether no step yet has lowered the value enough at a slope that is not negative (stage 1), bool.
    """

    step: Numbers
    start: Numbers
    slope: Numbers
    near: TrialStep
    far: TrialStep
    least: Numbers
    most: Numbers
    width: Numbers
    width_before: Numbers
    bracketed: Flags
    first: Flags


def begin_line_search(value: Numbers, slope: Numbers, step: Numbers) -> LineSearch:
    """Return the search from a value and a slope at zero, with a first step to evaluate."""
    none = ops.zeros_like(step)
    at = TrialStep(none, value, slope)
    yes = ops.ones_like(step, dtype="bool")
    return LineSearch(step, value, slope, at, at, none, 5.0 * step, none + LONGEST, none + 2.0 * LONGEST, ~yes, yes)


def step_line_search(search: LineSearch, value: Numbers, slope: Numbers) -> tuple[LineSearch, Flags]:
    """Take the value and the slope at ``search.step``.

    Returns:
        The search with its next step, and whether it ended at the step that was evaluated, bool: both conditions hold
        there, or no better step can be found.
    """
    tilt = DECREASE * search.slope
    enough = search.start + search.step * tilt
    now = TrialStep(search.step, value, slope)
    first = search.first & ~((value <= enough) & (slope >= 0))
    over = _ended(search, now, enough, tilt)
    # While the decrease is not sufficient, the next step is predicted from the function less the decrease wanted (Moré &
    # Thuente 1994, section 2: the auxiliary function psi).
    lowered = first & (value <= search.near.value) & (value > enough)
    by = ops.where(lowered, tilt, 0.0)
    near, far, step, bracketed = _narrow(search.near.tilted(by), search.far.tilted(by), now.tilted(by), search)
    near, far = near.tilted(-by), far.tilted(-by)
    width = ops.abs(far.step - near.step)
    wide = bracketed & (width >= BISECTED * search.width_before)
    step = ops.where(wide, near.step + 0.5 * (far.step - near.step), step)
    least = ops.where(bracketed, ops.minimum(near.step, far.step), step + 1.1 * (step - near.step))
    most = ops.where(bracketed, ops.maximum(near.step, far.step), step + 4.0 * (step - near.step))
    step = ops.clip(step, 0.0, LONGEST)
    stalled = bracketed & ((step <= least) | (step >= most) | (most - least <= NARROW * most))
    moved = LineSearch(
        ops.where(stalled, near.step, step),
        search.start,
        search.slope,
        near,
        far,
        least,
        most,
        ops.where(bracketed, width, search.width),
        ops.where(bracketed, search.width, search.width_before),
        bracketed,
        first,
    )
    return moved, over


def _ended(search: LineSearch, now: TrialStep, enough: Numbers, tilt: Numbers) -> Flags:
    """Whether a search ends at the step just evaluated, in success or because no better step can be found."""
    rounding = search.bracketed & ((now.step <= search.least) | (now.step >= search.most))
    narrow = search.bracketed & (search.most - search.least <= NARROW * search.most)
    longest = (now.step == LONGEST) & (now.value <= enough) & (now.slope <= tilt)
    shortest = (now.step == 0) & ((now.value > enough) | (now.slope >= tilt))
    met = (now.value <= enough) & (ops.abs(now.slope) <= -CURVATURE * search.slope)
    return rounding | narrow | longest | shortest | met


def _narrow(
    near: TrialStep, far: TrialStep, now: TrialStep, search: LineSearch
) -> tuple[TrialStep, TrialStep, Numbers, Flags]:
    """Return the interval's new ends, the next step and whether a minimiser is bracketed (MINPACK-2's ``dcstep``)."""
    higher = now.value > near.value
    turned = ~higher & (ops.sign(now.slope) * ops.sign(near.slope) < 0)
    flatter = ~higher & ~turned & (ops.abs(now.slope) < ops.abs(near.slope))
    step = ops.where(
        higher,
        _after_rise(near, now),
        ops.where(
            turned,
            _after_turn(near, now),
            ops.where(flatter, _after_flattening(near, far, now, search), _after_steepening(near, far, now, search)),
        ),
    )
    farther = _either(higher, now, _either(turned, near, far))
    return _either(higher, near, now), farther, step, search.bracketed | higher | turned


def _after_rise(near: TrialStep, now: TrialStep) -> Numbers:
    """Case 1, a higher value: the cubic's step, or the middle between it and the parabola's where that is nearer."""
    length = now.step - near.step
    theta, gamma = _cubic(near, now)
    gamma = ops.where(now.step < near.step, -gamma, gamma)
    cubic = near.step + ((gamma - near.slope) + theta) / (((gamma - near.slope) + gamma) + now.slope) * length
    parabola = near.step + near.slope / ((near.value - now.value) / length + near.slope) / 2.0 * length
    nearer = ops.abs(cubic - near.step) <= ops.abs(parabola - near.step)
    return ops.where(nearer, cubic, cubic + (parabola - cubic) / 2.0)


def _after_turn(near: TrialStep, now: TrialStep) -> Numbers:
    """Case 2, a lower value and a slope of the other sign: the cubic's step or the secant's, the farther one."""
    theta, gamma = _cubic(near, now)
    gamma = ops.where(now.step > near.step, -gamma, gamma)
    cubic = now.step + ((gamma - now.slope) + theta) / (((gamma - now.slope) + gamma) + near.slope) * (
        near.step - now.step
    )
    secant = _secant(near, now)
    return ops.where(ops.abs(cubic - now.step) > ops.abs(secant - now.step), cubic, secant)


def _after_flattening(near: TrialStep, far: TrialStep, now: TrialStep, search: LineSearch) -> Numbers:
    """Case 3, a lower value and a smaller slope of the same sign: the cubic's step only where its minimum is beyond."""
    theta, gamma = _cubic(near, now)
    beyond = now.step > near.step
    gamma = ops.where(beyond, -gamma, gamma)
    ratio = ((gamma - now.slope) + theta) / ((gamma + (near.slope - now.slope)) + gamma)
    end = ops.where(beyond, search.most, search.least)
    cubic = ops.where((ratio < 0) & (gamma != 0), now.step + ratio * (near.step - now.step), end)
    secant = _secant(near, now)
    nearer = ops.abs(cubic - now.step) < ops.abs(secant - now.step)
    farther = ops.abs(cubic - now.step) > ops.abs(secant - now.step)
    inside, limit = ops.where(nearer, cubic, secant), now.step + BISECTED * (far.step - now.step)
    inside = ops.where(beyond, ops.minimum(limit, inside), ops.maximum(limit, inside))
    outside = ops.clip(ops.where(farther, cubic, secant), search.least, search.most)
    return ops.where(search.bracketed, inside, outside)


def _after_steepening(near: TrialStep, far: TrialStep, now: TrialStep, search: LineSearch) -> Numbers:
    """Case 4, a lower value and a slope no smaller: the cubic's step to the far end, or the longest allowed."""
    theta, gamma = _cubic(now, far)
    gamma = ops.where(now.step > far.step, -gamma, gamma)
    cubic = now.step + ((gamma - now.slope) + theta) / (((gamma - now.slope) + gamma) + far.slope) * (
        far.step - now.step
    )
    return ops.where(search.bracketed, cubic, ops.where(now.step > near.step, search.most, search.least))


def _cubic(one: TrialStep, two: TrialStep) -> tuple[Numbers, Numbers]:
    """Return theta and gamma of the cubic through two points and their slopes (Nocedal & Wright 2006, eq. 3.59)."""
    theta = 3.0 * (one.value - two.value) / (two.step - one.step) + one.slope + two.slope
    size = ops.maximum(ops.abs(theta), ops.maximum(ops.abs(one.slope), ops.abs(two.slope)))
    inner = (theta / size) ** 2 - (one.slope / size) * (two.slope / size)
    return theta, size * ops.sqrt(ops.maximum(inner, 0.0))


def _secant(near: TrialStep, now: TrialStep) -> Numbers:
    """Return the step at which the secant of the slopes is zero."""
    return now.step + now.slope / (now.slope - near.slope) * (near.step - now.step)


def _either(who: Flags, new: TrialStep, old: TrialStep) -> TrialStep:
    """Take ``new`` for the members ``who`` and ``old`` for the others."""
    return TrialStep(*(ops.where(who, one, two) for one, two in zip(new, old, strict=True)))
