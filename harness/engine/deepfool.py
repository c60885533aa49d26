"""DeepFool for several classes: Moosavi-Dezfooli, Fawzi & Frossard 2016, algorithm 2, and for the maximum norm section 3.3."""

from __future__ import annotations

import math
from functools import lru_cache, partial

from keras import ops

from harness.engine import backend
from harness.engine.batching import Builder, Program
from harness.engine.criterion import Criterion, logits_of
from harness.engine.logits import logit_margin
from harness.engine.norms import Norm, dual_length
from harness.engine.objective import TraceableNetwork
from harness.engine.shapes import Count, Flags, Numbers, Points, Settings, Weights

NUDGE = 1e-4
"""Added to each step's length, so that steps do not die out short of the boundary; the authors' code does the same."""
TINY = 1e-8
"""Added to the norms of gradients, which divide."""


def among(candidates: int, norm: Norm) -> Builder:
    """Return the builder for this number of classes and norm: settings ``steps``, ``overshoot``, ``low`` and ``high``."""
    return partial(_program, candidates, norm)


@lru_cache(maxsize=32)
def _program(candidates: int, norm: Norm, network: TraceableNetwork) -> Program:
    def run(weights: Weights, origin: Points, criterion: Criterion, settings: Settings) -> Points:
        logits, pixels = logits_of(network, weights, origin), origin.shape[-1]
        own = ops.one_hot(criterion.classes, logits.shape[-1], dtype="bool")
        rivals = min(candidates, logits.shape[-1]) - 1
        # The other classes with the largest logits at the clean image; they stay the candidates.
        likely = ops.argsort(ops.where(own, math.inf, -logits), axis=-1)[:, :rivals]
        difference = ops.one_hot(ops.reshape(likely, (-1,)), logits.shape[-1]) - ops.repeat(
            ops.cast(own, "float32"), rivals, axis=0
        )

        def ahead(copies: Points) -> Numbers:
            # f'_k = f_k - f_own, one copy of the image for each candidate k; its gradient is w'_k.
            return ops.sum(logits_of(network, weights, copies) * difference, axis=-1)

        def advance(k: Count, total: Points, x: Points, reached: Flags) -> tuple[Count, Points, Points, Flags]:
            value, gradient = backend.value_and_gradient(ahead)(ops.repeat(x, rivals, axis=0))
            steepness = dual_length(norm, gradient) + TINY
            distance = ops.reshape(ops.abs(value) / steepness, (-1, rivals))
            # l <- argmin |f'_k| / |w'_k|, as eq. 8: the class whose linearised boundary is nearest. The norm of w'_k is the
            # dual of the one that measures r (section 3.3).
            one = ops.one_hot(ops.argmin(distance, axis=-1), rivals)
            unit = ops.sign(gradient) if norm == "linf" else gradient / steepness[:, None]
            unit = ops.reshape(unit, (-1, rivals, pixels))
            # r <- |f'_l| / |w'_l|^2 w'_l, as eq. 9; in the maximum norm |f'_l| / |w'_l|_1 sign(w'_l).
            step = (ops.min(distance, axis=-1) + NUDGE)[:, None] * ops.sum(unit * one[:, :, None], axis=1)
            total = ops.where(reached[:, None], total, total + step)
            moved = ops.clip(origin + (1.0 + settings["overshoot"]) * total, settings["low"], settings["high"])
            x = ops.where(reached[:, None], x, moved)
            return k + 1, total, x, left(x)

        def left(x: Points) -> Flags:
            return logit_margin(logits_of(network, weights, x), criterion.classes) < 0

        going = (ops.zeros((), "int32"), ops.zeros_like(origin), origin, left(origin))
        return ops.while_loop(lambda k, total, x, reached: (k < settings["steps"]) & ~ops.all(reached), advance, going)[
            2
        ]

    return backend.jit(run, fuse=network.fuses)
