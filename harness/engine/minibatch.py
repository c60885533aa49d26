"""Training on mini-batches: Keras' model and optimizer, in a loop that can be resumed to the same bits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from harness.engine.losses import TrainingLoss
from harness.engine.regime import Regime
from harness.engine.shapes import Counts, Images, Weights
from harness.engine.stepper import Stepper
from harness.engine.victim import build_models
from harness.examples import Examples, Journal, Trained, Watch
from harness.kinds.decay import KERNEL, Decay, decay_factors
from harness.kinds.optimizer import KerasObject
from harness.kinds.training import Untrained
from harness.streams import Streams

AT_ONCE = 1024
"""Held-out images whose loss is computed together."""


@runtime_checkable
class MinibatchSettings(Protocol):
    """The settings of a training on mini-batches; ``harness.trainings.minibatch`` says what each means."""

    @property
    def optimizer(self) -> KerasObject:
        """Builds Keras' optimizer."""

    @property
    def batch_size(self) -> int:
        """Images in a mini-batch."""

    @property
    def epochs(self) -> int:
        """Passes over the images."""

    @property
    def early_stopping(self) -> Any:
        """``held_out`` and ``patience``; None for none."""

    @property
    def augmentation(self) -> Any:
        """``augment.Augmentations``; None for none."""

    @property
    def max_norm(self) -> float | None:
        """The most that a unit's incoming weights may measure; None for no bound."""

    @property
    def l1_decay(self) -> Decay | None:
        """The factor of the sum of absolute weights, of all layers or of each; None for none."""

    @property
    def temperature(self) -> float | None:
        """What logits are divided by in training; None for nothing."""


def train(
    network: Untrained,
    settings: MinibatchSettings,
    decays: Mapping[str, float],
    examples: Examples,
    streams: Streams,
    watch: Watch,
    journal: Journal,
    regime: Regime | None = None,
) -> Trained:
    """Train a network.

    Args:
        network: the network before its training.
        settings: how.
        decays: name of a weight -> factor of the sum of its squares.
        examples: the training split.
        streams: seeds of dropout, the epochs' orders, augmentation and the images held out are drawn from it.
        watch: called after every epoch.
        journal: notes all variables after every epoch; a training that was killed goes on from the last.
        regime: what each step is taken on; by default the mini-batch, augmented as the settings say.

    Returns:
        The weights, that training settled (its rule is the number of epochs), and as facts the losses.
    """
    trained_on, held_out = _split(examples, settings, streams, network.replica)
    regime = regime or Regime(settings.augmentation)
    stepper = _stepper(network, settings, decays, streams, regime.layers)
    regime.open(network, stepper, trained_on, streams)
    course = EpochLosses()
    for note in journal.notes():  # the last one holds the state of an earlier attempt
        course = EpochLosses.noted(note)
        stepper.load({name: array for name, array in note.items() if name.startswith("variable:")})
        regime.load(note)
    images, labels = ops.convert_to_tensor(trained_on.images), ops.convert_to_tensor(trained_on.labels)
    while len(course.losses) < settings.epochs and not course.over(settings):
        epoch = len(course.losses)
        shuffle = streams.rng("shuffle", network.replica, epoch)
        regime.begin(epoch)
        loss = _epoch(regime, settings, images, labels, shuffle, _within(epoch, settings, watch))
        kept = None if held_out is None else stepper.loss(held_out.images, held_out.labels, AT_ONCE)
        course = course.after(loss, kept, stepper.weights() if kept is not None else {})
        journal.note(**course.note(), **stepper.saved(), **regime.saved())
        shown = "" if kept is None else f", held out {kept:.4f}"
        watch((epoch + 1) / settings.epochs, f"epoch {epoch + 1} of {settings.epochs}, loss {loss:.4f}{shown}")
    return Trained(course.best or stepper.weights(), True, course.facts(settings) | regime.facts())


def _split(
    examples: Examples, settings: MinibatchSettings, streams: Streams, replica: int
) -> tuple[Examples, Examples | None]:
    """Return the images trained on, and those held out to decide when to stop."""
    if settings.early_stopping is None:
        return examples, None
    order = streams.rng("held-out", replica).permutation(len(examples))
    cut = max(1, round(settings.early_stopping.held_out * len(examples)))
    return examples.take(np.sort(order[cut:])), examples.take(np.sort(order[:cut]))


