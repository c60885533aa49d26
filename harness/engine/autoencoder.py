"""Sparse autoencoders: one hidden layer of sigmoid units, a decoder, and their training on mini-batches with Adam.

The objective is Ng's (CS294A lecture notes, 2011, "Sparse autoencoder", section 3): the mean over images of half the
squared error of the reconstruction, plus the decay of the weights, plus beta times the sum over hidden units of
KL(rho || rho_j), rho_j being the unit's mean activation, here over the mini-batch. ``autoencoder_fit`` minimises the same over
all images at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped
from keras import ops
from numpy.typing import NDArray

from harness.engine import backend
from harness.engine.adam import AdamState
from harness.engine.initial import initial_weights
from harness.engine.settling import moved_at_last
from harness.engine.shapes import Images, Number, Numbers, Points, Weights
from harness.engine.victim import Architecture, NetworkVictim
from harness.examples import Examples, Journal, Trained, Unkept, Watch
from harness.kinds.training import Untrained
from harness.streams import Streams

LEAST = 1e-6
"""Mean activations are kept this far from 0 and 1, where the divergence has no bound."""
ENCODER, DECODER = "layer-1/kernel", "layer-2/kernel"
"""Names of the kernels."""

Activations = Float[Any, "n units"]
"""Of each image and hidden unit."""


@dataclass(frozen=True)
class Sparsity:
    """The penalty that keeps most hidden units inactive.

    Attributes:
        target: rho, the mean activation wanted of every hidden unit, in (0, 1).
        weight: beta, what the sum of the divergences is multiplied with.
        decay: what the sum of the squared connection weights is multiplied with.
    """

    target: float
    weight: float
    decay: float


@dataclass(frozen=True)
class AutoencoderSchedule:
    """Number of epochs, batch size and learning rate of a training.

    Attributes:
        epochs: number of epochs; the images are shuffled in each.
        batch_size: images in a mini-batch; what does not fill the last one waits for the next epoch's shuffle.
        learning_rate: Adam's first learning rate; it falls to zero along half a cosine, so that training comes to rest.
        settled_within: training counts as settled if its last tenth moved the loss by less than this fraction.
        replica: which sequence of shuffles is drawn.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    settled_within: float
    replica: int = 0


def is_tied(weights: Weights) -> bool:
    """Whether the decoder has no kernel of its own and takes the encoder's, transposed."""
    return DECODER not in weights


def decoder_kernel(weights: Weights) -> Float[Any, "units d"]:
    """Return the decoder's kernel."""
    return ops.transpose(weights[ENCODER]) if is_tied(weights) else weights[DECODER]


def decoded(weights: Weights, hidden: Activations) -> Points:
    """Return the pixels ``(n, d)`` that the decoder makes of the units' activations ``(n, units)``; traceable."""
    return ops.sigmoid(hidden @ decoder_kernel(weights) + weights["layer-2/bias"])


def activations_and_errors(weights: Weights, images: Images) -> tuple[Activations, Numbers]:
    """Return the units' activations ``(n, units)``, and half of each image's squared error ``(n,)``; traceable."""
    flat = ops.reshape(images, (ops.shape(images)[0], -1))
    hidden = ops.sigmoid(flat @ weights[ENCODER] + weights["layer-1/bias"])
    return hidden, 0.5 * ops.sum((decoded(weights, hidden) - flat) ** 2, axis=1)


def objective(weights: Weights, images: Images, sparsity: Sparsity) -> Number:
    """Return the loss of one batch ``(n, h, w, c)``, a scalar; traceable, differentiable.

    The decay counts each connection: a kernel that serves both layers twice.
    """
    hidden, errors = activations_and_errors(weights, images)
    active = ops.clip(ops.mean(hidden, axis=0), LEAST, 1.0 - LEAST)
    rho = sparsity.target
    divergence = rho * ops.log(rho / active) + (1.0 - rho) * ops.log((1.0 - rho) / (1.0 - active))
    length = ops.sum(weights[ENCODER] ** 2) + ops.sum(decoder_kernel(weights) ** 2)
    return ops.mean(errors) + sparsity.weight * ops.sum(divergence) + sparsity.decay * length


def start_of(encoder: Untrained, streams: Streams, *, tied: bool = False) -> dict[str, NDArray[np.float32]]:
    """Draw the weights encoder and decoder start from, one after the other, ``layer-1/…`` and ``layer-2/…``.

    The decoder has as many sigmoid units as an image has pixels; tied, it has no kernel of its own.
    """
    (layer,) = encoder.architecture.layers
    shape = encoder.architecture.image_shape
    both = Architecture(shape, (layer, layer.model_copy(update={"units": math.prod(shape)})))
    drawn = initial_weights(both, streams.rng("weights", encoder.replica))
    return {name: array for name, array in drawn.items() if not (tied and name == DECODER)}


