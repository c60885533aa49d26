"""Descent of the margin within a level of the maximum norm that follows success: the fast minimum-norm attack, with Adam.

Pintor et al. 2021, algorithm 1: the distortion steps towards the criterion and is projected onto |r| <= epsilon, and epsilon
shrinks where the criterion is met and grows where it is not, by ever less; before the first success it is what the
linearised margin takes. Adam takes the place of normalised gradient steps, and its steps are shares of the level.
One descent is made from each start that is given, as in ``pdgd``.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from keras import ops

from harness.engine import backend
from harness.engine.adam import BETA_1, BETA_2, EPSILON, moments
from harness.engine.batching import Program
from harness.engine.criterion import Criterion, logits_of
from harness.engine.logits import logit_margin
from harness.engine.norms import NEAREST, TINY, dual_length, norm_of
from harness.engine.objective import TraceableNetwork
from harness.engine.shapes import Column, Count, Numbers, Points, Settings, Weights

LAST_DUAL_RATE = 0.03
"""The logarithm of the level moves at last by this share of the first move."""


class _Descent(NamedTuple):
    """The state of every image: all ``(n, …)`` but the count k.

    Attributes:
        k: steps taken.
        r: the distortion.
        mean: Adam's mean of gradients.
        square: of their squares.
        level: epsilon; zero until the first gradient has shown it.
        best: the least distortion so far that meets the criterion.
        least: its largest change of a pixel.
    """

    k: Count
    r: Points
    mean: Points
    square: Points
    level: Numbers
    best: Points
    least: Numbers


@lru_cache(maxsize=32)
def program(network: TraceableNetwork) -> Program:
    """Return one compiled descent, its settings named as the fields of ``pdgd``.

    Further arrays: the starts ``(n, d)``, and the level to begin with ``(n, 1)``, zero if the first gradient determines it. It
    returns the nearest iterate that met the criterion by the confidence, and the clean image where none did.
    """

    def run(
        weights: Weights, origin: Points, criterion: Criterion, settings: Settings, start: Points, level: Column
    ) -> Points:
        steps, farthest = ops.cast(settings["steps"], "float32"), norm_of("linf", ops.maximum(origin, 1.0 - origin))

        def missing(r: Points) -> Numbers:
            margin = criterion.sign * logit_margin(logits_of(network, weights, origin + r), criterion.classes)
            return settings["confidence"] - margin

        def advance(*state: object) -> tuple[object, ...]:
            at = _Descent(*state)
            short, slope = backend.value_and_gradient(missing)(at.r)
            met, now = short <= 0.0, norm_of("linf", at.r)
            linear = ops.clip(short / (dual_length("linf", slope) + TINY), NEAREST * farthest, farthest)
            better = met & (now < at.least)
            least = ops.where(better, now, at.least)
            done, taken = ops.cast(at.k, "float32") / steps, ops.cast(at.k + 1, "float32")
            turn = settings["dual_rate"] * LAST_DUAL_RATE**done
            level = ops.where(at.level > 0.0, at.level, linear)
            level = ops.where(met, ops.minimum(level, least) * ops.exp(-turn), level * ops.exp(turn))
            level = ops.minimum(level, farthest)
            mean, square = moments(at.mean, at.square, slope)
            ahead = (mean / (1.0 - BETA_1**taken)) / (ops.sqrt(square / (1.0 - BETA_2**taken)) + EPSILON)
            rate = settings["learning_rate"] * settings["last_rate"] ** done * level
            moved = ops.clip(at.r - rate[:, None] * ahead, -level[:, None], level[:, None])
            return _Descent(
                at.k + 1,
                ops.clip(origin + moved, 0.0, 1.0) - origin,
                mean,
                square,
                level,
                ops.where(better[:, None], at.r, at.best),
                least,
            )

        still, none = ops.zeros_like(origin), ops.zeros_like(origin[:, 0])
        begin = _Descent(ops.zeros((), "int32"), start - origin, still, still, level[:, 0], still, none + math.inf)
        best = ops.while_loop(lambda k, *_: k < settings["steps"], advance, tuple(begin))[5]
        # The origin plus the difference may round to a hair outside the box.
        return ops.clip(origin + best, 0.0, 1.0)

    return backend.jit(run, fuse=network.fuses, reorder=True)
