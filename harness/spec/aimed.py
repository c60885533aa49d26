"""Attacks that drive an image into a chosen class, or merely out of its own."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.examples import Examples, Victim, Watch
from harness.spec.targeted import TargetedAttack
from harness.streams import Streams


class AimedAttack(TargetedAttack):
    """An attack that may do without a target class. Authors write ``drive``; the classes are chosen here."""

    # One rule more than the base knows: this class answers it itself, the others it passes on.
    target: Literal["none", "random", "nearest", "all"] = "random"  # type: ignore[assignment]
    """The class each image is driven into: none in particular (any but its true one will do), a wrong one drawn
    uniformly at random, the wrong one that takes the least distortion (every wrong class is attacked), or every wrong
    one in turn."""

    @abstractmethod
    def drive(
        self, victim: Victim, images: NDArray[np.float32], classes: NDArray[np.int64], watch: Watch, *, reach: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Attack images ``(n, h, w, c)``; return crafted images and which ones reached their goal.

        Args:
            victim: the network attacked.
            images: clean images in [0, 1].
            classes: int64 ``(n,)``, the classes to reach or to leave.
            watch: told the share of images done.
            reach: whether the classes are to be reached; otherwise to be left.
        """

    def seek(
        self, victim: Victim, images: NDArray[np.float32], targets: NDArray[np.int64], watch: Watch
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Drive images into their targets."""
        return self.drive(victim, images, targets, watch, reach=True)

    def craft(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch, **inputs: Any) -> Examples:
        """Return one example for each image, or with ``target: all`` one for each image and wrong class."""
        if self.target != "none":
            return super().craft(victim, clean, streams, watch, **inputs)
        images, found = self.drive(victim, clean.images, clean.labels, watch, reach=False)
        return Examples(images, clean.labels, clean.index, found=found)