def has_decoder(victim: NetworkVictim) -> bool:
    """Whether the training kept a decoder beside; a network on top of another has none that rebuilds images."""
    return "layer-2/bias" in victim.beside


def rebuild(victim: NetworkVictim, images: Images) -> NDArray[np.float32]:
    """Return the images ``(n, h, w, c)`` as the decoder of a network that has one rebuilds them."""
    hidden = ops.convert_to_tensor(victim.outputs(images))
    pixels = decoded({**victim.weights, **victim.beside}, hidden)
    return np.asarray(ops.convert_to_numpy(pixels)).reshape(images.shape)


def train(
    start: Weights,
    examples: Examples,
    sparsity: Sparsity,
    schedule: AutoencoderSchedule,
    streams: Streams,
    watch: Watch,
    journal: Journal | None = None,
) -> Trained:
    """Train encoder and decoder on images; labels are ignored.

    Args:
        start: initial weights of both, as ``start_of`` draws them.
        examples: the images, float32 ``(n, h, w, c)``.
        sparsity: the objective's settings.
        schedule: how long and how fast.
        streams: the epochs' shuffles are drawn from it.
        watch: called after every epoch.
        journal: notes weights and Adam's moments after every epoch; a training that was killed goes on from the last.

    Returns:
        The weights of both, whether training settled, and as facts the losses and the mean activations of the units.

    Raises:
        ValueError: if the notes are of another training.
    """
    journal, size = journal or Unkept(), min(schedule.batch_size, len(examples))
    steps = len(examples) // size
    advance = _step(sparsity, schedule.learning_rate, schedule.epochs * steps)
    state = AdamState.at({name: np.asarray(array) for name, array in start.items()})
    losses: list[float] = []
    shapes = _shapes(state.note())
    for note in journal.notes():  # the last one holds the state of an earlier attempt
        state, losses = AdamState.noted(note), note["losses"].tolist()
        if _shapes(note) != shapes | {"losses": ((len(losses),), np.dtype(float))} or len(losses) > schedule.epochs:
            raise ValueError("the journal's checkpoints belong to another training")
    images, state = ops.convert_to_tensor(examples.images), state.mapped(ops.convert_to_tensor)
    for epoch in range(len(losses), schedule.epochs):
        order = (
            streams.rng("shuffle", schedule.replica, epoch)
            .permutation(len(examples))[: steps * size]
            .reshape(steps, size)
        )
        batch_losses = []
        for rows in order:
            loss, state = advance(state, ops.take(images, rows, axis=0))
            batch_losses.append(loss)
        losses.append(float(np.mean([ops.convert_to_numpy(loss) for loss in batch_losses])))
        journal.note(losses=np.asarray(losses), **state.note())
        watch((epoch + 1) / schedule.epochs, f"epoch {epoch + 1} of {schedule.epochs}, loss {losses[-1]:.4f}")
    return Trained(state.mapped(ops.convert_to_numpy).weights, *_facts(losses, schedule))


def _shapes(note: Mapping[str, Shaped[np.ndarray, "..."]]) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    """Return the shape and the dtype of every array, which broadcasting would hide."""
    return {name: (array.shape, array.dtype) for name, array in note.items()}


def _step(sparsity: Sparsity, learning_rate: float, steps: int) -> Callable[..., Any]:
    """Return the compiled function (state, batch) -> (loss, next state)."""

    def step(state: AdamState, batch: Images) -> tuple[Number, AdamState]:
        loss, slopes = backend.value_and_gradient(lambda weights: objective(weights, batch, sparsity))(state.weights)
        return loss, state.moved(slopes, learning_rate * state.half_cosine(steps))

    return backend.jit(step, fuse=False)


def _facts(losses: list[float], schedule: AutoencoderSchedule) -> tuple[bool, dict[str, Any]]:
    """Return whether training settled, and what a reader wants to know of it."""
    moved = moved_at_last(losses)
    facts = {
        "epochs": len(losses),
        "loss": losses[-1],
        "moved": moved,
        "rule_met": len(losses) == schedule.epochs,
        "stopped_because": "every epoch was done",
        "loss_curve": [[i + 1, float(f"{loss:.6g}")] for i, loss in enumerate(losses)],
    }
    return moved < schedule.settled_within, facts
