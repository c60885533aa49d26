"""Kinds that only use NumPy, available to packs only during a demonstration."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.examples import Examples, Trained, Victim
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.model import ModelRecipe

NOISE = 0.1
"""Standard deviation of every pixel around its class mean."""


class Blobs(DatasetRecipe):
    """Two classes of generated 4×4 images, each normally distributed around its mean.

    The means are symmetric around 0.5. If their distance is d standard deviations, the Bayes error rate is Φ(-d/2).
    """

    splits = ("train", "test")
    image_shape: ClassVar[tuple[int, int, int]] = (4, 4, 1)
    classes: ClassVar[int] = 2

    apart: float = Field(2.5631, gt=0, le=10)
    """Distance between the means, in standard deviations; 2.5631 gives a Bayes error rate of 10 %."""
    train: int = Field(400, ge=2)
    """Training images."""
    test: int = Field(40_000, ge=2)
    """Test images."""

    def load(self, folders: tuple[Path, ...], **inputs: Any) -> dict[str, Examples]:
        """Return both splits; the same images at every call."""
        rng = np.random.default_rng(2014)
        return {"train": self._drawn(rng, self.train), "test": self._drawn(rng, self.test)}

    def _drawn(self, rng: np.random.Generator, count: int) -> Examples:
        labels = np.arange(count, dtype=np.int64) % 2
        pixels = int(np.prod(self.image_shape))
        offset = self.apart * NOISE / (2 * np.sqrt(pixels))  # so that the distance between the means is `apart`
        means = 0.5 + np.where(labels == 1, offset, -offset)[:, None]
        images = np.clip(means + rng.normal(0, NOISE, (count, pixels)), 0, 1).astype(np.float32)
        return Examples(images.reshape(count, *self.image_shape), labels, np.arange(count))


class NearestMean(ModelRecipe):
    """Predicts the class with the nearest mean; means are over a random half of the training images."""

    def train(self, *, train_on: Examples, streams: Any, watch: Any, **inputs: Any) -> Trained:
        """Return each class's mean over a half that each run draws again."""
        rows = streams.rng("weights").permutation(len(train_on))[: len(train_on) // 2]
        images, labels = train_on.images[rows].astype(np.float64), train_on.labels[rows]
        means = np.stack([images[labels == label].mean(axis=0) for label in (0, 1)])
        return Trained({"means": means}, facts={"images": len(rows)})

    def victim(self, trained: Trained, **inputs: Any) -> Victim:
        """Return the classifier."""
        return NearestMeanVictim(trained.weights["means"])  # type: ignore[return-value]


class NearestMeanVictim:
    """A nearest-mean classifier with the methods of a victim that a metric uses.

    Attributes:
        means: float64 ``(classes, h, w, c)``.
    """

    def __init__(self, means: NDArray[np.float64]) -> None:
        self.means = means
        self.classes, self.image_shape = len(means), means.shape[1:]

    def exact_logits(self, images: NDArray[Any]) -> NDArray[np.float64]:
        """Return the negative squared distance to every mean ``(n, classes)``."""
        flat = images.reshape(len(images), 1, -1).astype(np.float64)
        return np.asarray(-((flat - self.means.reshape(1, self.classes, -1)) ** 2).sum(axis=2))

    def predict(self, images: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the class of the nearest mean ``(n,)``."""
        return np.asarray(self.exact_logits(images).argmax(axis=1), np.int64)
