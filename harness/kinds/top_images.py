"""Base of metrics on top images: the images with the largest activation along each unit, or each random direction."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.errors import Infeasible, plural
from harness.examples import Examples, LayeredVictim, Value, Victim
from harness.kinds.contract import check_array
from harness.kinds.metric import MetricRecipe
from harness.streams import Streams

FLOATS_AT_ONCE = 2**24
"""Activations held together: 64 MiB."""
Basis = Literal["units", "directions"]
"""What an activation is taken along."""


class TopImages(MetricRecipe):
    """A metric on the images with the largest activation (Szegedy et al. 2014, section 3). Authors write ``score``.

    phi(x) is the vector of the outputs of a layer, after its activation function. A unit is one component of it
    (for a convolution one channel at one position); a direction v has independent normal components and norm 1.
    The top images maximise phi(x)_i, or phi(x) . v. A unit that exceeds its smallest value on fewer than ``top``
    images has no top images and is never drawn; ties are broken at random. The value is the mean over the units
    or directions drawn, not over images, so that it has no variance over images.
    """

    needs = ("victim", "streams")

    layer: int = Field(0, ge=0, le=10_000)
    """The layer, counted from 1 as in ``layers`` (after those of a model it starts from); 0 means the pixels."""
    basis: Basis = "units"
    """``units`` draws units without replacement (all units if there are fewer); ``directions`` draws random
    directions."""
    count: int = Field(200, ge=1, le=100_000)
    """Number of units or directions drawn."""
    top: int = Field(8, ge=2, le=1000)
    """Number of top-activating images for each."""

    @property
    def seconds(self) -> float:
        """A rough cost on two cores, of 10,000 images and a small convolution."""
        return 5.0

    @property
    def along(self) -> str:
        """What the images are the top images of, one of it in words."""
        return "unit" if self.basis == "units" else "random direction"

    @abstractmethod
    def score(self, victim: Victim, images: Examples, tops: NDArray[np.int64]) -> float:
        """Return the mean over units or directions, from the rows of the top images ``(drawn, top)``."""

    def measure(
        self,
        victims: tuple[Victim, ...],
        clean: Examples | None,
        made: Examples | None,
        streams: Streams | None = None,
    ) -> Value:
        """Return the mean score over units or directions."""
        assert streams is not None
        (victim,), images = victims, self.shown(clean, made)
        return Value(self.score(victim, images, self.tops(victim, images, streams)), of=len(images))

    def tops(self, victim: Victim, images: Examples, streams: Streams) -> NDArray[np.int64]:
        """Return the rows of the top images, the largest activation first, int64 ``(drawn, top)``.

        Args:
            victim: the network; one without layers to look into has pixels alone.
            images: where the top images are looked for, at least ``top``.
            streams: units or directions, and the order of images that tie, are drawn from it.

        Raises:
            Infeasible: where there are too few images, no such layer, or no unit that has top images.
        """
        if len(images) < self.top:
            raise Infeasible(f"{self.kind}: the top {self.top} of {plural(len(images), 'image')}; give it more images")
        along = self._directions if self.basis == "directions" else self._units
        values = along(victim, images.images, streams)
        ties = streams.rng("ties", self.layer).random(values.shape)
        return np.asarray(np.lexsort((ties, -values), axis=0)[: self.top].T, np.int64)

    def _directions(self, victim: Victim, images: NDArray[np.float32], streams: Streams) -> NDArray[np.float32]:
        """Return the activations ``(n, count)`` along random directions."""
        rng, parts, drawn = streams.rng("directions", self.layer), [], np.zeros((0, 0), np.float32)
        for part in outputs(victim, images, self.layer, self.kind):
            if not len(drawn):
                drawn = rng.standard_normal((self.count, part.shape[1])).astype(np.float32)
                drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
            parts.append(part @ drawn.T)
        return np.concatenate(parts)

    def _units(self, victim: Victim, images: NDArray[np.float32], streams: Streams) -> NDArray[np.float32]:
        """Return the activations ``(n, drawn)`` of units that have top images."""
        alive = np.flatnonzero(self._alive(outputs(victim, images, self.layer, self.kind)))
        if not len(alive):
            raise Infeasible(
                f"{self.kind}: no unit of layer {self.layer} exceeds its minimum on {self.top} or more images"
            )
        drawn = streams.rng("units", self.layer).permutation(alive)[: self.count]
        return np.concatenate([part[:, drawn] for part in outputs(victim, images, self.layer, self.kind)])

    def _alive(self, parts: Iterator[NDArray[np.float32]]) -> NDArray[np.bool_]:
        """Return which units exceed their least value on at least ``top`` images."""
        highest = lowest = np.zeros((0, 0), np.float32)
        for part in parts:
            lowest = np.minimum(lowest, part.min(axis=0)) if lowest.size else part.min(axis=0)
            known = np.concatenate([highest, part]) if highest.size else part
            highest = known if len(known) <= self.top else -np.partition(-known, self.top - 1, axis=0)[: self.top]
        return np.asarray(highest.min(axis=0) > lowest)


def outputs(victim: Victim, images: NDArray[np.float32], layer: int, what: str) -> Iterator[NDArray[np.float32]]:
    """Yield the outputs of a layer as rows ``(b, d)``, some images at a time.

    Args:
        victim: the network.
        images: ``(n, h, w, c)``.
        layer: the layer, counted from 1; 0 gives the pixels.
        what: who asks, for the error.

    Raises:
        Infeasible: where the network has no such layer, or cannot be looked into.
    """
    shape = _shape(victim, layer, what)
    width = math.prod(shape)
    at_once = max(1, FLOATS_AT_ONCE // width)
    for start in range(0, len(images), at_once):
        part = images[start : start + at_once]
        if layer:
            assert isinstance(victim, LayeredVictim)
            part = victim.layer_outputs(part, layer)
            check_array(part, np.float32, ("n", *shape), f"{what}: layer_outputs of the model")
        yield part.reshape(-1, width)


def _shape(victim: Victim, layer: int, what: str) -> tuple[int, ...]:
    """Return the shape of a layer's output for one image; raise Infeasible where there is none."""
    if not layer:
        return tuple(victim.image_shape)
    if not isinstance(victim, LayeredVictim):
        raise Infeasible(f"{what}: this model shows no layers; layer: 0 takes the pixels")
    number = len(victim.layer_shapes) - 1
    if layer > number:
        raise Infeasible(
            f"{what}: found layer {layer}, but the network has {plural(number, 'layer')}; choose one of them"
        )
    return tuple(victim.layer_shapes[layer])
