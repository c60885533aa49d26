"""Projected steps of fixed length that raise the loss within a distance of the image: FGSM and PGD.

Sources: Goodfellow, Shlens & Szegedy 2015, section 4; Madry et al. 2018, section 2.1.
"""

from __future__ import annotations

from functools import lru_cache, partial

from keras import ops

from harness.engine import backend
from harness.engine.batching import Builder, Program
from harness.engine.criterion import Criterion, evaluate_criterion
from harness.engine.norms import Norm, project_to_norm, steepest
from harness.engine.objective import TraceableNetwork
from harness.engine.shapes import Count, Points, Settings, Weights


def projected(norm: Norm) -> Builder:
    """Return the program's builder: settings ``epsilon``, ``step_size``, ``steps``; further array: starts ``(n, d)``."""
    return partial(_program, norm)


@lru_cache(maxsize=32)
def _program(norm: Norm, network: TraceableNetwork) -> Program:
    def run(weights: Weights, origin: Points, criterion: Criterion, settings: Settings, start: Points) -> Points:
        def advance(k: Count, x: Points) -> tuple[Count, Points]:
            # x <- project onto x0 + S (x + alpha sgn(grad loss)), Madry et al. 2018, section 2.1; against the gradient
            # here, because it is that of the criterion's loss. With one step of length epsilon from x0 this is
            # x0 + epsilon sgn(grad loss), Goodfellow et al. 2015, section 4.
            ascent = evaluate_criterion(network, weights, criterion, x).ascent
            x = x - settings["step_size"] * steepest(norm, ascent)
            x = origin + project_to_norm(norm, x - origin, settings["epsilon"])
            # Clipping to the box never increases the distance from the origin, which is in the box.
            return k + 1, ops.clip(x, 0.0, 1.0)

        going = (ops.zeros((), "int32"), start)
        return ops.while_loop(lambda k, x: k < settings["steps"], advance, going)[1]

    return backend.jit(run, fuse=network.fuses)
