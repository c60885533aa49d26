"""Full-batch training: SciPy's L-BFGS-B fed by one compiled loss-and-gradient over the whole training set."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from keras import ops
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize
from threadpoolctl import threadpool_limits

from harness.engine import backend
from harness.engine.batch_size import FORWARD, fitting
from harness.engine.settling import moved_at_last
from harness.engine.shapes import Weights
from harness.engine.victim import Architecture
from harness.examples import Examples, Journal, Trained, Unkept, Watch

BLAS_THREADS = 1
"""SciPy's vectors get one BLAS thread. Several wait for one another in a busy loop, which takes the processors from the
network: on two processors FC100-100-10 on 60,000 images took 198 ms an evaluation with two threads and 102 with one (medians,
in turns), softmax regression 38 and 22; beside an H100 16 threads made 9 iterations a second, one 47."""
CURVE_POINTS = 60
"""How many points of the loss curve are kept."""
Vector = Float[np.ndarray, " w"]
"""All weights in one vector, or a value for each weight, float64."""
Shapes = Mapping[str, tuple[int, ...]]
"""Name -> shape of each weight, in the order of a vector of all."""


@dataclass(frozen=True)
class StoppingRule:
    """When training ends; ``gtol`` and ``ftol`` are SciPy's.

    Attributes:
        iterations: at most so many L-BFGS iterations; reaching them does not meet the rule.
        gtol: met where the largest component of the gradient is at most this.
        ftol: met where one iteration lowers the loss by at most this, times max(loss, 1).
        settled_within: training that did not meet the rule still counts as settled where the loss moved by less than
            this fraction over the last tenth of the iterations.
        memory: curvature pairs L-BFGS keeps.
    """

    iterations: int
    gtol: float
    ftol: float
    settled_within: float
    memory: int = 10


def fit(
    architecture: Architecture,
    start: Weights,
    examples: Examples,
    decays: Mapping[str, float],
    rule: StoppingRule,
    watch: Watch,
    journal: Journal | None = None,
) -> Trained:
    """Minimise mean cross-entropy + sum over weights of decay * ||w||² over all examples at once.

    The network is computed in float32 on the device; losses are averaged, decays added and L-BFGS steps taken in
    float64.

    Args:
        architecture: the network.
        start: initial weights, named and shaped as ``architecture.shapes``.
        examples: the training set, float32 ``(n, h, w, c)``.
        decays: name of a weight -> factor of the sum of its squares; names left out do not decay.
        rule: when to stop.
        watch: called after every iteration.
        journal: notes every evaluation; a training that was killed is replayed from it and ends with the same bits.

    Returns:
        The weights, whether training settled, and as facts the iterations, the loss curve and why it stopped.
    """
    network = _MeanLoss(architecture, examples)
    return minimise(network, architecture.shapes, start, decays, rule, watch, journal)


@runtime_checkable
class LossOverImages(Protocol):
    """What a training on all images at once minimises, without the decay of the weights.

    Attributes:
        total: the number of images.
    """

    total: int

    def __call__(self, vector: Vector) -> tuple[float, Float[np.ndarray, " w"]]:
        """Return the loss at a vector of all weights, and ``total`` times its gradient in float32."""


def minimise(
    loss: LossOverImages,
    shapes: Shapes,
    start: Weights,
    decays: Mapping[str, float],
    rule: StoppingRule,
    watch: Watch,
    journal: Journal | None = None,
) -> Trained:
    """Minimise a loss over all images + sum over weights of decay * ||w||²; arguments and result as in ``fit``.

    Args:
        loss: at a vector of the weights in the order of ``shapes``.
        shapes: name -> shape of each weight.
        start: initial weights.
        decays: name of a weight -> factor of the sum of its squares.
        rule: when to stop.
        watch: called after every iteration.
        journal: notes every evaluation.
    """
    objective = _Objective(_Replayed(loss, journal or Unkept()), decay_of_each(shapes, decays))
    first = join_weights(shapes, start)
    try:
        result, course = _descend(objective, first, rule, watch)
    except _DeviatedError:  # the notes belong to another training: begin anew
        result, course = _descend(objective, first, rule, watch)
    return trained_network(shapes, result, course)


def _descend(
    objective: _Objective, first: Vector, rule: StoppingRule, watch: Watch
) -> tuple[OptimizeResult, IterationLosses]:
    course = IterationLosses(rule, watch)
    with threadpool_limits(BLAS_THREADS, user_api="blas"):
        result = minimize(
            objective,
            first,
            jac=True,
            method="L-BFGS-B",
            callback=course,
            options={
                "maxiter": rule.iterations,
                "maxfun": most_evaluations(rule),
                "gtol": rule.gtol,
                "ftol": rule.ftol,
                "maxcor": rule.memory,
            },
        )
    return result, course


def most_evaluations(rule: StoppingRule) -> int:
    """Return how many evaluations a training may take; only line searches that fail again and again reach it."""
    return 20 * rule.iterations + 100


def join_weights(shapes: Shapes, weights: Weights) -> Vector:
    """Return all weights in one vector, float64."""
    return np.concatenate([weights[name].ravel() for name in shapes]).astype(np.float64)


def split_weights(shapes: Shapes, vector: Vector) -> dict[str, NDArray[np.float32]]:
    """Cut a vector of all weights into float32 arrays by name."""
    ends = np.cumsum([np.prod(shape) for shape in shapes.values()]).astype(int)
    parts = np.split(vector.astype(np.float32), ends[:-1])
    return {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}


def trained_network(shapes: Shapes, result: OptimizeResult, course: IterationLosses) -> Trained:
    """Return the end of a training: its weights, whether it settled, and its facts."""
    facts = course.facts(result)
    settled = facts["rule_met"] or facts["moved"] < course.rule.settled_within
    return Trained(split_weights(shapes, result.x), settled, facts)


def decay_of_each(shapes: Shapes, decays: Mapping[str, float]) -> Vector:
    """Return each weight's decay, in the order of the vector of all weights."""
    sizes = {name: int(np.prod(shape)) for name, shape in shapes.items()}
    return np.concatenate([np.full(size, decays.get(name, 0.0)) for name, size in sizes.items()])


