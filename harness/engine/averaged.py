"""Moves an adversarial example along the boundary by averaged linearisations, for networks with kinks.

Where a network is piecewise linear, the linearisation at one point holds in its own linear region alone, and steps to the
nearest point of it (``polish``) end in that region or swing between two. Here each step goes a share of the way to the
nearest point of the half-space {p : G.p >= C} in the box, G and C running means of the linearisations g.p >= g.y - m(y), as
aggregated subgradients of a bundle method are (Kiwiel 1985). The share falls geometrically, so that y settles. The margin m
is over the other classes' log-sum-exp at a temperature that falls too: it is never more than the true margin. Nearest is meant
in the Euclidean norm, or in the maximum norm.
"""

from __future__ import annotations

import math
from functools import lru_cache, partial
from typing import Any, NamedTuple

from keras import ops

from harness.engine import backend
from harness.engine.batching import Builder, Program
from harness.engine.criterion import Criterion, logits_of, missing_margin
from harness.engine.logits import logit_margin, soft_margin
from harness.engine.norms import TINY, Norm, norm_of
from harness.engine.objective import TraceableNetwork
from harness.engine.shapes import Count, Flags, Number, Numbers, Points, Settings, Weights

KEPT = 0.9
"""Of the means of linearisations, the share that the next step keeps."""
FIRST, LAST = 0.3, 0.003
"""The share of the way that is taken, at first and at last."""
WARM, COLD = 0.1, 0.003
"""The temperature, in logits, at first and at last."""
NEWTON = 6
"""Newton steps for the multiplier of the half-space, or for how far pixels move."""
BISECTIONS, NEAR, FAR = 14, 0.9, 1.3
"""At the end the boundary is looked for between these multiples of the distortion, by so many bisections."""


class _Walk(NamedTuple):
    """The state of every image: all ``(n, …)`` but the count k.

    Attributes:
        k: steps taken.
        y: the present point.
        slope: G.
        offset: C.
        best: the nearest point so far that meets the criterion.
        least: its distance; infinite where there is none.
    """

    k: Count
    y: Points
    slope: Points
    offset: Numbers
    best: Points
    least: Numbers


def in_norm(norm: Norm) -> Builder:
    """Return the builder of the program for a norm: settings ``steps``, ``confidence``; further array: the starts ``(n, d)``.

    It returns the nearest point on its way that meets the criterion by the confidence, and the start where none does.
    """
    return partial(_program, norm)


@lru_cache(maxsize=32)
def _program(norm: Norm, network: TraceableNetwork) -> Program:
    def run(weights: Weights, origin: Points, criterion: Criterion, settings: Settings, start: Points) -> Points:
        confidence, steps = settings["confidence"], ops.cast(settings["steps"], "float32")
        nearest = _nearest_in_maximum if norm == "linf" else _nearest

        def margins(y: Points, temperature: Number) -> tuple[Numbers, Numbers]:
            logits = logits_of(network, weights, y)
            soft = criterion.sign * soft_margin(logits, criterion.classes, temperature)
            return soft, criterion.sign * logit_margin(logits, criterion.classes)

        def met(y: Points) -> Flags:
            return missing_margin(network, weights, criterion, y, confidence / 2.0) <= 0.0

        def advance(*state: Any) -> tuple[Any, ...]:
            at = _Walk(*state)
            done = ops.cast(at.k, "float32") / steps
            both = backend.value_and_gradient(margins, has_aux=True)
            (value, margin), gradient = both(at.y, _between(WARM, COLD, done))
            now = norm_of(norm, at.y - origin)
            better = (margin >= confidence / 2.0) & (now < at.least)
            kept = ops.where(at.k > 0, KEPT, 0.0)
            slope = kept * at.slope + (1.0 - kept) * gradient
            reach = ops.sum(gradient * at.y, axis=-1) - value + confidence
            offset = kept * at.offset + (1.0 - kept) * reach
            ahead = nearest(origin, slope, offset) - at.y
            return _Walk(
                at.k + 1,
                ops.clip(at.y + _between(FIRST, LAST, done) * ahead, 0.0, 1.0),
                slope,
                offset,
                ops.where(better[:, None], at.y, at.best),
                ops.where(better, now, at.least),
            )

        none = ops.zeros_like(start[:, 0])
        begin = _Walk(ops.zeros((), "int32"), start, ops.zeros_like(start), none, start, none + math.inf)
        end = _Walk(*ops.while_loop(lambda k, *_: k < settings["steps"], advance, tuple(begin)))

        def halve(k: Count, low: Numbers, high: Numbers) -> tuple[Count, Numbers, Numbers]:
            middle = (low + high) / 2.0
            there = met(_scaled(origin, end.y, middle))
            return k + 1, ops.where(there, low, middle), ops.where(there, middle, high)

        _, _, high = ops.while_loop(
            lambda k, *_: k < BISECTIONS, halve, (ops.zeros((), "int32"), none + NEAR, none + FAR)
        )
        last = _scaled(origin, end.y, high)
        better = met(last) & (norm_of(norm, last - origin) < end.least)
        return ops.where(better[:, None], last, end.best)

    return backend.jit(run, fuse=network.fuses, reorder=True)


def _between(first: float, last: float, done: Number) -> Number:
    """Return first (last / first)^done."""
    return first * (last / first) ** done


def _scaled(origin: Points, y: Points, by: Numbers) -> Points:
    """Return the points at multiples of the way from the origin to y, in the box."""
    return ops.clip(origin + by[:, None] * (y - origin), 0.0, 1.0)


def _nearest(origin: Points, slope: Points, offset: Numbers) -> Points:
    """Return the nearest point p of the box to the origin with slope.p >= offset, by Newton's method for its multiplier."""
    mu = ops.zeros_like(offset)
    for _ in range(NEWTON):
        reach = origin + mu[:, None] * slope
        free = (reach > 0.0) & (reach < 1.0)
        missing = offset - ops.sum(slope * ops.clip(reach, 0.0, 1.0), axis=-1)
        mu = ops.maximum(mu + missing / (ops.sum(ops.where(free, slope * slope, 0.0), axis=-1) + TINY), 0.0)
    return ops.clip(origin + mu[:, None] * slope, 0.0, 1.0)


def _nearest_in_maximum(origin: Points, slope: Points, offset: Numbers) -> Points:
    """Return that point in the maximum norm: every pixel moved as far along the slope's sign, by Newton's method for how far.

    What the slope gains is concave in how far, so that the steps rise to it.
    """
    way, far = ops.sign(slope), ops.zeros_like(offset)
    room = ops.where(way > 0, 1.0 - origin, ops.where(way < 0, origin, 0.0))
    for _ in range(NEWTON):
        free = far[:, None] < room
        missing = offset - ops.sum(slope * (origin + way * ops.minimum(far[:, None], room)), axis=-1)
        far = ops.maximum(far + missing / (ops.sum(ops.where(free, ops.abs(slope), 0.0), axis=-1) + TINY), 0.0)
    return origin + way * ops.minimum(far[:, None], room)
