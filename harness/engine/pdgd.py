"""Primal-dual gradient descent: Matyasko & Chau 2021, in the Euclidean norm, with Adam for the distortion.

The distortion r descends on l_0 |r| + l_1 softplus(max(-m, 0)), m the margin in logits: a Lagrangian with two multipliers that
sum to one. The logarithm of their ratio rises by a step where the margin is missing and falls by it where it is met, so that
r swings about the boundary, first wide, then ever less. It is wide swings that find the nearer ones of many local minima.
One descent is made from each start that is given; ``harness.attacks.pdgd`` makes several.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from keras import ops

from harness.engine import backend
from harness.engine.adam import BETA_1, BETA_2, EPSILON, moments
from harness.engine.batching import Program
from harness.engine.criterion import Criterion, missing_margin
from harness.engine.norms import NEAREST, TINY, dual_length, length
from harness.engine.objective import TraceableNetwork
from harness.engine.shapes import Column, Count, Numbers, Points, Settings, Weights

KEPT = 0.9
"""Of the multipliers, the share of their past mean in the mean that the Lagrangian takes."""
LAST_DUAL_RATE = 0.1
"""The step of the multipliers falls to this share of the first, in equal steps."""
LARGEST = -math.log(1e-6)
"""Bound of the logarithm of the multipliers' ratio, both ways."""


class _Descent(NamedTuple):
    """The state of every image: all ``(n, …)`` but the count k.

    Attributes:
        k: steps taken.
        r: the distortion.
        mean: Adam's mean of gradients.
        square: of their squares.
        ratio: log(l_1 / l_0).
        weight: the running mean of l_1.
        best: the least distortion so far that meets the criterion.
        least: its length.
        reach: the length that steps are measured in; zero until the first gradient has shown it.
    """

    k: Count
    r: Points
    mean: Points
    square: Points
    ratio: Numbers
    weight: Numbers
    best: Points
    least: Numbers
    reach: Numbers


@lru_cache(maxsize=32)
def program(network: TraceableNetwork) -> Program:
    """Return one compiled descent, its settings named as the recipe's fields.

    Further arrays: the starts ``(n, d)``, and the length that steps are multiples of ``(n, 1)``, the nearest example's distortion; zero
    takes the distance at which the criterion would be met, were the network linear from the start on. It returns the nearest
    iterate that met the criterion by the confidence, and the clean image where none did.
    """

    def run(
        weights: Weights, origin: Points, criterion: Criterion, settings: Settings, start: Points, reach: Column
    ) -> Points:
        steps, farthest = ops.cast(settings["steps"], "float32"), length(ops.maximum(origin, 1.0 - origin))
        # The root mean square of the pixels is the length over this.
        pixels = math.sqrt(origin.shape[-1])

        def missing(r: Points) -> Numbers:
            return missing_margin(network, weights, criterion, origin + r, settings["confidence"])

        def advance(*state: object) -> tuple[object, ...]:
            at = _Descent(*state)
            short, slope = backend.value_and_gradient(missing)(at.r)
            met, now = short <= 0.0, length(at.r)
            linear = ops.clip(short / (dual_length("l2", slope) + TINY), NEAREST * farthest, farthest)
            reach = ops.where(at.reach > 0.0, at.reach, linear)
            pull = (1.0 - at.weight) / (reach * ops.sqrt(ops.sum(at.r * at.r, axis=-1) + TINY))
            gradient = pull[:, None] * at.r + (at.weight * ops.sigmoid(short))[:, None] * slope
            better = met & (now < at.least)
            done, taken = ops.cast(at.k, "float32") / steps, ops.cast(at.k + 1, "float32")
            mean, square = moments(at.mean, at.square, gradient)
            ahead = (mean / (1.0 - BETA_1**taken)) / (ops.sqrt(square / (1.0 - BETA_2**taken)) + EPSILON)
            rate = settings["learning_rate"] * settings["last_rate"] ** done * reach / pixels
            turn = settings["dual_rate"] * (1.0 - (1.0 - LAST_DUAL_RATE) * done)
            ratio = ops.clip(at.ratio + ops.where(met, -turn, turn), -LARGEST, LARGEST)
            return _Descent(
                at.k + 1,
                ops.clip(origin + at.r - rate[:, None] * ahead, 0.0, 1.0) - origin,
                mean,
                square,
                ratio,
                KEPT * at.weight + (1.0 - KEPT) * ops.sigmoid(ratio),
                ops.where(better[:, None], at.r, at.best),
                ops.where(better, now, at.least),
                reach,
            )

        still, none = ops.zeros_like(origin), ops.zeros_like(origin[:, 0])
        first = none - ops.log(settings["first_ratio"])
        begin = _Descent(
            ops.zeros((), "int32"),
            start - origin,
            still,
            still,
            first,
            ops.sigmoid(first),
            still,
            none + math.inf,
            reach[:, 0],
        )
        best = ops.while_loop(lambda k, *_: k < settings["steps"], advance, tuple(begin))[6]
        # The origin plus the difference may round to a hair outside the box.
        return ops.clip(origin + best, 0.0, 1.0)

    return backend.jit(run, fuse=network.fuses, reorder=True)
