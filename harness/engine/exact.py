"""The nearest point in the [0, 1] box that a linear classifier gives a target class, with a proof that it is.

Minimising |y - x|²/2 subject to (w_t - w_j).y + b_t - b_j >= confidence for every other class j and 0 <= y <= 1 is a
convex problem whose Lagrange dual has one multiplier mu_j >= 0 for each other class (Boyd and Vandenberghe 2004,
section 5.2). For given multipliers the nearest point of the Lagrangian is clip(x + sum_j mu_j (w_t - w_j), 0, 1), so
the dual is concave, piecewise quadratic and has as many variables as there are other classes. It is maximised by a
projected Newton method (Bertsekas 1982, eq. 30 to 38) for all images at once; any multipliers give a lower bound on
the distance, which certifies the point found.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ITERATIONS = 200
"""Newton steps; ten to twenty are usual."""
ARMIJO = 1e-4
"""The rise asked for, as a share of the predicted one (Bertsekas 1982, eq. 38)."""
SHORTENINGS = 60
"""How often a step may be halved."""
VIOLATION = 1e-10
"""Allowed violation of a constraint, relative to the largest logit or 1: rounding in float64."""
IMAGES_AT_ONCE = 4096
"""Images solved together, to bound memory."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest points and what proves them.

    Attributes:
        points: float64 ``(n, pixels)`` in [0, 1].
        squared: |y - x|², float64 ``(n,)``.
        bound: a lower bound on |y - x|², float64 ``(n,)``; where infeasible, more than the box allows.
        solved: bool ``(n,)``: the point violates no constraint beyond rounding.
        infeasible: bool ``(n,)``: proved that no point of the box qualifies.
    """

    points: Floats
    squared: Floats
    bound: Floats
    solved: NDArray[np.bool_]
    infeasible: NDArray[np.bool_]

    @property
    def gap(self) -> Floats:
        """How much nearer a point could still be, relative to the distance; 0 at distance 0, infinite if not solved."""
        relative = np.maximum(self.squared - self.bound, 0.0) / np.maximum(self.squared, np.finfo(float).tiny)
        return np.where(self.solved, np.where(self.squared > 0, relative, 0.0), np.inf)

    @classmethod
    def joined(cls, parts: list[Nearest]) -> Nearest:
        """Return several results as one, in order."""
        return cls(*(np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(cls)))


def nearest_points(
    kernel: Float[np.ndarray, "d k"],
    bias: Float[np.ndarray, " k"],
    images: Float[np.ndarray, "n d"],
    targets: Int[np.ndarray, " n"],
    confidence: float = 0.0,
) -> Nearest:
    """Return the nearest points at which each target's logit exceeds every other by the confidence.

    Args:
        kernel: float64 ``(pixels, classes)``.
        bias: float64 ``(classes,)``.
        images: ``(n, pixels)`` in [0, 1].
        targets: int64 ``(n,)``.
        confidence: in logits, >= 0.
    """
    images = np.asarray(images, np.float64)
    cuts = [slice(start, start + IMAGES_AT_ONCE) for start in range(0, max(len(images), 1), IMAGES_AT_ONCE)]
    return Nearest.joined([_Duals(kernel, bias, images[cut], targets[cut], confidence).maximise() for cut in cuts])


class _Duals:
    """The dual problems of one batch; the multiplier of the target itself is held at zero.

    A row of multipliers ``mu`` is ``(classes,)``; ``slack`` is its gradient with the sign turned: by how much each
    constraint holds.
    """

    def __init__(
        self, kernel: Floats, bias: Floats, images: Floats, targets: NDArray[np.int64], confidence: float
    ) -> None:
        self.kernel, self.bias, self.confidence = kernel, bias, confidence
        self.images, self.targets = images, targets
        self.others = np.arange(len(bias)) != targets[:, None]
        # Products of weights, so that the curvature of every image is one matrix product with its free pixels.
        self.products = (kernel[:, :, None] * kernel[:, None, :]).reshape(len(kernel), -1)
        self.ridge = 1e-12 * max(float(np.square(kernel).sum()), np.finfo(float).tiny)

    def maximise(self) -> Nearest:
        """Maximise every dual until its point is feasible and complementary, or no point of the box can be."""
        total = len(self.images)
        mu = np.zeros((total, len(self.bias)))
        running = np.arange(total)
        farthest = 0.5 * np.square(np.maximum(self.images, 1.0 - self.images)).sum(axis=1)
        for _ in range(ITERATIONS):
            points, slack, bound, scale = self._look(running, mu[running])
            wrong = np.where(mu[running] > 0, np.abs(slack), np.maximum(-slack, 0.0)) * self.others[running]
            going = (wrong.max(axis=1, initial=0.0) > VIOLATION * scale) & (bound <= farthest[running])
            if not going.any():
                break
            running, points, slack, bound = running[going], points[going], slack[going], bound[going]
            stepped, moved = self._step(running, mu[running], points, slack, bound)
            mu[running] = stepped
            running = running[moved]
        return self._result(mu, farthest)

    def _look(self, rows: NDArray[np.int64], mu: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the Lagrangian's nearest points, the slacks there, the dual's value, and the largest logit or 1."""
        target = self.targets[rows][:, None]
        weights = -mu
        np.put_along_axis(weights, target, mu.sum(axis=1, keepdims=True), axis=1)
        images = self.images[rows]
        points = np.clip(images + weights @ self.kernel.T, 0.0, 1.0)
        logits = points @ self.kernel + self.bias
        slack = np.take_along_axis(logits, target, axis=1) - logits - self.confidence
        value = 0.5 * np.square(points - images).sum(axis=1) - (mu * slack).sum(axis=1)
        return points, slack, value, np.maximum(np.abs(logits).max(axis=1), 1.0)

    def _curvature(self, rows: NDArray[np.int64], points: Floats) -> Floats:
        """Return (w_t - w_i).(w_t - w_j) over the pixels strictly inside the box, ``(n, classes, classes)``."""
        free = ((points > 0.0) & (points < 1.0)).astype(np.float64)
        classes = len(self.bias)
        gram = (free @ self.products).reshape(-1, classes, classes)
        every, target = np.arange(len(rows)), self.targets[rows]
        column = gram[every, :, target]
        return gram - column[:, :, None] - column[:, None, :] + gram[every, target, target][:, None, None]

    def _step(
        self, rows: NDArray[np.int64], mu: Floats, points: Floats, slack: Floats, value: Floats
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the multipliers after one projected Newton step, and which rows moved at all."""
        held = ~self.others[rows] | ((mu <= 0.0) & (slack >= 0.0))
        matrix = np.where(held[:, :, None] | held[:, None, :], 0.0, self._curvature(rows, points))
        every = np.arange(len(self.bias))
        matrix[:, every, every] += np.where(held, 1.0, self.ridge)
        direction = np.linalg.solve(matrix, np.where(held, 0.0, -slack)[:, :, None])[:, :, 0]
        length, waiting, best = np.ones(len(rows)), np.ones(len(rows), bool), mu.copy()
        # At the maximum, rounding hides the dual's rise, so a step that loses no more than the rounding is accepted.
        rounding = 1e-14 * (np.abs(value) + mu.sum(axis=1))
        for _ in range(SHORTENINGS):
            index = np.flatnonzero(waiting)
            trial = np.maximum(mu[index] + length[index, None] * direction[index], 0.0)
            risen = self._look(rows[index], trial)[2]
            predicted = -(slack[index] * (trial - mu[index])).sum(axis=1)
            enough = risen >= value[index] + ARMIJO * np.maximum(predicted, 0.0) - rounding[index]
            best[index[enough]] = trial[enough]
            waiting[index[enough]] = False
            if not waiting.any():
                break
            length[waiting] *= 0.5
        return best, ~waiting

    def _result(self, mu: Floats, farthest: Floats) -> Nearest:
        rows = np.arange(len(self.images))
        points, slack, value, scale = self._look(rows, mu)
        violation = np.where(self.others, np.maximum(-slack, 0.0), 0.0).max(axis=1, initial=0.0)
        return Nearest(
            points=points,
            squared=np.square(points - self.images).sum(axis=1),
            bound=2.0 * value,
            solved=violation <= 2.0 * VIOLATION * scale,
            infeasible=value > farthest,
        )
