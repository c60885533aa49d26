"""Full-batch training on the device: L-BFGS with its vectors in float64 and its line search in one compiled loop.

SciPy's L-BFGS-B (``fit``) needs the host for every step, which a GPU waits for. ``lbfgs_loop`` takes the same steps on the
device; the tests hold one against the other. What a turn of the loop does depends on the state alone, so that a
training goes on from a checkpoint of the state to the same bits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult

from harness.engine import backend
from harness.engine.checkpoints import Checkpoints, digest
from harness.engine.fit import Course, StoppingRule, evaluations_at_most, penalty_vector
from harness.engine.lbfgs_loop import MESSAGES, Ending, Limits, State, begin, turn
from harness.engine.training_loss import TrainingSet, joined, objective
from harness.engine.two_loop import Tensor
from harness.engine.victim import Architecture
from harness.examples import Examples, Journal, Trained, Unkept, Watch

TURNS = 64
"""Turns of the loop in one call of the compiled program, at most."""
CALL_SECONDS = 0.25
"""A call is given so many turns that it lasts about this long: so often progress is told, and Ctrl-C heeded."""


def fit(
    architecture: Architecture,
    start: Mapping[str, NDArray[Any]],
    examples: Examples,
    penalties: Mapping[str, float],
    rule: StoppingRule,
    watch: Watch,
    journal: Journal | None = None,
) -> Trained:
    """Minimise mean cross-entropy + sum over weights of penalty * ||w||² over all examples at once.

    The network is computed in float32; losses are added, penalties computed and L-BFGS steps taken in float64.

    Args:
        architecture: the network.
        start: initial weights, named and shaped as ``architecture.shapes``.
        examples: the training set, float32 ``(n, h, w, c)``.
        penalties: name of a weight -> factor of the sum of its squares; names left out are not penalised.
        rule: when to stop.
        watch: told of every iteration.
        journal: keeps checkpoints; a training that was killed goes on from the last and ends with the same bits.

    Returns:
        The weights, whether training settled, and as facts the iterations, the loss curve and why it stopped.
    """
    return fit_many(architecture, [start], examples, penalties, rule, watch, journal)[0]


def fit_many(
    architecture: Architecture,
    starts: Sequence[Mapping[str, NDArray[Any]]],
    examples: Examples,
    penalties: Mapping[str, float],
    rule: StoppingRule,
    watch: Watch,
    journal: Journal | None = None,
) -> list[Trained]:
    """Train several networks at once, as ``fit`` does each: they share the images, and nothing else.

    It gains little: ten of FC100-100-10 at once took ten times as long as one (H100; six times with Triton's products),
    whose matrix products are 1.2 of the 1.6 ms of a turn and run at two thirds of what cuBLAS reaches in float32.

    Args:
        architecture: the network.
        starts: each one's initial weights.
        examples: see ``fit``; as are the further arguments.
        penalties: one for all.
        rule: one for all.
        watch: told of the iterations of the run that has done most.
        journal: keeps checkpoints of them all.
    """
    first = np.stack([joined(architecture, start) for start in starts])
    penalty = penalty_vector(architecture, penalties)
    courses = [Course(rule, _unheard) for _ in starts]
    with backend.double_precision():
        data = TrainingSet.of(architecture, examples)
        task = _Task(architecture, rule.memory, data, penalty, _limits(rule))
        progress = _Progress(watch)
        kept = Checkpoints(journal or Unkept(), digest(first, penalty, rule))
        state = _run(
            task, kept.resume(courses) or begin(ops.convert_to_tensor(first), rule.memory), courses, kept, progress
        )
        ends = {
            name: ops.convert_to_numpy(getattr(state, name))
            for name in ("x", "value", "gradient", "iterations", "evaluations", "ending")
        }
    return [
        _trained(architecture, {name: array[k] for name, array in ends.items()}, course)
        for k, course in enumerate(courses)
    ]


def _unheard(done: float, note: str) -> None:
    """Several runs tell of their progress together."""


@dataclass(frozen=True)
class _Task:
    """What the compiled program is given beside the state."""

    architecture: Architecture
    memory: int
    data: TrainingSet
    penalty: NDArray[np.float64]
    limits: Limits

    def advance(self, state: State, turns: int) -> tuple[State, NDArray[np.float64]]:
        """Take so many turns; return the state and the losses of the iterations done, NaN where a turn ended none."""
        data, run = self.data, _program(self.architecture)
        given = (data.images, data.labels, data.counted, data.total)
        state, told = run(given, self.penalty, self.limits, state, np.asarray(turns, np.int32))
        return state, ops.convert_to_numpy(told)[:turns]


def _limits(rule: StoppingRule) -> Limits:
    return Limits(
        np.asarray(rule.iterations, np.int32),
        np.asarray(evaluations_at_most(rule), np.int32),
        np.asarray(rule.gradient_tolerance, np.float64),
        np.asarray(rule.loss_tolerance, np.float64),
    )


def _run(task: _Task, state: State, courses: list[Course], kept: Checkpoints, progress: _Progress) -> State:
    """Take turns until every run has ended, as many in one call as last a moment."""
    turns = 1
    while True:
        start = time.perf_counter()
        state, told = task.advance(state, turns)
        for course, losses in zip(courses, told.T, strict=True):
            course.losses += losses[~np.isnan(losses)].tolist()
        if (ops.convert_to_numpy(state.ending) != int(Ending.RUNNING)).all():
            progress.tell(courses)
            return state
        progress.tell(courses)
        kept.maybe(state, courses)
        if time.perf_counter() - start < CALL_SECONDS / 2:
            turns = min(2 * turns, TURNS)


@lru_cache(maxsize=32)
def _program(architecture: Architecture) -> Callable[..., tuple[State, Tensor]]:
    """Return the compiled loop; one for all trainings of an architecture with as many runs and images."""

    def run(data: Any, penalty: Any, limits: Limits, state: State, turns: Any) -> tuple[State, Tensor]:
        none = ops.full((TURNS, state.x.shape[0]), float("nan"), dtype="float64")

        def going(k: Tensor, state: State, told: Tensor) -> Tensor:
            return (k < turns) & ops.any(state.ending == int(Ending.RUNNING))

        def take(k: Tensor, state: State, told: Tensor) -> tuple[Tensor, State, Tensor]:
            value, gradient = objective(architecture, data, penalty, state.trial)
            moved, accepted = turn(limits, state, value, gradient)
            row = ops.where(accepted & (moved.iterations > 0), value, float("nan"))
            return k + 1, moved, ops.slice_update(told, (k, ops.zeros_like(k)), row[None])

        _, state, told = ops.while_loop(going, take, (ops.zeros((), "int32"), state, none))
        return state, told

    return backend.jit(run, fuse=architecture.fuses)


@dataclass
class _Progress:
    """Tells of every iteration of the run that has done most, once."""

    watch: Watch
    told: int = 0

    def tell(self, courses: list[Course]) -> None:
        """Tell of what is new."""
        ahead = max(courses, key=lambda course: len(course.losses))
        for k in range(self.told, len(ahead.losses)):
            self.watch((k + 1) / ahead.rule.iterations, f"iteration {k + 1}, loss {ahead.losses[k]:.6f}")
        self.told = len(ahead.losses)


def _trained(architecture: Architecture, end: Mapping[str, Any], course: Course) -> Trained:
    """Return a run's weights in float32, whether it settled, and its facts."""
    ending = Ending(int(end["ending"]))
    result = OptimizeResult(
        fun=float(end["value"]),
        jac=end["gradient"],
        nit=int(end["iterations"]),
        nfev=int(end["evaluations"]),
        success=ending in (Ending.GRADIENT, Ending.LOSS),
        message=MESSAGES[ending],
    )
    facts = course.facts(result) | {"image_shape": list(architecture.image_shape)}
    settled = facts["rule_met"] or facts["moved"] < course.rule.settled_within
    ends = np.cumsum([np.prod(shape, dtype=int) for shape in architecture.shapes.values()])
    parts = np.split(end["x"].astype(np.float32), ends[:-1])
    weights = {
        name: part.reshape(shape) for (name, shape), part in zip(architecture.shapes.items(), parts, strict=True)
    }
    return Trained(weights, settled, facts)