def _stepper(
    network: Untrained,
    settings: MinibatchSettings,
    decays: Mapping[str, float],
    streams: Streams,
    layers: Sequence[int],
) -> Stepper:
    """Return a model of its own with the weights it starts from, its seeds drawn, and its optimizer."""
    model, *above = build_models(network.architecture, (0, *layers))
    for layer in model.layers:
        layer.trainable = not any(weight.path in network.frozen for weight in layer.weights)
    seeds = streams.rng("seeds", network.replica)
    for variable in model.variables:
        if variable.path in network.start:
            variable.assign(network.start[variable.path])
        else:  # the state of a layer's random numbers
            variable.assign(seeds.integers(2**31, size=variable.shape).astype("uint32"))
    if settings.max_norm is not None:
        _bound_kernels(model, settings.max_norm)
    losses = TrainingLoss(network.architecture.probability, settings.temperature)
    l1_decays = decay_factors(settings.l1_decay or 0.0, "lambda", network.start)
    return Stepper(model, settings.optimizer.build(), decays, dict(zip(layers, above, strict=True)), losses, l1_decays)


def _bound_kernels(model: keras.Model, most: float) -> None:
    """Let the optimizer shorten, after each step, the weights into a unit, or a filter, that measure more than this."""
    for each in model.trainable_variables:
        if each.path.endswith(KERNEL):
            each.constraint = keras.constraints.MaxNorm(most, axis=list(range(len(each.shape) - 1)))


def _within(epoch: int, settings: MinibatchSettings, watch: Watch) -> Callable[[float], None]:
    """Return what reports the share of an epoch that is done."""
    return lambda done: watch((epoch + done) / settings.epochs, f"epoch {epoch + 1} of {settings.epochs}")


def _epoch(
    regime: Regime,
    settings: MinibatchSettings,
    images: Images,
    labels: Counts,
    shuffle: np.random.Generator,
    watch: Callable[[float], None],
) -> float:
    """Go through all images once, in an order of this epoch's own; return the mean loss over mini-batches."""
    order, losses = shuffle.permutation(len(labels)), []
    for start in range(0, len(order), settings.batch_size):
        rows = order[start : start + settings.batch_size]
        losses.append(regime.step(ops.take(images, rows, axis=0), ops.take(labels, rows, axis=0), rows))
        watch(start / len(order))
    return float(np.mean([ops.convert_to_numpy(loss) for loss in losses]))


@dataclass(frozen=True, eq=False)
class EpochLosses:
    """The losses of a training so far.

    Attributes:
        losses: mean loss of each epoch.
        held_out: loss on the images held out after each epoch; empty where none are.
        best: the weights with the least of those.
    """

    losses: tuple[float, ...] = ()
    held_out: tuple[float, ...] = ()
    best: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def after(self, loss: float, held_out: float | None, weights: Weights) -> EpochLosses:
        """Return the losses with one more epoch."""
        if held_out is None:
            return EpochLosses((*self.losses, loss))
        better = held_out < min(self.held_out, default=float("inf"))
        return EpochLosses((*self.losses, loss), (*self.held_out, held_out), dict(weights) if better else self.best)

    def over(self, settings: MinibatchSettings) -> bool:
        """Whether the loss on the images held out has not fallen for ``patience`` epochs."""
        if settings.early_stopping is None or not self.held_out:
            return False
        return bool(len(self.held_out) - 1 - int(np.argmin(self.held_out)) >= settings.early_stopping.patience)

    def note(self) -> dict[str, NDArray[Any]]:
        """Return the losses and the best weights as arrays, for a journal."""
        best = {f"best:{name}": array for name, array in self.best.items()}
        return {"losses": np.asarray(self.losses), "held_out": np.asarray(self.held_out), **best}

    @classmethod
    def noted(cls, note: Mapping[str, NDArray[Any]]) -> EpochLosses:
        """Return the losses and the best weights of a note."""
        best = {name.removeprefix("best:"): array for name, array in note.items() if name.startswith("best:")}
        return cls(tuple(note["losses"].tolist()), tuple(note["held_out"].tolist()), best)

    def facts(self, settings: MinibatchSettings) -> dict[str, Any]:
        """Return what a reader wants to know of the training, JSON-able."""
        every = len(self.losses) == settings.epochs
        facts: dict[str, Any] = {
            "epochs": len(self.losses),
            "loss": self.losses[-1],
            "rule_met": True,
            "stopped_because": "every epoch was done" if every else "the loss on the images held out no longer fell",
            "loss_curve": [[i + 1, float(f"{loss:.6g}")] for i, loss in enumerate(self.losses)],
        }
        if self.held_out:
            facts |= {"best_epoch": int(np.argmin(self.held_out)) + 1, "held_out_loss": min(self.held_out)}
        return facts
