"""The paper's attack image by image with SciPy's L-BFGS-B, and networks on digits to attack: what ours is held against."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, softmax
from sklearn.datasets import load_digits

from harness.examples import Examples, unwatched
from harness.streams import Streams

Floats = NDArray[np.float64]
Weights = list[tuple[Floats, Floats]]


def attacked(recipe, victim, images, classes, *, reach=True, watch=unwatched, of=None):
    """Return an attack's images, and which met their criterion, from images and the classes to reach, or to leave."""
    targets, labels = (classes, (classes + 1) % victim.classes) if reach else (None, classes)
    clean = Examples(images, labels, np.arange(len(images)), targets)
    inputs = {} if of is None else {"of": of.run(victim, clean, Streams(0, 1), unwatched)}
    made = recipe.run(victim, clean, Streams(0, 1), watch, **inputs)
    return made.images, made.found


def digits() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return scikit-learn's 1,797 digits, float32 ``(n, 8, 8, 1)`` in [0, 1], and their labels."""
    images, labels = load_digits(return_X_y=True)
    return (images / 16).reshape(-1, 8, 8, 1).astype(np.float32), labels.astype(np.int64)


def train(widths: tuple[int, ...], decay: float, iterations: int) -> Weights:
    """Train a sigmoid network (a softmax one if ``widths`` is empty) on the digits with SciPy, in float64."""
    images, labels = digits()
    x, sizes = images.reshape(len(images), -1).astype(float), (64, *widths, 10)
    shapes = list(pairwise(sizes))
    rng = np.random.default_rng(0)
    start = np.concatenate([np.append(rng.normal(0, (a + b) ** -0.5, a * b), np.zeros(b)) for a, b in shapes])

    def unpack(flat: Floats) -> Weights:
        parts, at = [], 0
        for a, b in shapes:
            parts.append((flat[at : at + a * b].reshape(a, b), flat[at + a * b : at + a * b + b]))
            at += a * b + b
        return parts

    def cost(flat: Floats) -> tuple[float, Floats]:
        weights = unpack(flat)
        outs = _layers(weights, x)
        back = softmax(outs[-1], axis=1)
        loss = -log_softmax(outs[-1], axis=1)[np.arange(len(x)), labels].mean()
        back[np.arange(len(x)), labels] -= 1
        back, gradient = back / len(x), []
        for k in reversed(range(len(weights))):
            kernel = weights[k][0]
            gradient = [(outs[k].T @ back + 2 * decay * kernel).ravel(), back.sum(axis=0), *gradient]
            back = back @ kernel.T * outs[k] * (1 - outs[k])
        penalty = decay * sum((kernel**2).sum() for kernel, _ in weights)
        return loss + penalty, np.concatenate(gradient)

    found = minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": iterations})
    return [(kernel.astype(np.float32), bias.astype(np.float32)) for kernel, bias in unpack(found.x)]


def loss_gradient_margin(weights: Weights, x: Floats, target: int) -> tuple[float, Floats, float]:
    """Return one image's cross-entropy to the target, its gradient and the target's margin in logits, in float64."""
    outs = _layers(weights, x[None])
    logits = outs[-1][0]
    back = softmax(logits)
    back[target] -= 1
    for k in reversed(range(len(weights))):
        back = back @ weights[k][0].T
        if k:
            back = back * outs[k][0] * (1 - outs[k][0])
    return -log_softmax(logits)[target], back, logits[target] - np.delete(logits, target).max()


def slope(function: Callable[[Floats], Floats], x: Floats, step: float = 1e-5) -> Floats:
    """Return the gradient ``(n, d)`` by central differences of a function from ``(n, d)`` to ``(n,)``, row by row."""
    moves = step * np.eye(x.shape[1])
    ends = [function((x[:, None] + side * moves).reshape(-1, x.shape[1])) for side in (1, -1)]
    return (ends[0] - ends[1]).reshape(x.shape) / (2 * step)


def smallest_distortion(
    weights: Weights,
    clean: Floats,
    target: int,
    *,
    penalty: str = "squared",
    overshoot: float = 1e-3,
    gap: float = 3e-3,
) -> tuple[Floats, float]:
    """Search by bisection the largest c whose minimiser, by SciPy's L-BFGS-B, has the target; return both.

    The image is the clean one where it has the target already; c is NaN then.
    """
    weights = [(kernel.astype(float), bias.astype(float)) for kernel, bias in weights]
    if loss_gradient_margin(weights, clean, target)[2] > 0:
        return clean, math.nan
    low, high, log_c, best = -math.inf, math.inf, 0.0, clean
    while high - low > gap and log_c > -16:
        cost = _cost(weights, clean, target, math.exp(log_c), penalty)
        options = {"maxcor": 10, "ftol": 1e-12, "gtol": 1e-6, "maxiter": 500}
        x = minimize(cost, best, jac=True, method="L-BFGS-B", bounds=[(0, 1)] * clean.size, options=options).x
        if loss_gradient_margin(weights, x, target)[2] >= overshoot:
            low, best = log_c, x
        else:
            high = log_c
        log_c = log_c + 1 if high == math.inf else log_c - 1 if low == -math.inf else (low + high) / 2
    return best, math.exp(low)


def _cost(weights: Weights, clean: Floats, target: int, c: float, penalty: str) -> Callable[[Floats], Any]:
    def cost(x: Floats) -> tuple[float, Floats]:
        loss, gradient, _ = loss_gradient_margin(weights, x, target)
        r = x - clean
        if penalty == "squared":
            return loss + c * r @ r, gradient + 2 * c * r
        length = math.sqrt(r @ r)
        return loss + c * length, gradient + (c / length) * r if length else gradient

    return cost


def _layers(weights: Weights, x: Floats) -> list[Floats]:
    """Return the inputs of every layer, and the logits last."""
    outs = [x]
    for k, (kernel, bias) in enumerate(weights):
        out = outs[-1] @ kernel + bias
        outs.append(expit(out) if k < len(weights) - 1 else out)
    return outs
