"""Full-batch training on the device: L-BFGS with its vectors in float64 and its line search in one compiled loop.

SciPy's L-BFGS-B (``fit``) needs the host for every step, which a GPU waits for. This is the same algorithm, without the
bounds that training does not have: Moré and Thuente's line search (``more_thuente``), the L-BFGS matrix in compact form
(``compact``), and stopping, first step, refused pairs and restarts as in L-BFGS-B's code (Zhu, Byrd, Lu & Nocedal 1997,
"Algorithm 778", version 3.0). So both take the same steps, as far as rounding allows. The tests hold one against the
other.

Every turn of the loop evaluates one point of every run. A turn depends on the state alone, so that a training goes on
from a checkpoint of the state to the same bits.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult

from harness.engine import backend, compact, more_thuente
from harness.engine.compact import EPSILON, Pairs
from harness.engine.fit import Course, StoppingRule, evaluations_at_most, penalty_vector
from harness.engine.more_thuente import Search
from harness.engine.two_loop import Tensor
from harness.engine.victim import FLOATS_AT_ONCE, Architecture
from harness.examples import Examples, Journal, Trained, Unkept, Watch

SEARCHED = 20
"""Evaluations of one line search at most, as in L-BFGS-B's code."""
TURNS = 64
"""Turns of the loop in one call of the compiled program, at most."""
CALL_SECONDS = 0.25
"""A call is given so many turns that it lasts about this long: so often progress is told, and Ctrl-C heeded."""
CHECKPOINT_SECONDS = 10.0
"""Seconds between two checkpoints, at least."""
CHECKPOINT_SHARE = 0.25
"""And at least this share of the time since the training began, so that there are few however long it takes."""


class Ending(IntEnum):
    """Why a run ended."""

    RUNNING = 0
    GRADIENT = 1
    LOSS = 2
    ITERATIONS = 3
    EVALUATIONS = 4
    ABNORMAL = 5


MESSAGES = {
    Ending.GRADIENT: "CONVERGENCE: NORM OF PROJECTED GRADIENT <= PGTOL",
    Ending.LOSS: "CONVERGENCE: RELATIVE REDUCTION OF F <= FACTR*EPSMCH",
    Ending.ITERATIONS: "STOP: TOTAL NO. OF ITERATIONS REACHED LIMIT",
    Ending.EVALUATIONS: "STOP: TOTAL NO. OF F,G EVALUATIONS EXCEEDS LIMIT",
    Ending.ABNORMAL: "ABNORMAL: ",
}
"""SciPy's words for the same endings."""


class State(NamedTuple):
    """Where every run is; float64 unless said otherwise.

    Attributes:
        x: the weights of the last iteration, ``(n, d)``.
        value: the loss there, ``(n,)``.
        gradient: its gradient there, ``(n, d)``.
        direction: of the present line search, ``(n, d)``; zero at first, when x itself is to be evaluated.
        search: the line search.
        pairs: the curvature pairs.
        tried: evaluations of the present search, int32 ``(n,)``.
        iterations: iterations done, int32 ``(n,)``; -1 as long as x was not evaluated.
        evaluations: evaluations done, int32 ``(n,)``.
        ending: an ``Ending``, int32 ``(n,)``.
    """

    x: Tensor
    value: Tensor
    gradient: Tensor
    direction: Tensor
    search: Search
    pairs: Pairs
    tried: Tensor
    iterations: Tensor
    evaluations: Tensor
    ending: Tensor


