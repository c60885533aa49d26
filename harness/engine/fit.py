"""Full-batch training: SciPy's L-BFGS-B fed by one compiled loss-and-gradient over the whole training set."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize
from threadpoolctl import threadpool_info, threadpool_limits

from harness.engine import backend
from harness.engine.victim import FLOATS_AT_ONCE, Architecture
from harness.examples import Examples, Journal, Trained, Unkept, Watch

BLAS_THREADS = (2, 8)
"""SciPy is given half the processors as BLAS threads, within these bounds.

All of them wait for one another in a loop that takes the processors from the network: beside an H100, FC100-100-10 made
9 iterations a second with 16 threads on 16 processors, 73 with 8, 48 with 4, 40 with 2 and 47 with 1. Two stay two, for
the last bits depend on their number."""
CURVE_POINTS = 60
"""How many points of the loss curve are kept."""


@dataclass(frozen=True)
class StoppingRule:
    """When training ends.

    Attributes:
        iterations: at most so many L-BFGS iterations; reaching them does not meet the rule.
        gradient_tolerance: met where the largest component of the gradient is at most this.
        loss_tolerance: met where one iteration lowers the loss by at most this, times max(loss, 1) (SciPy's ``ftol``).
        settled_within: training that did not meet the rule still counts as settled where the loss moved by less than
            this fraction over the last tenth of the iterations.
        memory: curvature pairs L-BFGS keeps.
    """

    iterations: int
    gradient_tolerance: float
    loss_tolerance: float
    settled_within: float
    memory: int = 10


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

    The network is computed in float32 on the device; losses are averaged, penalties added and L-BFGS steps taken in
    float64.

    Args:
        architecture: the network.
        start: initial weights, named and shaped as ``architecture.shapes``.
        examples: the training set, float32 ``(n, h, w, c)``.
        penalties: name of a weight -> factor of the sum of its squares; names left out are not penalised.
        rule: when to stop.
        watch: told of every iteration.
        journal: notes every evaluation; a training that was killed is replayed from it and ends with the same bits.

    Returns:
        The weights, whether training settled, and as facts the iterations, the loss curve and why it stopped.
    """
    network = _Network(architecture, examples)
    objective = _Objective(_Replayed(network, journal or Unkept()), penalty_vector(architecture, penalties))
    first = np.concatenate([start[name].ravel() for name in architecture.shapes]).astype(np.float64)
    try:
        result, course = _descend(objective, first, rule, watch)
    except _DeviatedError:  # the notes are not of this training: begin anew
        result, course = _descend(objective, first, rule, watch)
    facts = course.facts(result) | {"image_shape": list(architecture.image_shape)}
    settled = facts["rule_met"] or facts["moved"] < rule.settled_within
    return Trained(network.split(result.x), settled, facts)


def _descend(
    objective: _Objective, first: NDArray[np.float64], rule: StoppingRule, watch: Watch
) -> tuple[OptimizeResult, Course]:
    course = Course(rule, watch)
    with _few_blas_threads():
        result = minimize(
            objective,
            first,
            jac=True,
            method="L-BFGS-B",
            callback=course,
            options={
                "maxiter": rule.iterations,
                "maxfun": evaluations_at_most(rule),
                "gtol": rule.gradient_tolerance,
                "ftol": rule.loss_tolerance,
                "maxcor": rule.memory,
            },
        )
    return result, course


def evaluations_at_most(rule: StoppingRule) -> int:
    """Return how many evaluations a training may take; met only where line searches fail again and again."""
    return 20 * rule.iterations + 100


def _few_blas_threads() -> AbstractContextManager[Any]:
    """Hold the BLAS threads of NumPy and SciPy to ``BLAS_THREADS``; fewer stay as they are."""
    now = max((pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"), default=1)
    least, most = BLAS_THREADS
    wanted = min(most, max(least, (os.cpu_count() or 1) // 2))
    return threadpool_limits(wanted, user_api="blas") if now > wanted else nullcontext()


def penalty_vector(architecture: Architecture, penalties: Mapping[str, float]) -> NDArray[np.float64]:
    """Return each weight's penalty, in the order of the vector of all weights."""
    sizes = {name: int(np.prod(shape)) for name, shape in architecture.shapes.items()}
    return np.concatenate([np.full(size, penalties.get(name, 0.0)) for name, size in sizes.items()])


@dataclass
class _Objective:
    """The penalised loss and its gradient as SciPy wants them: float64 vector in, float and float64 vector out."""

    network: _Replayed
    penalty: NDArray[np.float64]

    def __call__(self, vector: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        loss, gradient = self.network(vector)
        return loss + float(self.penalty @ vector**2), gradient + 2.0 * self.penalty * vector


class _DeviatedError(Exception):
    """A journal's next note is of another point than the one that is asked for."""


class _Replayed:
    """The network's loss, from the journal as far as that goes, computed and noted from there on.

    SciPy's steps follow from the losses and gradients it was told, so that replaying them leads to where it stood.
    """

    def __init__(self, network: _Network, journal: Journal) -> None:
        self.network, self.journal = network, journal
        self.notes = journal.notes()

    def __call__(self, vector: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
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


class _Network:
    """The network's mean loss over the training set, without penalties, and the gradient of the sum.

    The training set stays on the device, cut into chunks that bound the memory of the activations.
    """

    def __init__(self, architecture: Architecture, examples: Examples) -> None:
        self.shapes = architecture.shapes
        self.compiled = _losses_and_gradient(architecture)
        self.total = len(examples)
        most = max(1, FLOATS_AT_ONCE // architecture.widest)
        cuts = np.array_split(np.arange(self.total), -(-self.total // most))
        self.chunks = [
            (
                ops.convert_to_tensor(examples.images[cut], "float32"),
                ops.convert_to_tensor(examples.labels[cut], "int32"),
            )
            for cut in cuts
        ]

    def split(self, vector: NDArray[np.float64]) -> dict[str, NDArray[np.float32]]:
        """Cut a vector of all weights into float32 arrays by name."""
        ends = np.cumsum([np.prod(shape) for shape in self.shapes.values()]).astype(int)
        parts = np.split(vector.astype(np.float32), ends[:-1])
        return {name: part.reshape(shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}

    def __call__(self, vector: NDArray[np.float64]) -> tuple[float, NDArray[np.float32]]:
        """Return the mean loss, and the gradient of the summed loss in float32."""
        weights = {name: ops.convert_to_tensor(array) for name, array in self.split(vector).items()}
        loss, gradient = 0.0, np.zeros_like(vector)
        for images, labels in self.chunks:
            losses, slopes = self.compiled(weights, images, labels)
            # float32 cannot add up 60,000 losses to the digits the line search compares.
            loss += float(ops.convert_to_numpy(losses).sum(dtype=np.float64))
            gradient += np.concatenate([ops.convert_to_numpy(slopes[name]).ravel() for name in self.shapes])
        return loss / self.total, gradient.astype(np.float32)


@cache
def _losses_and_gradient(architecture: Architecture) -> Callable[..., Any]:
    """Return the compiled (weights, images, labels) -> (losses ``(n,)``, gradient of their sum by weight)."""
    return backend.jit(backend.value_and_gradient(architecture.losses), fuse=False)


@dataclass
class Course:
    """The loss after every iteration, as told by SciPy."""

    rule: StoppingRule
    watch: Watch
    losses: list[float] = field(default_factory=list)

    def __call__(self, intermediate_result: OptimizeResult) -> None:
        """Note one iteration; the argument's name is SciPy's."""
        self.losses.append(float(intermediate_result.fun))
        done = len(self.losses)
        self.watch(done / self.rule.iterations, f"iteration {done}, loss {self.losses[-1]:.6f}")

    def facts(self, result: OptimizeResult) -> dict[str, Any]:
        """Return what a reader wants to know of the training, JSON-able."""
        losses = self.losses or [float(result.fun)]
        before = losses[-1 - max(1, len(losses) // 10)] if len(losses) > 1 else losses[-1]
        kept = np.unique(np.geomspace(1, len(losses), CURVE_POINTS).astype(int)) - 1
        return {
            "iterations": int(result.nit),
            "evaluations": int(result.nfev),
            "loss": float(result.fun),
            "largest_gradient": float(np.abs(result.jac).max()),
            "rule_met": bool(result.success),
            "stopped_because": str(result.message),
            "moved": float(abs(before - losses[-1]) / max(abs(losses[-1]), np.finfo(float).tiny)),
            "loss_curve": [[int(i) + 1, float(f"{losses[i]:.6g}")] for i in kept],
        }
