"""Reconstruction independent component analysis, stage by stage: filters that rebuild their input and are seldom active.

Le et al. 2011 (NIPS 24, "ICA with reconstruction cost") and Le et al. 2012, section 3: the filters W of a stage minimise the
mean over images of |Wᵀ W x - x|² plus lambda times the sum of what a pooling makes of their outputs, the roots of sums of
squares. x is what the stages below, which stay as they are, make of an image.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from keras import ops
from numpy.typing import NDArray

from harness.engine import backend
from harness.engine.adam import AdamState
from harness.engine.settling import moved_at_last
from harness.engine.shapes import Images, Number, Numbers, Unchecked, Weights
from harness.engine.victim import Architecture
from harness.examples import Examples, Journal, Trained, Watch
from harness.kinds.training import Untrained
from harness.streams import Streams

KERNEL = "layer-1/kernel"
"""Name of a stage's filters in an architecture that begins with them."""


class StageSchedule(NamedTuple):
    """How a stage is trained.

    Attributes:
        sparsity: lambda, the weight of the pooled activations.
        epochs: number of epochs.
        batch_size: images in a mini-batch; what is left of a pass is left out.
        learning_rate: Adam's first one, which falls to zero along half a cosine.
        settled_within: a stage has settled if its last tenth moved the loss by less than this fraction.
    """

    sparsity: float
    epochs: int
    batch_size: int
    learning_rate: float
    settled_within: float


@dataclass(frozen=True)
class Stage:
    """Filters, the layer that pools their outputs, and what lies below.

    Attributes:
        architecture: the whole network.
        layer: the filters' layer, counted from 1.
    """

    architecture: Architecture
    layer: int

    @property
    def name(self) -> str:
        """Name of the filters in the network."""
        return f"layer-{self.layer}/kernel"

    @cached_property
    def below(self) -> Architecture | None:
        """The layers below the filters; None for none."""
        first = self.architecture.layers[: self.layer - 1]
        return Architecture(self.architecture.image_shape, first) if first else None

    def entering(self, weights: Weights, images: Images) -> Unchecked:
        """Return what the layers below make of images; traceable."""
        return images if self.below is None else self.below.last(weights, images)

    def _own(self, layers: int) -> Architecture:
        last = self.layer - 1 + layers
        return Architecture(self.architecture.outputs[self.layer - 1], self.architecture.layers[self.layer - 1 : last])

    @cached_property
    def filters(self) -> Architecture:
        """The filters alone."""
        return self._own(1)

    @cached_property
    def pooled(self) -> Architecture:
        """The filters and the pooling."""
        return self._own(2)


def rebuilt(stage: Stage, kernel: Unchecked, x: Unchecked) -> Unchecked:
    """Return Wᵀ W x: the gradient of |W x|²/2; traceable, differentiable."""

    def energy(given: Unchecked) -> Numbers:
        y = stage.filters.last({KERNEL: kernel}, given)
        return 0.5 * ops.sum(y * y, axis=tuple(range(1, len(y.shape))))

    return backend.value_and_gradient(energy)(x)[1]


def stage_loss(stage: Stage, kernel: Unchecked, x: Unchecked, sparsity: float) -> Number:
    """Return the mean over images of |Wᵀ W x - x|² + lambda sum(pooled activations), a scalar; traceable."""
    error = rebuilt(stage, kernel, x) - x
    pooled = stage.pooled.last({KERNEL: kernel}, x)
    each = ops.sum(error * error, axis=tuple(range(1, len(error.shape))))
    return ops.mean(each + sparsity * ops.sum(pooled, axis=tuple(range(1, len(pooled.shape)))))


@dataclass
class _Course:
    """How far a training has come.

    Attributes:
        kernels: the filters of the stages that are done, by name.
        losses: mean loss of each pass, stage by stage.
        state: Adam's in the present stage; None where that has not begun.
    """

    kernels: dict[str, NDArray[Any]] = field(default_factory=dict)
    losses: list[float] = field(default_factory=list)
    state: AdamState | None = None

    def note(self) -> dict[str, NDArray[Any]]:
        """Return it as arrays by name, for a journal."""
        done = {f"done:{name}": array for name, array in self.kernels.items()}
        state = self.state.note() if self.state is not None else {}
        return {"losses": np.asarray(self.losses), **done, **state}

    @classmethod
    def noted(cls, note: dict[str, NDArray[Any]]) -> _Course:
        """Return what a note holds."""
        done = {name.removeprefix("done:"): array for name, array in note.items() if name.startswith("done:")}
        rest = {name: array for name, array in note.items() if not name.startswith("done:") and name != "losses"}
        return cls(done, note["losses"].tolist(), AdamState.noted(rest) if rest else None)