class Limits(NamedTuple):
    """The stopping rule as arrays, so that another rule needs no other program."""

    iterations: Tensor
    evaluations: Tensor
    gradient: Tensor
    loss: Tensor


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
    first = np.stack([_joined(architecture, start) for start in starts])
    penalty = penalty_vector(architecture, penalties)
    courses = [Course(rule, _unheard) for _ in starts]
    with backend.double_precision():
        data = _Data.of(architecture, examples)
        task = _Task(architecture, rule.memory, data, penalty, _limits(rule))
        progress = _Progress(watch)
        kept = _Checkpoints(journal or Unkept(), _digest(first, penalty, rule))
        state = _run(task, kept.resume(courses) or _begin(first, rule.memory), courses, kept, progress)
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
class _Data:
    """The training set on the device, in chunks of equal size that bound the memory of the activations.

    Attributes:
        images: float32 ``(chunks, size, h, w, c)``; the last chunk is filled up with copies of its last image.
        labels: int32 ``(chunks, size)``.
        counted: float32 ``(chunks, size)``, 1 for the images themselves and 0 for copies.
        total: how many images there are, float64 scalar.
    """

    images: Tensor
    labels: Tensor
    counted: Tensor
    total: Tensor

    @classmethod
    def of(cls, architecture: Architecture, examples: Examples) -> _Data:
        """Bring the examples to the device."""
        total, most = len(examples), max(1, FLOATS_AT_ONCE // architecture.widest)
        chunks = -(-total // most)
        rows = np.arange(chunks * -(-total // chunks))
        taken, shape = np.minimum(rows, total - 1), (chunks, len(rows) // chunks)
        return cls(
            ops.convert_to_tensor(examples.images[taken].reshape(*shape, *examples.images.shape[1:]), "float32"),
            ops.convert_to_tensor(examples.labels[taken].reshape(shape), "int32"),
            ops.convert_to_tensor((rows < total).reshape(shape), "float32"),
            ops.convert_to_tensor(np.asarray(total, np.float64)),
        )


@dataclass(frozen=True)
class _Task:
    """What the compiled program is given beside the state."""

    architecture: Architecture
    memory: int
    data: _Data
    penalty: NDArray[np.float64]
    limits: Limits

    def advance(self, state: State, turns: int) -> tuple[State, NDArray[np.float64]]:
        """Take so many turns; return the state and the losses of the iterations done, NaN where a turn ended none."""
        data, run = self.data, _program(self.architecture)
        given = (data.images, data.labels, data.counted, data.total)
        state, told = run(given, self.penalty, self.limits, state, np.asarray(turns, np.int32))
        return state, ops.convert_to_numpy(told)[:turns]


def _joined(architecture: Architecture, weights: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    """Return all weights as one float64 vector ``(d,)``."""
    return np.concatenate([weights[name].ravel() for name in architecture.shapes]).astype(np.float64)


def _limits(rule: StoppingRule) -> Limits:
    return Limits(
        np.asarray(rule.iterations, np.int32),
        np.asarray(evaluations_at_most(rule), np.int32),
        np.asarray(rule.gradient_tolerance, np.float64),
        np.asarray(rule.loss_tolerance, np.float64),
    )


def _begin(first: NDArray[np.float64], memory: int) -> State:
    """Return the state of runs that start at ``first`` ``(n, d)``, which is still to be evaluated."""
    x = ops.convert_to_tensor(first)
    none, count = ops.zeros((len(first),), "float64"), ops.zeros((len(first),), "int32")
    still = ops.zeros_like(x)
    search = more_thuente.begin(none, none, none)
    return State(x, none, still, still, search, compact.forget(memory, x), count, count - 1, count, count)


def _run(task: _Task, state: State, courses: list[Course], kept: _Checkpoints, progress: _Progress) -> State:
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

        def turn(k: Tensor, state: State, told: Tensor) -> tuple[Tensor, State, Tensor]:
            trial = state.x + state.search.step[:, None] * state.direction
            value, gradient = _objective(architecture, data, penalty, trial)
            moved, accepted = _turn(limits, state, trial, value, gradient)
            row = ops.where(accepted & (moved.iterations > 0), value, float("nan"))
            return k + 1, moved, ops.slice_update(told, (k, ops.zeros_like(k)), row[None])

        _, state, told = ops.while_loop(going, turn, (ops.zeros((), "int32"), state, none))
        return state, told

    return backend.jit(run, fuse=architecture.fuses)


def _objective(architecture: Architecture, data: Any, penalty: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the penalised losses ``(n,)`` and their gradients ``(n, d)`` of networks with weights x ``(n, d)``."""

    def one(vector: Tensor) -> tuple[Tensor, Tensor]:
        return _summed(architecture, data, vector)

    if x.shape[0] == 1:
        loss, slope = (each[None] for each in one(x[0]))
    else:
        loss, slope = ops.vectorized_map(one, x)
    total = data[3]
    return loss / total + ops.sum(penalty * x**2, axis=-1), slope / total + 2.0 * penalty * x


def _summed(architecture: Architecture, data: Any, vector: Tensor) -> tuple[Tensor, Tensor]:
    """Return the sum of all images' losses, float64, and its gradient ``(d,)``, float32 sums of each chunk added in it."""
    shapes = architecture.shapes
    ends = np.cumsum([0, *(np.prod(shape, dtype=int) for shape in shapes.values())]).tolist()
    narrow = ops.cast(vector, "float32")
    weights = {
        name: ops.reshape(narrow[start:end], shape)
        for (name, shape), start, end in zip(shapes.items(), ends[:-1], ends[1:], strict=True)
    }

    def losses(weights: Any, images: Tensor, labels: Tensor, counted: Tensor) -> Tensor:
        return architecture.losses(weights, images, labels) * counted

    def chunk(k: Any) -> tuple[Tensor, Tensor]:
        value, slopes = backend.value_and_gradient(losses)(weights, *(each[k] for each in data[:3]))
        joined = ops.concatenate([ops.reshape(slopes[name], (-1,)) for name in shapes])
        # float32 cannot add up 60,000 losses to the digits the line search compares.
        return ops.sum(ops.cast(value, "float64")), ops.cast(joined, "float64")

    chunks = data[0].shape[0]
    if chunks == 1:
        return chunk(0)

    def add(k: Tensor, so_far: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        loss, slope = chunk(k)
        return so_far[0] + loss, so_far[1] + slope

    none = ops.zeros_like(vector)
    return ops.fori_loop(0, chunks, add, (ops.sum(none), none))  # type: ignore[no-any-return]


def _turn(limits: Limits, state: State, trial: Tensor, value: Tensor, gradient: Tensor) -> tuple[State, Tensor]:
    """Take the value and the gradient at the trial points; return the state after it and who ended an iteration."""
    running, first = state.ending == int(Ending.RUNNING), state.iterations < 0
    slope = ops.sum(gradient * state.direction, axis=-1)
    search, over = more_thuente.advance(state.search, value, slope)
    accepted = running & (over | first)
    tried = state.tried + ops.cast(running, "int32")
    moved = state._replace(
        x=_pick(accepted, trial, state.x),
        value=_pick(accepted, value, state.value),
        gradient=_pick(accepted, gradient, state.gradient),
        search=keras.tree.map_structure(lambda new, old: ops.where(running, new, old), search, state.search),
        pairs=_paired(state, gradient, slope, accepted & ~first),
        tried=tried,
        iterations=state.iterations + ops.cast(accepted, "int32"),
        evaluations=state.evaluations + ops.cast(running, "int32"),
    )
    moved = _judged(limits, state, moved, accepted)
    return _aimed(moved, accepted, running & ~accepted & (tried >= SEARCHED)), accepted


def _paired(state: State, gradient: Tensor, slope: Tensor, who: Tensor) -> Pairs:
    """Add the step's curvature pair where its curvature is safely positive."""
    step, was = state.search.step, state.search.slope
    sound = who & ((slope - was) * step > EPSILON * -was * step)
    return compact.remember(state.pairs, step[:, None] * state.direction, gradient - state.gradient, sound)


def _judged(limits: Limits, before: State, moved: State, accepted: Tensor) -> State:
    """End the runs that met the stopping rule or used up what they may; SciPy looks at the latter first."""
    steepest = ops.max(ops.abs(moved.gradient), axis=-1)
    # A maximum may pass over what is no number.
    flat = (steepest <= limits.gradient) & ops.isfinite(moved.value) & ops.isfinite(ops.sum(moved.gradient, axis=-1))
    size = ops.maximum(ops.maximum(ops.abs(before.value), ops.abs(moved.value)), 1.0)
    later = moved.iterations > 0
    ending = ops.full_like(moved.ending, int(Ending.RUNNING))
    for who, why in (
        (later & (before.value - moved.value <= limits.loss * size), Ending.LOSS),
        (flat, Ending.GRADIENT),
        (later & (moved.evaluations > limits.evaluations), Ending.EVALUATIONS),
        (later & (moved.iterations >= limits.iterations), Ending.ITERATIONS),
    ):
        ending = ops.where(who, int(why), ending)
    return moved._replace(ending=ops.where(accepted, ending, moved.ending))


def _aimed(state: State, accepted: Tensor, failed: Tensor) -> State:
    """Begin a line search where an iteration ended, and, without the pairs, where a search failed.

    A search that failed along the steepest descent, and a slope that is not negative there, end the run.
    """
    ahead = compact.descend(state.pairs, state.gradient)
    uphill = accepted & ~(ops.sum(ahead * state.gradient, axis=-1) < 0)
    afresh = failed | uphill
    hopeless = afresh & (state.pairs.count == 0)
    direction = _pick(afresh, -state.gradient, ahead)
    slope = ops.sum(direction * state.gradient, axis=-1)
    # Nothing is known of the curvature at first: the step has length one at most, as in L-BFGS-B's code.
    length = ops.sqrt(ops.sum(direction * direction, axis=-1))
    step = ops.where(state.iterations == 0, ops.minimum(1.0 / length, more_thuente.LONGEST), ops.ones_like(length))
    search, who = more_thuente.begin(state.value, slope, step), accepted | failed
    running = state.ending == int(Ending.RUNNING)
    return state._replace(
        direction=_pick(who, direction, state.direction),
        search=keras.tree.map_structure(lambda new, old: ops.where(who, new, old), search, state.search),
        pairs=compact.cleared(state.pairs, afresh),
        tried=ops.where(who, 0, state.tried),
        ending=ops.where(running & hopeless, int(Ending.ABNORMAL), state.ending),
    )


def _pick(who: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """Take ``new`` for the runs ``who`` and ``old`` for the others."""
    return ops.where(who[:, None] if len(old.shape) > 1 else who, new, old)


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


def _digest(first: NDArray[np.float64], penalty: NDArray[np.float64], rule: StoppingRule) -> NDArray[np.uint8]:
    """Return the SHA-256 of what a training begins with, uint8 ``(32,)``: by it a checkpoint is known to be its own."""
    told = hashlib.sha256(first.tobytes() + penalty.tobytes() + repr((first.shape, rule)).encode())
    return np.frombuffer(told.digest(), np.uint8)


class _Checkpoints:
    """The states a journal holds of one training."""

    def __init__(self, journal: Journal, digest: NDArray[np.uint8]) -> None:
        self.journal, self.digest = journal, digest
        self.began = self.last = time.perf_counter()

    def resume(self, courses: list[Course]) -> State | None:
        """Return the last state noted, and put its losses into the courses; None where there is none of this training."""
        last = None
        for last in self.journal.notes():  # noqa: B007  # the last one counts
            pass
        if last is None:
            return None
        if not np.array_equal(last.get("of", ()), self.digest):
            self.journal.forget()
            return None
        for course, losses in zip(courses, last["losses"], strict=True):
            course.losses[:] = losses[~np.isnan(losses)].tolist()
        form = _begin(np.zeros((len(courses), 1)), 1)
        arrays = [last[f"state-{k}"] for k in range(len(keras.tree.flatten(form)))]
        state: State = keras.tree.pack_sequence_as(form, arrays)
        return state

    def maybe(self, state: State, courses: list[Course]) -> None:
        """Note the state where the last note is long ago."""
        now = time.perf_counter()
        if now - self.last < max(CHECKPOINT_SECONDS, CHECKPOINT_SHARE * (now - self.began)):
            return
        losses = np.full((len(courses), max(len(course.losses) for course in courses)), np.nan)
        for row, course in zip(losses, courses, strict=True):
            row[: len(course.losses)] = course.losses
        arrays = {f"state-{k}": ops.convert_to_numpy(each) for k, each in enumerate(keras.tree.flatten(state))}
        self.journal.note(of=self.digest, losses=losses, **arrays)
        self.last = time.perf_counter()


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
