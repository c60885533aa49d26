"""Projected steps of fixed length that raise the loss within a distance of the image: FGSM and PGD, with or without momentum.

Sources: Goodfellow, Shlens & Szegedy 2015, section 4; Madry et al. 2018, section 2.1; Dong et al. 2018, algorithm 1.
"""

from __future__ import annotations

from functools import lru_cache, partial

from keras import ops

from harness.engine import backend
from harness.engine.batching import Builder, Program
from harness.engine.criterion import Criterion, Loss, evaluate_criterion
from harness.engine.norms import TINY, Norm, dual_length, project_to_norm, steepest
from harness.engine.objective import TraceableNetwork
from harness.engine.shapes import Count, Points, Settings, Weights


def projected(norm: Norm, loss: Loss = "cross-entropy", *, momentum: bool = False) -> Builder:
    """Return the program's builder; its further array: starts ``(n, d)``.

    Settings: ``epsilon``, ``step_size``, ``steps``; ``low`` and ``high``, the box; with the margin as loss ``confidence``,
    and with momentum ``momentum``, its decay factor.
    """
    return partial(_program, norm, loss, momentum)


@lru_cache(maxsize=32)
def _program(norm: Norm, loss: Loss, momentum: bool, network: TraceableNetwork) -> Program:
    def run(weights: Weights, origin: Points, criterion: Criterion, settings: Settings, start: Points) -> Points:
        confidence = settings["confidence"] if loss == "margin" else 0.0

        def advance(k: Count, x: Points, gathered: Points) -> tuple[Count, Points, Points]:
            # x <- project onto x0 + S (x + alpha sgn(grad loss)), Madry et al. 2018, section 2.1; against the gradient
            # here, because it is that of the criterion's loss. With one step of length epsilon from x0 this is
            # x0 + epsilon sgn(grad loss), Goodfellow et al. 2015, section 4.
            ascent = evaluate_criterion(network, weights, criterion, x, loss, confidence).ascent
            if momentum:
                # g <- mu g + grad loss / |grad loss|_1, Dong et al. 2018, eq. 6; steps then follow g, eq. 7.
                share = ascent / ops.maximum(dual_length("linf", ascent), TINY)[:, None]
                ascent = gathered = settings["momentum"] * gathered + share
            x = x - settings["step_size"] * steepest(norm, ascent)
            x = origin + project_to_norm(norm, x - origin, settings["epsilon"])
            # Clipping to the box never increases the distance from the origin, which is in the box.
            return k + 1, ops.clip(x, settings["low"], settings["high"]), gathered

        going = (ops.zeros((), "int32"), start, ops.zeros_like(start))
        return ops.while_loop(lambda k, *_: k < settings["steps"], advance, going)[1]

    return backend.jit(run, fuse=network.fuses)