def train(
    network: Untrained,
    layers: Sequence[int],
    examples: Examples,
    schedule: StageSchedule,
    streams: Streams,
    watch: Watch,
    journal: Journal,
) -> Trained:
    """Train the filters of one layer after the other; labels are ignored.

    Args:
        network: the network before its training.
        layers: those with filters, counted from 1, in order; each is followed by the layer that pools its outputs.
        examples: the images.
        schedule: how each stage is trained.
        streams: the shuffles are drawn from it.
        watch: called after every pass.
        journal: notes all state after every pass; a training that was killed goes on from the last.

    Returns:
        The weights of all layers, whether every stage settled, and as facts the losses.
    """
    course = _Course()
    for note in journal.notes():  # the last one holds the state of an earlier attempt
        course = _Course.noted(dict(note))
    images = ops.convert_to_tensor(examples.images)
    for layer in layers[len(course.kernels) :]:
        stage = Stage(network.architecture, layer)
        below = {name: ops.convert_to_tensor(array) for name, array in course.kernels.items()}
        _train_stage(stage, below, network, images, schedule, streams, watch, journal, course, len(layers))
        assert course.state is not None
        course.kernels[stage.name] = course.state.mapped(ops.convert_to_numpy).weights[KERNEL]
        course.state = None
    return Trained({**network.start, **course.kernels}, *_facts(course.losses, schedule, len(layers)))


def _train_stage(
    stage: Stage,
    below: Weights,
    network: Untrained,
    images: Images,
    schedule: StageSchedule,
    streams: Streams,
    watch: Watch,
    journal: Journal,
    course: _Course,
    stages: int,
) -> None:
    """Train one stage, from where the course is to its last pass."""
    size = min(schedule.batch_size, len(images))
    steps, number = len(images) // size, len(course.kernels)
    advance = _step(stage, schedule.sparsity, schedule.learning_rate, schedule.epochs * steps)
    state = course.state or AdamState.at({KERNEL: np.asarray(network.start[stage.name])})
    state = state.mapped(ops.convert_to_tensor)
    for epoch in range(len(course.losses) - number * schedule.epochs, schedule.epochs):
        order = streams.rng("shuffle", network.replica, number * schedule.epochs + epoch).permutation(len(images))
        losses = []
        for rows in order[: steps * size].reshape(steps, size):
            loss, state = advance(state, below, ops.take(images, rows, axis=0))
            losses.append(loss)
        course.state = state
        course.losses.append(float(np.mean([ops.convert_to_numpy(loss) for loss in losses])))
        journal.note(**course.note())
        told = f"stage {number + 1} of {stages}, pass {epoch + 1} of {schedule.epochs}, loss {course.losses[-1]:.4f}"
        watch(len(course.losses) / (stages * schedule.epochs), told)


def _step(stage: Stage, sparsity: float, learning_rate: float, steps: int) -> Callable[..., Any]:
    """Return the compiled function (state, weights below, batch) -> (loss, next state)."""

    def step(state: AdamState, below: Weights, batch: Images) -> tuple[Number, AdamState]:
        x = stage.entering(below, batch)
        lost = backend.value_and_gradient(lambda weights: stage_loss(stage, weights[KERNEL], x, sparsity))
        loss, slopes = lost(state.weights)
        return loss, state.moved(slopes, learning_rate * state.half_cosine(steps))

    return backend.jit(step, fuse=stage.architecture.fuses)


def _facts(losses: Sequence[float], schedule: StageSchedule, stages: int) -> tuple[bool, dict[str, Any]]:
    """Return whether every stage settled, and what a reader wants to know of the training."""
    parts = [losses[k * schedule.epochs : (k + 1) * schedule.epochs] for k in range(stages)]
    moved = max(map(moved_at_last, parts))
    facts = {
        "epochs": len(losses),
        "loss": losses[-1],
        "moved": moved,
        "rule_met": True,
        "stopped_because": "every pass of every stage was done",
        "loss_curve": [[i + 1, float(f"{loss:.6g}")] for i, loss in enumerate(losses)],
    }
    return moved < schedule.settled_within, facts
