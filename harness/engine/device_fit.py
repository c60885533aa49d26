"""Full-batch training on the device: L-BFGS with its vectors in float64 and its line search in one compiled loop.

SciPy's L-BFGS-B (``fit``) needs the host for every step, and a GPU waits for it. ``lbfgs_loop`` takes the same steps on
the device; the tests compare the two. A step of the loop depends on the state alone, so that a training resumed from a
checkpoint of the state ends with the same bits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float
from keras import ops
from scipy.optimize import OptimizeResult

from harness.engine import backend
from harness.engine.checkpoints import Checkpoints, training_digest
from harness.engine.fit import (
    IterationLosses,
    StoppingRule,
    Vector,
    decay_of_each,
    join_weights,
    most_evaluations,
    trained_network,
)
from harness.engine.lbfgs_loop import MESSAGES, Ending, StoppingLimits, TrainingState, begin_training, step_training
from harness.engine.shapes import Count, Weights
from harness.engine.training_loss import FlatWeights, TrainingSet, evaluate_training_loss, load_training_set
from harness.engine.victim import Architecture
from harness.examples import Examples, Journal, Trained, Unkept, Watch

MOST_STEPS = 64
"""Steps of the loop in one call of the compiled program, at most."""
CALL_SECONDS = 0.25
"""The steps of a call are chosen so that it lasts about this long: progress and Ctrl-C wait for its end."""

StepLosses = Float[Any, " steps"]
"""The loss of each step of a call that ended an iteration, float64; NaN for the others."""


def fit_on_device(
    architecture: Architecture,
    start: Weights,
    examples: Examples,
    decays: Mapping[str, float],
    rule: StoppingRule,
    watch: Watch,
    journal: Journal | None = None,
) -> Trained:
    """Minimise mean cross-entropy + sum over weights of decay * ||w||² over all examples at once.

    The network is computed in float32; losses are summed, decays added and L-BFGS steps taken in float64.

    Args:
        architecture: the network.
        start: initial weights, named and shaped as ``architecture.shapes``.
        examples: the training set, float32 ``(n, h, w, c)``.
        decays: name of a weight -> factor of the sum of its squares; names left out do not decay.
        rule: when to stop.
        watch: called for every iteration.
        journal: keeps checkpoints; a training that was killed is resumed from the last and ends with the same bits.

    Returns:
        The weights, whether training settled, and as facts the iterations, the loss curve and why it stopped.
    """
    first, decay = join_weights(architecture.shapes, start), decay_of_each(architecture.shapes, decays)
    course = IterationLosses(rule, watch)
    checkpoints = Checkpoints(journal or Unkept(), training_digest(first, decay, rule))
    with backend.double_precision():
        task = _Task(architecture, load_training_set(architecture, examples), decay, _limits(rule))
        state = checkpoints.resume(course.losses) or begin_training(ops.convert_to_tensor(first[None]), rule.memory)
        result = _result(_run(task, state, course, checkpoints))
    return trained_network(architecture.shapes, result, course)


@dataclass(frozen=True)
class _Task:
    """The arguments of the compiled program besides the state."""

    architecture: Architecture
    data: TrainingSet
    decay: Vector
    limits: StoppingLimits

    def advance(self, state: TrainingState, steps: int) -> tuple[TrainingState, list[float]]:
        """Take so many steps; return the state and the losses of the iterations that ended."""
        run = _program(self.architecture)
        state, losses = run(self.data, self.decay, self.limits, state, np.asarray(steps, np.int32))
        found = ops.convert_to_numpy(losses)
        return state, found[~np.isnan(found)].tolist()


def _limits(rule: StoppingRule) -> StoppingLimits:
    return StoppingLimits(
        np.asarray(rule.iterations, np.int32),
        np.asarray(most_evaluations(rule), np.int32),
        np.asarray(rule.gtol, np.float64),
        np.asarray(rule.ftol, np.float64),
    )


def _run(task: _Task, state: TrainingState, course: IterationLosses, checkpoints: Checkpoints) -> TrainingState:
    """Step until the training has ended, with as many steps in one call as ``CALL_SECONDS`` allow."""
    steps = 1
    for k in range(len(course.losses)):  # of a training that is resumed
        course.report(k)
    while True:
        start = time.perf_counter()
        state, losses = task.advance(state, steps)
        for loss in losses:
            course.add(loss)
        if int(ops.convert_to_numpy(state.ending)[0]) != Ending.RUNNING:
            return state
        checkpoints.save_if_due(state, course.losses)
        if time.perf_counter() - start < CALL_SECONDS / 2:
            steps = min(2 * steps, MOST_STEPS)


@lru_cache(maxsize=32)
def _program(architecture: Architecture) -> Callable[..., tuple[TrainingState, StepLosses]]:
    """Return the compiled loop; one for all trainings of an architecture with as many images."""

    def run(
        data: TrainingSet, decay: FlatWeights, limits: StoppingLimits, state: TrainingState, steps: Count
    ) -> tuple[TrainingState, StepLosses]:
        none = ops.full((MOST_STEPS,), float("nan"), dtype="float64")

        def going(k: Count, state: TrainingState, losses: StepLosses) -> Any:
            return (k < steps) & ops.any(state.ending == int(Ending.RUNNING))

        def step(k: Count, state: TrainingState, losses: StepLosses) -> tuple[Count, TrainingState, StepLosses]:
            value, gradient = evaluate_training_loss(architecture, data, decay, state.trial[0])
            moved, accepted = step_training(limits, state, value[None], gradient[None])
            loss = ops.where(accepted & (moved.iterations > 0), value, float("nan"))
            return k + 1, moved, ops.slice_update(losses, (k,), loss)

        _, state, losses = ops.while_loop(going, step, (ops.zeros((), "int32"), state, none))
        return state, losses

    return backend.jit(run, fuse=architecture.fuses)


def _result(state: TrainingState) -> OptimizeResult:
    """Return the end of a training in SciPy's form."""
    names = ("x", "value", "gradient", "iterations", "evaluations", "ending")
    end = {name: ops.convert_to_numpy(getattr(state, name))[0] for name in names}
    ending = Ending(int(end["ending"]))
    return OptimizeResult(
        x=end["x"],
        fun=float(end["value"]),
        jac=end["gradient"],
        nit=int(end["iterations"]),
        nfev=int(end["evaluations"]),
        success=ending in (Ending.GRADIENT, Ending.LOSS),
        message=MESSAGES[ending],
    )
