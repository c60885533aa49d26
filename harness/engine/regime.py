"""What each step of a training on mini-batches is taken on: the mini-batch itself, or what a subclass makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.engine import augment
from harness.engine.shapes import Counts, Images, Number
from harness.engine.stepper import Stepper
from harness.examples import Examples
from harness.kinds.training import Untrained
from harness.streams import Streams


class Regime:
    """Takes each step on the mini-batch, augmented as the settings say.

    All state that a step depends on is in ``saved``, or follows from the epoch's number: a training that was killed goes
    on to the same bits.

    Attributes:
        augmentation: how images are changed; None leaves them as they are.
        layers: the layers, above 0, on whose outputs steps are taken too.
    """

    layers: tuple[int, ...] = ()

    def __init__(self, augmentation: augment.Augmentations | None) -> None:
        self.augmentation = augmentation

    def open(self, network: Untrained, stepper: Stepper, examples: Examples, streams: Streams) -> None:
        """Take the network, what moves it, the images trained on and the source of random numbers; once."""
        self.network, self.stepper, self.examples, self.streams = network, stepper, examples, streams

    def begin(self, epoch: int) -> None:
        """Begin an epoch, counted from 0."""
        self.epoch, self.steps = epoch, 0
        self._augmenting = self.streams.rng("augment", self.network.replica, epoch)

    def step(self, images: Images, labels: Counts, rows: NDArray[np.int64]) -> Number:
        """Take one step on a mini-batch, the images trained on at these rows; return its loss before the step."""
        if self.augmentation:
            images = augment.changed(images, self.augmentation, self._augmenting)
        loss = self.taken(images, labels, rows)
        self.steps += 1
        return loss

    def taken(self, images: Images, labels: Counts, rows: NDArray[np.int64]) -> Number:
        """Take the step on images that are augmented already."""
        return self.stepper.step(images, labels)

    def saved(self) -> dict[str, NDArray[Any]]:
        """Return the state since the last note that a resumed training needs, as arrays by name."""
        return {}

    def load(self, note: Mapping[str, NDArray[Any]]) -> None:
        """Take the state of a note, one after the other from the first."""

    def facts(self) -> dict[str, Any]:
        """Return what a reader wants to know of it, JSON-able."""
        return {}
