"""Attacks that drive an image into a chosen class: which class, for which image, and which result is kept."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.examples import Examples, Victim, Watch, rms
from harness.spec.recipe import AttackRecipe
from harness.streams import Streams

NEAREST_AT_ONCE = 2048
"""Images whose attempts at every wrong class are held in memory together."""


class TargetedAttack(AttackRecipe):
    """An attack with a target class. Authors write ``seek``; the targets are chosen here.

    An image the model already misclassifies is attacked like any other.
    """

    target: Literal["random", "nearest", "all"] = "random"
    """The class each image is driven into: a wrong one drawn uniformly at random, the wrong one that takes the least
    distortion (every wrong class is attacked), or every wrong one in turn."""

    @property
    def random(self) -> bool:
        """Only randomly chosen targets are drawn."""
        return self.target == "random"

    def tries(self, classes: int, **inputs: Any) -> int:
        """One, or with ``target: all`` one for each wrong class."""
        return classes - 1 if self.target == "all" else 1

    @abstractmethod
    def seek(
        self, victim: Victim, images: NDArray[np.float32], targets: NDArray[np.int64], watch: Watch
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Attack images ``(n, h, w, c)`` with targets ``(n,)``; return crafted images and which have their target.

        Where the target is not reached the image is still finite and inside the box. An image that has the target
        class already is returned as it is.
        """

    def craft(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch, **inputs: Any) -> Examples:
        """Return one example for each image, or with ``target: all`` one for each image and wrong class."""
        if self.target == "random":
            return self._attempt(victim, clean, self._drawn(clean, streams, victim.classes), watch)
        if self.target == "all":
            return self._attempt(victim, *_every_wrong_class(clean, victim.classes), watch)
        # Parts of fixed size: only the nearest of an image's attempts is kept, so memory stays flat.
        starts = range(0, len(clean), NEAREST_AT_ONCE)
        parts = []
        for start in starts or (0,):
            some = clean.take(np.arange(start, min(start + NEAREST_AT_ONCE, len(clean))))

            def watch_part(done: float, note: str, start: int = start, count: int = len(some)) -> None:
                watch((start + done * count) / max(1, len(clean)), note)

            attempts = self._attempt(victim, *_every_wrong_class(some, victim.classes), watch_part)
            parts.append(_nearest(some, attempts))
        return _joined(parts)

    def _drawn(self, clean: Examples, streams: Streams, classes: int) -> NDArray[np.int64]:
        """Return a wrong class for each image; it depends on nothing but seed, run and the image's index."""
        generators = streams.per_image("targets", clean.index)
        drawn = np.fromiter((rng.integers(classes - 1) for rng in generators), np.int64, len(clean))
        return drawn + (drawn >= clean.labels)

    def _attempt(self, victim: Victim, clean: Examples, targets: NDArray[np.int64], watch: Watch) -> Examples:
        """Attack each image with its target."""
        images, found = self.seek(victim, clean.images, targets, watch)
        return Examples(images, clean.labels, clean.index, targets, found)


def _every_wrong_class(clean: Examples, classes: int) -> tuple[Examples, NDArray[np.int64]]:
    """Return each image once for each wrong class, image by image, and those classes in ascending order."""
    wrong = np.tile(np.arange(classes - 1), (len(clean), 1))
    targets = (wrong + (wrong >= clean.labels[:, None])).reshape(-1)
    return clean.take(np.repeat(np.arange(len(clean)), classes - 1)), targets


def _nearest(clean: Examples, attempts: Examples) -> Examples:
    """Keep of each image's attempts the one that was found with the least distortion (the first if none was)."""
    tries = len(attempts) // max(1, len(clean))
    originals = np.repeat(clean.images, tries, axis=0)
    found = np.asarray(attempts.found, bool)
    distortion = np.where(found, rms(attempts.images.astype(np.float64) - originals), np.inf)
    best = distortion.reshape(len(clean), tries).argmin(axis=1) if len(clean) else np.zeros(0, np.int64)
    return attempts.take(np.arange(len(clean)) * tries + best)


def _joined(parts: list[Examples]) -> Examples:
    """Return the examples of all parts in order."""
    fields = ("images", "labels", "index", "targets", "found")
    return Examples(*(np.concatenate([getattr(part, name) for part in parts]) for name in fields))
