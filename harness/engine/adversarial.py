"""Adversarial training: steps on examples made freshly, made once, or kept in pools that are continually renewed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from harness.engine.crafting import Crafter
from harness.engine.regime import Regime
from harness.engine.shapes import Counts, Images, Number
from harness.engine.stepper import LossTerm, Stepper
from harness.examples import Examples
from harness.kinds.ready import ReadyAttack
from harness.kinds.training import Untrained
from harness.streams import Streams


class _Crafting(Regime):
    """A regime that crafts examples once its warm-up is over."""

    def __init__(self, attack: ReadyAttack, warm_up: int, augmentation: Any) -> None:
        super().__init__(augmentation)
        self.crafter, self.warm_up = Crafter(attack), warm_up

    @property
    def warm(self) -> bool:
        """Whether the warm-up is over."""
        return self.epoch >= self.warm_up

    def craft(self, role: str, layer: int, clean: Examples) -> NDArray[np.float32]:
        """Return examples of the network as it is now; what is drawn differs from step to step."""
        streams = self.streams.within(role, self.network.replica, layer, self.epoch, self.steps)
        return self.crafter.craft(self.network, self.stepper, layer, clean, streams)

    def saved(self) -> dict[str, NDArray[Any]]:
        """Return how many examples were made and found."""
        return {"crafted": np.asarray(self.crafter.crafted), "found": np.asarray(self.crafter.found)}

    def load(self, note: Mapping[str, NDArray[Any]]) -> None:
        """Take these numbers."""
        self.crafter.crafted, self.crafter.found = int(note["crafted"]), int(note["found"])

    def facts(self) -> dict[str, Any]:
        """Return how many examples were made, and which share was found."""
        made = self.crafter.crafted
        return {"examples": made, "examples_found": self.crafter.found / made} if made else {"examples": 0}


class FreshRegime(_Crafting):
    """Steps on alpha times the clean loss plus 1 - alpha times the loss on examples made for this step.

    Attributes:
        weight: alpha.
    """

    def __init__(self, attack: ReadyAttack, weight: float, warm_up: int, augmentation: Any) -> None:
        super().__init__(attack, warm_up, augmentation)
        self.weight = weight

    def taken(self, images: Images, labels: Counts, rows: NDArray[np.int64]) -> Number:
        """Craft examples of the mini-batch, and take the step on both."""
        if not self.warm or self.weight == 1:
            return super().taken(images, labels, rows)
        pixels = np.array(ops.convert_to_numpy(images))
        clean = Examples(pixels, self.examples.labels[rows], self.examples.index[rows])
        made = self.craft("fresh", 0, clean)
        if self.weight == 0:
            return self.stepper.step(ops.convert_to_tensor(made), labels)
        return self.stepper.mixed_step(
            [LossTerm(0, images, labels, self.weight), LossTerm(0, made, labels, 1 - self.weight)]
        )


class FixedRegime(_Crafting):
    """Steps on examples alone, made of all images before the first step.

    A training that is resumed makes them again, from the weights it began with, to the same bits: a note of them would be large.
    """

    def open(self, network: Untrained, stepper: Stepper, examples: Examples, streams: Streams) -> None:
        """Take these, and make the examples."""
        super().open(network, stepper, examples, streams)
        self.epoch, self.steps = 0, 0
        self.made = self.craft("fixed", 0, examples)

    def step(self, images: Images, labels: Counts, rows: NDArray[np.int64]) -> Number:
        """Take one step on the examples of a mini-batch's images."""
        return super().step(ops.convert_to_tensor(self.made[rows]), labels, rows)


