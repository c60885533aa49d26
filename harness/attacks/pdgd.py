"""The primal-dual gradient descent attack: a distortion and its multiplier, each descending and ascending in turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.examples import Examples, Victim, Watch, rms
from harness.kinds.registry import attack
from harness.kinds.targeting import TargetedAttack
from harness.streams import Streams


@attack("pdgd", edition=1)
class PDGD(TargetedAttack):
    """Small distortion by primal-dual gradient descent in the Euclidean norm (Matyasko & Chau 2021, PDGD), from several starts.

    Piecewise linear networks (ReLU, max pooling) have many local minima. Long first steps find closer ones, and
    so do restarts: each further descent starts from the closest example so far plus noise, with shorter steps.
    The closest example of all is kept. ``polish`` moves it to its local minimum. The authors' code makes one
    descent: ``descents: 1,
    steps: 1000, learning_rate: 0.1, last_rate: 0.01, first_ratio: 0.01, dual_rate: 0.1, confidence: 0``. An image
    that already meets the criterion is its own example.
    """

    descents: int = Field(5, ge=1, le=1000)
    """Number of descents for each image; the first starts from the image itself."""
    steps: int = Field(100, ge=1, le=1_000_000)
    """Gradients computed for each image in each descent."""
    learning_rate: float = Field(1.0, gt=0, le=10)
    """Adam's first learning rate in the first descent, in units of the pixel range [0, 1]. Choose about twenty
    times the expected distortion (RMS): the default suits MNIST, where it is about 0.05. For networks for
    ImageNet, with 0.001, use 0.02."""
    rate_kept: float = Field(0.6, gt=0, le=1)
    """Each descent's first learning rate is that of the previous descent times this factor."""
    last_rate: float = Field(0.006, gt=0, le=1)
    """In a descent, the learning rate decays exponentially to this fraction of the first one."""
    noise: float = Field(0.8, ge=0, le=10)
    """Standard deviation of the noise at the start of a further descent, as a multiple of the closest example's
    distortion."""
    first_ratio: float = Field(10.0, gt=0, le=1000)
    """Initial ratio of the multiplier of the distortion to that of the missing margin."""
    dual_rate: float = Field(0.4, gt=0, le=10)
    """Initial step of the logarithm of that ratio; it decreases to a tenth."""
    confidence: float = Field(1e-4, ge=0, le=100)
    """The margin, in logits, by which an iterate must meet the criterion, so that it still does with another
    batch size."""

    @property
    def random(self) -> bool:
        """Whether noise or targets are drawn."""
        return self.descents > 1 or super().random

    @property
    def runs_until_found(self) -> bool:
        """The multiplier of the missing margin grows until a step succeeds."""
        return True

    @property
    def seconds(self) -> float:
        """For a thousand MNIST images and a network of 90,000 weights, on two cores, once compiled."""
        return 0.003 * self.descents * self.steps

    def run(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch, **inputs: Any) -> Examples:
        """Return the nearest iterates of all descents that succeeded, and which do in float64 too."""
        from harness.engine.batching import of_the_unmet

        return of_the_unmet(victim, clean, lambda rest: self._descents(victim, rest, streams, watch))

    def _descents(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch) -> Examples:
        """Return the nearest iterates of all descents, of images whose criterion is not met."""
        made = clean.crafted(clean.images, np.zeros(len(clean), bool))
        for descent in range(self.descents):

            def watch_descent(done: float, note: str, descent: int = descent) -> None:
                watch((descent + done) / self.descents, f"descent {descent + 1} of {self.descents}: {note}")

            starts = self._starts(clean, made, streams, descent)
            made = _nearer(clean, made, self._descend(victim, clean, starts, descent, watch_descent))
        return made

    def _descend(
        self, victim: Victim, clean: Examples, starts: NDArray[np.float32], descent: int, watch: Watch
    ) -> Examples:
        """Return one descent's nearest iterates."""
        from harness.engine import pdgd
        from harness.engine.batching import attack_in_batches

        settings: Mapping[str, float | int] = {
            "steps": self.steps,
            "learning_rate": self.learning_rate * self.rate_kept**descent,
            "last_rate": self.last_rate,
            "first_ratio": self.first_ratio,
            "dual_rate": self.dual_rate,
            "confidence": self.confidence,
        }
        return attack_in_batches(pdgd.program, victim, clean, settings, watch, beside=(starts,))

    def _starts(self, clean: Examples, made: Examples, streams: Streams, descent: int) -> NDArray[np.float32]:
        """Return where to start from, in [0, 1]; drawn by seed, run, image and descent alone."""
        starts = made.images.copy()
        if descent == 0 or self.noise == 0:
            return starts
        size = self.noise * rms(starts.astype(np.float64) - clean.images)
        for row, image in enumerate(clean.index):
            drawn = streams.rng("start", int(image), descent).standard_normal(starts.shape[1:], np.float32)
            starts[row] = np.clip(starts[row] + np.float32(size[row]) * drawn, 0.0, 1.0)
        return starts


def _nearer(clean: Examples, one: Examples, other: Examples) -> Examples:
    """Return of two attacks on the same images the nearer example of each image, found rather than not."""
    assert one.found is not None
    assert other.found is not None
    far, near = (rms(made.images.astype(np.float64) - clean.images) for made in (one, other))
    better = other.found & (~one.found | (near < far))
    return clean.crafted(np.where(better[:, None, None, None], other.images, one.images), one.found | other.found)
