"""Full-batch training: SciPy's L-BFGS-B fed by one compiled loss-and-gradient over the whole training set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import numpy as np
from keras import ops
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize

from harness.engine import session
from harness.engine.victim import FLOATS_AT_ONCE, Architecture
from harness.examples import Examples, Trained, Watch

Scheme = Literal["zeros", "glorot-uniform", "glorot-normal"]
"""How connection weights start; biases start at zero."""

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
    """

    iterations: int
    gradient_tolerance: float
    loss_tolerance: float
    settled_within: float


def initial_weights(architecture: Architecture, scheme: Scheme, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
    """Draw the weights training starts from, float32, named and shaped as ``architecture.shapes``.

    Kernels are uniform or normal with variance 2 / (inputs + outputs) (Glorot and Bengio 2010, eq. 16), or zero.
    """
    weights: dict[str, NDArray[Any]] = {}
    for name, shape in architecture.shapes.items():
        drawn = np.zeros(shape)
        if len(shape) > 1 and scheme != "zeros":
            receptive = int(np.prod(shape[:-2]))
            deviation = np.sqrt(2.0 / (receptive * (shape[-2] + shape[-1])))
            uniform = scheme == "glorot-uniform"
            drawn = deviation * (rng.uniform(-(3**0.5), 3**0.5, shape) if uniform else rng.standard_normal(shape))
        weights[name] = drawn.astype(np.float32)
    return weights


def fit(
    architecture: Architecture,
    start: Mapping[str, NDArray[Any]],
    examples: Examples,
    penalties: Mapping[str, float],
    rule: StoppingRule,
    watch: Watch,
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

    Returns:
        The weights, whether training settled, and as facts the iterations, the loss curve and why it stopped.
    """
    objective = _Objective(architecture, examples, penalties)
    course = _Course(rule, watch)
    result = minimize(
        objective,
        np.concatenate([start[name].ravel() for name in architecture.shapes]).astype(np.float64),
        jac=True,
        method="L-BFGS-B",
        callback=course,
        options={
            "maxiter": rule.iterations,
            "maxfun": 20 * rule.iterations + 100,
            "gtol": rule.gradient_tolerance,
            "ftol": rule.loss_tolerance,
        },
    )
    facts = course.facts(result) | {"image_shape": list(architecture.image_shape)}
    settled = facts["rule_met"] or facts["moved"] < rule.settled_within
    return Trained(objective.split(result.x), settled, facts)


class _Objective:
    """The loss and its gradient as SciPy wants them: float64 vector in, float and float64 vector out.

    The training set stays on the device, cut into chunks that bound the memory of the activations.
    """

    def __init__(self, architecture: Architecture, examples: Examples, penalties: Mapping[str, float]) -> None:
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
        sizes = {name: int(np.prod(shape)) for name, shape in self.shapes.items()}
        self.penalty = np.concatenate([np.full(size, penalties.get(name, 0.0)) for name, size in sizes.items()])

    def split(self, vector: NDArray[np.float64]) -> dict[str, NDArray[np.float32]]:
        """Cut a vector of all weights into float32 arrays by name."""
        ends = np.cumsum([np.prod(shape) for shape in self.shapes.values()]).astype(int)
        parts = np.split(vector.astype(np.float32), ends[:-1])
        return {name: part.reshape(shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}

    def __call__(self, vector: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = {name: ops.convert_to_tensor(array) for name, array in self.split(vector).items()}
        loss, gradient = 0.0, np.zeros_like(vector)
        for images, labels in self.chunks:
            losses, slopes = self.compiled(weights, images, labels)
            # float32 cannot add up 60,000 losses to the digits the line search compares.
            loss += float(ops.convert_to_numpy(losses).sum(dtype=np.float64))
            gradient += np.concatenate([ops.convert_to_numpy(slopes[name]).ravel() for name in self.shapes])
        loss = loss / self.total + float(self.penalty @ vector**2)
        return loss, gradient / self.total + 2.0 * self.penalty * vector


@cache
def _losses_and_gradient(architecture: Architecture) -> Callable[..., Any]:
    """Return the compiled (weights, images, labels) -> (losses ``(n,)``, gradient of their sum by weight)."""
    return session.jit(session.value_and_gradient(architecture.losses), fuse=False)


@dataclass
class _Course:
    """The loss after every iteration, as told by SciPy."""

    rule: StoppingRule
    watch: Watch
    losses: list[float] = field(default_factory=list)

    def __call__(self, intermediate_result: OptimizeResult) -> None:
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
