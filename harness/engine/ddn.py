"""Decoupled direction and norm: Rony et al. 2019, algorithm 1."""

from __future__ import annotations

import math
from functools import lru_cache

from keras import ops

from harness.engine import backend
from harness.engine.batching import Program
from harness.engine.criterion import Criterion, evaluate_criterion
from harness.engine.norms import TINY, length, unit
from harness.engine.objective import TraceableNetwork
from harness.engine.shapes import Count, Numbers, Points, Settings, Weights

LAST_RATE = 0.01
"""The step length falls from 1 to this along a cosine (Rony et al. 2019, section 4)."""


Going = tuple[Count, Points, Numbers, Points, Numbers]
"""Steps taken, the distortion, the norm it is set to, the least one that met the criterion, and its norm."""


@lru_cache(maxsize=32)
def program(network: TraceableNetwork) -> Program:
    """Return the compiled attack: settings ``steps``, ``init_epsilon``, ``gamma``, ``confidence``.

    It returns the nearest iterate that met the criterion by the confidence, and the clean image where none did.
    """

    def run(weights: Weights, origin: Points, criterion: Criterion, settings: Settings) -> Points:
        gamma, farthest = settings["gamma"], length(ops.maximum(origin, 1.0 - origin))
        steps = ops.cast(settings["steps"], "float32")

        def advance(k: Count, delta: Points, norm: Numbers, best: Points, least: Numbers) -> Going:
            at, now = evaluate_criterion(network, weights, criterion, origin + delta), length(delta)
            reached = at.margin > settings["confidence"]
            # Returned at the end: of the iterates that are adversarial, the one of least norm.
            better = reached & (now < least)
            best, least = ops.where(better[:, None], delta, best), ops.where(better, now, least)
            # delta_k <- delta_(k-1) + alpha g / |g|, g the gradient of the loss, its sign turned for a target.
            alpha = LAST_RATE + (1.0 - LAST_RATE) * (1.0 + ops.cos(math.pi * ops.cast(k, "float32") / steps)) / 2.0
            delta = delta - alpha * unit(at.ascent)
            # epsilon_k <- (1 - gamma) epsilon_(k-1) where the iterate was adversarial, (1 + gamma) epsilon_(k-1)
            # elsewhere; never beyond the farthest corner of the box.
            norm = ops.minimum(norm * ops.where(reached, 1.0 - gamma, 1.0 + gamma), farthest)
            # x_k <- clip(x + epsilon_k delta_k / |delta_k|): onto the sphere, then into the box.
            delta = delta * (norm / ops.maximum(length(delta), TINY))[:, None]
            return k + 1, ops.clip(origin + delta, 0.0, 1.0) - origin, norm, best, least

        still = ops.zeros_like(origin)
        norm = settings["init_epsilon"] * ops.ones_like(farthest)
        going = (ops.zeros((), "int32"), still, norm, still, math.inf * ops.ones_like(farthest))
        best = ops.while_loop(lambda k, *_: k < settings["steps"], advance, going)[3]
        # The origin plus the difference may round to a hair outside the box.
        return ops.clip(origin + best, 0.0, 1.0)

    return backend.jit(run, fuse=network.fuses)
