"""Projected steps of fixed length that raise the loss inside a ball around the image: FGSM and PGD.

Sources: Goodfellow, Shlens & Szegedy 2015, section 4; Madry et al. 2018, section 2.1.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

from keras import ops

from harness.engine import backend
from harness.engine.batching import Builder, Program
from harness.engine.criterion import Goal, look
from harness.engine.norms import Norm, project, steepest
from harness.engine.objective import Network
from harness.engine.two_loop import Tensor


def projected(norm: Norm) -> Builder:
    """Return what makes the program: settings ``epsilon``, ``step``, ``steps``; beside, the starts ``(n, d)``."""
    return partial(_program, norm)


@lru_cache(maxsize=32)
def _program(norm: Norm, network: Network) -> Program:
    def run(weights: Any, origin: Tensor, goal: Goal, settings: Any, start: Tensor) -> Tensor:
        def advance(k: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
            # x <- project onto x0 + S (x + alpha sgn(grad loss)), Madry et al. 2018, section 2.1; against the gradient
            # here, because it is that of the goal's loss. With one step of length epsilon from x0 this is
            # x0 + epsilon sgn(grad loss), Goodfellow et al. 2015, section 4.
            x = x - settings["step"] * steepest(norm, look(network, weights, goal, x).uphill)
            x = origin + project(norm, x - origin, settings["epsilon"])
            # Going back into the box never leaves the ball: the origin is in both.
            return k + 1, ops.clip(x, 0.0, 1.0)

        going = (ops.zeros((), "int32"), start)
        return ops.while_loop(lambda k, x: k < settings["steps"], advance, going)[1]

    return backend.jit(run, fuse=network.fuses)
