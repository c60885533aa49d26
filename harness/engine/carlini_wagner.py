"""The Euclidean attack of Carlini & Wagner 2017, section VI-A: tanh space, Adam, and a binary search over c."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from keras import ops

from harness.engine import backend
from harness.engine.adam import BETA_1, BETA_2, EPSILON, moments
from harness.engine.batching import Program
from harness.engine.criterion import Criterion, missing_margin
from harness.engine.norms import length
from harness.engine.objective import TraceableNetwork
from harness.engine.shapes import Count, Flags, Numbers, Points, Settings, Weights

INWARD = 0.999999
"""Images are scaled towards 0.5 by this factor, so that their arctanh is finite; the authors' code does the same."""
PROGRESS, CHECKS = 0.9999, 10
"""An image is done if at one of the checks its objective exceeds this share of the last; number of checks. As in the
authors' code."""
LARGEST_C = 1e10
REPEATS_FROM = 10
"""With at least this many values of c, the last one repeats the upper end of c; the authors' code does the same."""


class _Descent(NamedTuple):
    """Adam's state for one value of c: all ``(n, …)`` but the count k."""

    k: Count
    w: Points
    mean: Points
    square: Points
    last: Numbers
    alive: Flags
    reached: Flags
    best: Points
    least: Numbers


class _Search(NamedTuple):
    """The binary search's state, each ``(n, …)`` but the count k."""

    k: Count
    c: Numbers
    low: Numbers
    high: Numbers
    best: Points
    least: Numbers


@lru_cache(maxsize=32)
def program(network: TraceableNetwork) -> Program:
    """Return the compiled attack, its settings named as the recipe's fields (``harness.attacks.carlini_wagner``).

    It returns the nearest iterate that met the criterion by the confidence, and the clean image where none did.
    """

    def run(weights: Weights, origin: Points, criterion: Criterion, settings: Settings) -> Points:
        centre = ops.arctanh((2.0 * origin - 1.0) * INWARD)
        drawn_in, period = _image(centre), (settings["steps"] + CHECKS - 1) // CHECKS

        def missing(x: Points) -> Numbers:
            return missing_margin(network, weights, criterion, x, settings["confidence"])

        def objective(w: Points, c: Numbers) -> Numbers:
            # |(tanh(w) + 1) / 2 - x|^2 + c f((tanh(w) + 1) / 2), section VI-A.
            x = _image(w)
            return ops.sum((x - drawn_in) ** 2, axis=-1) + c * missing(x)

        def descend(c: Numbers, at: _Descent) -> _Descent:
            value, gradient = backend.value_and_gradient(objective)(at.w, c)
            # Abort early: every tenth of the way, each image by itself, so that none depends on its neighbours.
            check = (settings["abort_early"] > 0) & (at.k % period == 0)
            alive = at.alive & ~(check & ~(value <= PROGRESS * at.last))
            x = _image(at.w)
            reached, now = alive & (missing(x) <= 0), length(x - origin)
            better = reached & (now < at.least)
            k = at.k + 1
            mean, square = moments(at.mean, at.square, gradient)
            time = ops.cast(k, "float32")
            up = ops.sqrt(square / (1.0 - BETA_2**time)) + EPSILON
            w = at.w - settings["step_size"] * (mean / (1.0 - BETA_1**time)) / up
            return _Descent(
                k,
                w,
                mean,
                square,
                ops.where(check, value, at.last),
                alive,
                at.reached | reached,
                ops.where(better[:, None], x, at.best),
                ops.where(better, now, at.least),
            )

        def search(at: _Search) -> _Search:
            last = (at.k == settings["binary_search_steps"] - 1) & (settings["binary_search_steps"] >= REPEATS_FROM)
            c = ops.where(last, ops.minimum(at.high, LARGEST_C), at.c)
            none, everyone = ops.zeros_like(c, dtype="bool"), ops.ones_like(c, dtype="bool")
            still, forever = ops.zeros_like(origin), math.inf * ops.ones_like(c)
            begin = _Descent(ops.zeros((), "int32"), centre, still, still, forever, everyone, none, at.best, at.least)
            end = _Descent(
                *ops.while_loop(
                    lambda *state: (state[0] < settings["steps"]) & ops.any(_Descent(*state).alive),
                    lambda *state: tuple(descend(c, _Descent(*state))),
                    tuple(begin),
                )
            )
            # Ten times c until it succeeds, then halfway between the largest failure and the smallest success.
            low, high = ops.where(end.reached, at.low, c), ops.where(end.reached, c, at.high)
            following = ops.where(high < math.inf, (low + high) / 2.0, 10.0 * c)
            return _Search(at.k + 1, following, low, high, end.best, end.least)

        ones = ops.ones_like(origin[:, 0])
        begin = _Search(
            ops.zeros((), "int32"),
            settings["initial_const"] * ones,
            0.0 * ones,
            math.inf * ones,
            origin,
            math.inf * ones,
        )
        return ops.while_loop(
            lambda k, *_: k < settings["binary_search_steps"],
            lambda *state: tuple(search(_Search(*state))),
            tuple(begin),
        )[4]

    return backend.jit(run, fuse=network.fuses)


def _image(w: Points) -> Points:
    """Return images (tanh(w) + 1) / 2, inside (0, 1)."""
    return (ops.tanh(w) + 1.0) / 2.0
