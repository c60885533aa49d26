"""Full-batch training of sparse autoencoders: L-BFGS on the mean error and the mean activations over all images."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float
from keras import ops
from scipy.special import rel_entr

from harness.engine import backend
from harness.engine.autoencoder import DECODER, ENCODER, LEAST, Sparsity, activations_and_errors, is_tied
from harness.engine.batch_size import FORWARD, fitting
from harness.engine.fit import Shapes, StoppingRule, Vector, join_weights, minimise, split_weights
from harness.engine.shapes import Images, Weights
from harness.examples import Examples, Journal, Trained, Watch

Levels = Float[Any, " units"]
"""A number for each hidden unit."""


def train_full_batch(
    start: Weights,
    examples: Examples,
    sparsity: Sparsity,
    rule: StoppingRule,
    watch: Watch,
    journal: Journal | None = None,
) -> Trained:
    """Minimise ``autoencoder.objective`` over all images at once; labels are ignored.

    The network is computed in float32; errors and activations are summed, the penalties and L-BFGS steps taken in float64.

    Args:
        start: initial weights of encoder and decoder, as ``autoencoder.start_of`` draws them.
        examples: the images, float32 ``(n, h, w, c)``.
        sparsity: the objective's settings.
        rule: when to stop.
        watch: called after every iteration.
        journal: notes every evaluation; a training that was killed is replayed from it and ends with the same bits.

    Returns:
        The weights of both, whether training settled, and as facts the iterations, the loss curve and why it stopped.
    """
    shapes = {name: tuple(array.shape) for name, array in start.items()}
    # A kernel that serves both layers decays for each.
    decays = {ENCODER: 2.0 * sparsity.decay} if is_tied(start) else dict.fromkeys((ENCODER, DECODER), sparsity.decay)
    return minimise(_SparseError(shapes, examples, sparsity), shapes, start, decays, rule, watch, journal)


class _SparseError:
    """The mean error and the divergence of the mean activations, over images cut into chunks of bounded memory.

    The divergence is of means over all images, so that the activations are averaged first. With rho_j the mean activation
    and s_j the divergence's slope there, (h_ij - rho_j) s_j then stands beside each image's error: its sum over the images
    is nothing, and the gradient of its sum is that of the divergence, times the number of images.
    """

    def __init__(self, shapes: Shapes, examples: Examples, sparsity: Sparsity) -> None:
        self.shapes, self.sparsity = shapes, sparsity
        self.total = len(examples)
        most = fitting(FORWARD, max(map(max, shapes.values())))
        cuts = np.array_split(np.arange(self.total), -(-self.total // most))
        self.chunks = [ops.convert_to_tensor(examples.images[cut], "float32") for cut in cuts]

    def __call__(self, vector: Vector) -> tuple[float, Vector]:
        """Return the loss without decay, and ``total`` times its gradient."""
        weights = {name: ops.convert_to_tensor(a) for name, a in split_weights(self.shapes, vector).items()}
        active = sum(_summed(_activations()(weights, chunk)) for chunk in self.chunks) / self.total
        divergence, slope = _divergence(active, self.sparsity.target)
        level, pull = active.astype(np.float32), (self.sparsity.weight * slope).astype(np.float32)
        loss, gradient = 0.0, np.zeros_like(vector)
        for chunk in self.chunks:
            losses, slopes = _losses_and_gradient()(weights, chunk, level, pull)
            loss += float(_summed(losses))
            gradient += join_weights(self.shapes, {name: ops.convert_to_numpy(each) for name, each in slopes.items()})
        return loss / self.total + self.sparsity.weight * divergence, gradient.astype(np.float32)


def _summed(values: Float[Any, "n ..."]) -> Any:
    """Return the sum over images in float64: float32 would lose digits that the line search compares."""
    return ops.convert_to_numpy(values).sum(axis=0, dtype=np.float64)


def _divergence(active: Levels, target: float) -> tuple[float, Levels]:
    """Return the sum over units of KL(target || active), and its slope for each, none where a mean is held off 0 or 1."""
    held = np.clip(active, LEAST, 1.0 - LEAST)
    value = float((rel_entr(target, held) + rel_entr(1.0 - target, 1.0 - held)).sum())
    return value, np.where(held == active, (1.0 - target) / (1.0 - held) - target / held, 0.0)


@cache
def _activations() -> Callable[..., Any]:
    """Return the compiled (weights, images) -> activations ``(n, units)``."""
    return backend.jit(lambda weights, images: activations_and_errors(weights, images)[0], fuse=False)


@cache
def _losses_and_gradient() -> Callable[..., Any]:
    """Return the compiled (weights, images, levels, slopes) -> (losses ``(n,)``, gradient of their sum by name)."""

    def losses(weights: Weights, images: Images, level: Levels, pull: Levels) -> Any:
        hidden, errors = activations_and_errors(weights, images)
        return errors + ops.sum((hidden - level) * pull, axis=1)

    return backend.jit(backend.value_and_gradient(losses), fuse=False)