@dataclass
class _Objective:
    """The loss with the decay of the weights, and its gradient as SciPy wants them: float64 vector in, float and float64 vector out."""

    network: _Replayed
    decay: Vector

    def __call__(self, vector: Vector) -> tuple[float, Vector]:
        loss, gradient = self.network(vector)
        return loss + float(self.decay @ vector**2), gradient + 2.0 * self.decay * vector


class _DeviatedError(Exception):
    """The journal's next note belongs to another point than the one evaluated."""


class _Replayed:
    """The loss over all images: read from the journal as far as it goes, then computed and noted there.

    SciPy's steps follow from the losses and gradients it received, so that replaying them repeats the steps.
    """

    def __init__(self, network: LossOverImages, journal: Journal) -> None:
        self.network, self.journal = network, journal
        self.notes = journal.notes()

    def __call__(self, vector: Vector) -> tuple[float, Vector]:
        at = np.frombuffer(hashlib.sha256(vector.tobytes()).digest(), np.uint8)
        note = next(self.notes, None)
        if note is None:
            loss, gradient = self.network(vector)
            self.journal.note(at=at, loss=np.asarray(loss), gradient=gradient)
        elif np.array_equal(note["at"], at):
            loss, gradient = float(note["loss"]), note["gradient"]
        else:
            self.journal.forget()
            self.notes = iter(())
            raise _DeviatedError
        return loss, gradient.astype(np.float64) / self.network.total


class _MeanLoss:
    """The network's mean loss over the training set, without the decay of the weights, and the gradient of the sum.

    The training set stays on the device, cut into chunks that bound the memory of the activations.
    """

    def __init__(self, architecture: Architecture, examples: Examples) -> None:
        self.architecture = architecture
        self.compiled = _losses_and_gradient(architecture)
        self.total = len(examples)
        most = fitting(FORWARD, architecture.widest)
        cuts = np.array_split(np.arange(self.total), -(-self.total // most))
        self.chunks = [
            (
                ops.convert_to_tensor(examples.images[cut], "float32"),
                ops.convert_to_tensor(examples.labels[cut], "int32"),
            )
            for cut in cuts
        ]

    def __call__(self, vector: Vector) -> tuple[float, Float[np.ndarray, " w"]]:
        """Return the mean loss, and the gradient of the summed loss in float32."""
        weights = ops.convert_to_tensor(vector.astype(np.float32))
        loss, gradient = 0.0, np.zeros_like(vector)
        for images, labels in self.chunks:
            losses, slopes = self.compiled(weights, images, labels)
            # Summed in float64: float32 would lose digits of 60,000 losses that the line search compares.
            loss += float(ops.convert_to_numpy(losses).sum(dtype=np.float64))
            gradient += ops.convert_to_numpy(slopes)
        return loss / self.total, gradient.astype(np.float32)


@cache
def _losses_and_gradient(architecture: Architecture) -> Callable[..., Any]:
    """Return the compiled (vector of all weights, images, labels) -> (losses ``(n,)``, gradient of their sum ``(w,)``).

    The vector is cut within the program: one array in and one out take half the time of one for each weight, of which a
    small network's evaluations consist.
    """
    sizes = [math.prod(shape) for shape in architecture.shapes.values()]
    cuts = list(itertools.accumulate(sizes))[:-1]

    def losses(vector: Any, images: Any, labels: Any) -> Any:
        parts = ops.split(vector, cuts)
        shaped = zip(architecture.shapes.items(), parts, strict=True)
        return architecture.losses({name: ops.reshape(part, shape) for (name, shape), part in shaped}, images, labels)

    return backend.jit(backend.value_and_gradient(losses), fuse=False)


@dataclass
class IterationLosses:
    """The loss after every iteration."""

    rule: StoppingRule
    watch: Watch
    losses: list[float] = field(default_factory=list)

    def __call__(self, intermediate_result: OptimizeResult) -> None:
        """Keep the loss of one iteration; the argument's name is SciPy's."""
        self.add(float(intermediate_result.fun))

    def add(self, loss: float) -> None:
        """Keep the loss of one more iteration, and report it."""
        self.losses.append(loss)
        self.report(len(self.losses) - 1)

    def report(self, k: int) -> None:
        """Report iteration k, counted from 0."""
        self.watch((k + 1) / self.rule.iterations, f"iteration {k + 1}, loss {self.losses[k]:.6f}")

    def facts(self, result: OptimizeResult) -> dict[str, Any]:
        """Return what a reader wants to know of the training, JSON-able."""
        losses = self.losses or [float(result.fun)]
        kept = np.unique(np.geomspace(1, len(losses), CURVE_POINTS).astype(int)) - 1
        return {
            "iterations": int(result.nit),
            "evaluations": int(result.nfev),
            "loss": float(result.fun),
            "largest_gradient": float(np.abs(result.jac).max()),
            "rule_met": bool(result.success),
            "stopped_because": str(result.message),
            "moved": moved_at_last(losses),
            "loss_curve": [[int(i) + 1, float(f"{losses[i]:.6g}")] for i in kept],
        }