@dataclass(eq=False)
class Pool:
    """Examples of one layer's outputs.

    Attributes:
        layer: the layer; 0 for the images.
        inputs: float32 ``(n, …)``, in the shape of its outputs; empty until it is filled.
        labels: int64 ``(n,)``, the true classes of the images they were made of.
        renewed: the places renewed since the last note.
    """

    layer: int
    inputs: NDArray[np.float32]
    labels: NDArray[np.int64]
    renewed: set[int]

    def put(self, places: NDArray[np.int64], inputs: NDArray[np.float32], labels: NDArray[np.int64]) -> None:
        """Put examples into places of the pool; the first ones fill it."""
        if not len(self.labels):
            self.inputs, self.labels = inputs.copy(), labels.copy()
        else:
            self.inputs[places], self.labels[places] = inputs, labels

    def saved(self) -> dict[str, NDArray[Any]]:
        """Return the places renewed since the last call, and what they hold: a note of the whole pool would be large."""
        places = np.asarray(sorted(self.renewed), np.int64)
        self.renewed.clear()
        parts: dict[str, NDArray[Any]] = {
            "places": places,
            "inputs": self.inputs[places],
            "labels": self.labels[places],
        }
        return {f"pool-{self.layer}:{name}": array for name, array in parts.items()}

    def load(self, note: Mapping[str, NDArray[Any]]) -> None:
        """Take what ``saved`` returned, note by note."""
        places, inputs, labels = (note[f"pool-{self.layer}:{name}"] for name in ("places", "inputs", "labels"))
        if len(places):
            self.put(places, inputs, labels)


@dataclass(frozen=True)
class PoolSettings:
    """How pools are kept; ``harness.trainings.adversarial_pools`` says what each means."""

    layers: Sequence[int]
    weight: float
    size: int
    replaced: float
    every: int
    warm_up: int


class PooledRegime(_Crafting):
    """Steps on the mini-batch and one from each pool, and renews a random part of every pool from time to time."""

    def __init__(self, attack: ReadyAttack, settings: PoolSettings, augmentation: Any) -> None:
        super().__init__(attack, settings.warm_up, augmentation)
        self.settings = settings
        self.layers = tuple(layer for layer in settings.layers if layer)
        self.pools = [
            Pool(each, np.zeros((0, 1), np.float32), np.zeros(0, np.int64), set()) for each in settings.layers
        ]
        self.since = 0

    def begin(self, epoch: int) -> None:
        """Begin an epoch, with its own draws from the pools."""
        super().begin(epoch)
        self._drawing = self.streams.rng("from-pools", self.network.replica, epoch)

    def taken(self, images: Images, labels: Counts, rows: NDArray[np.int64]) -> Number:
        """Renew the pools where it is time, and take the step on the mini-batch and as many examples from each."""
        if not self.warm or self.settings.weight == 0:
            return super().taken(images, labels, rows)
        if self.since % self.settings.every == 0:
            for pool in self.pools:
                self._renew(pool)
        self.since += 1
        whole = 1 + self.settings.weight * len(self.pools)
        parts = [LossTerm(0, images, labels, 1 / whole)]
        for pool in self.pools:
            some = self._drawing.integers(len(pool.labels), size=len(rows))
            parts.append(LossTerm(pool.layer, pool.inputs[some], pool.labels[some], self.settings.weight / whole))
        return self.stepper.mixed_step(parts)

    def _renew(self, pool: Pool) -> None:
        """Replace a random part of a pool, or fill it, by examples of images drawn at random."""
        rng = self.streams.rng("renewal", self.network.replica, pool.layer, self.epoch, self.steps)
        size = min(self.settings.size, len(self.examples))
        count = max(1, round(self.settings.replaced * size)) if len(pool.labels) else size
        clean = self.examples.take(np.sort(rng.choice(len(self.examples), count, replace=False)))
        places = np.sort(rng.choice(size, count, replace=False))
        pool.put(places, self.craft("pool", pool.layer, clean), clean.labels)
        pool.renewed |= set(places.tolist())

    def saved(self) -> dict[str, NDArray[Any]]:
        """Return what changed in the pools, and when they are renewed next."""
        state = super().saved() | {"since": np.asarray(self.since)}
        for pool in self.pools:
            state |= pool.saved()
        return state

    def load(self, note: Mapping[str, NDArray[Any]]) -> None:
        """Take the state of a note."""
        super().load(note)
        self.since = int(note["since"])
        for pool in self.pools:
            pool.load(note)
