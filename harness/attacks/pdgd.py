"""The primal-dual gradient descent attack: a distortion and its multiplier, each descending and ascending in turn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

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

    Long first steps find the nearer ones of many local minima, which networks with kinks (ReLU, max pooling) have. So
    does beginning anew: each further descent starts from noise about the nearest example so far, with shorter steps, and the
    nearest example of all is kept. ``polish`` moves it to its local minimum. The authors' code makes one descent: ``descents: 1,
    steps: 1000, learning_rate: 0.1, learning_rate_is: absolute, last_rate: 0.01, first_ratio: 0.01, dual_rate: 0.1, confidence: 0``. An image that has its
    target class already (or has left its own) is its own example.
    """

    descents: int = Field(9, ge=1, le=1000)
    """Descents for each image, at most: the first from the image itself."""
    always: int = Field(4, ge=3, le=1000)
    """Descents that every image gets."""
    spread: float = Field(0.01, ge=0, le=10)
    """An image gets more than those only while its descents, the first aside, end more than this share apart; 0 gives all to all."""
    steps: int = Field(100, ge=1, le=1_000_000)
    """Gradients computed for each image in each descent."""
    learning_rate: float = Field(20.0, gt=0, le=1000)
    """Adam's first step in the first descent: of each pixel, and so in the root mean square."""
    learning_rate_is: Literal["relative", "absolute"] = "relative"
    """Whether ``learning_rate`` is a multiple of the image's distortion (that of its nearest example so far; before there is one, of
    the distortion that a linear network of the same margin and gradient would take), or in units of the pixel range [0, 1]."""
    rate_kept: float = Field(0.6, gt=0, le=1)
    """The share of that rate that each descent keeps of the one before."""
    last_rate: float = Field(0.006, gt=0, le=1)
    """In a descent, the step falls to this share of the first, geometrically."""
    noise: float = Field(0.8, ge=0, le=10)
    """The standard deviation of the noise a further descent starts with, as a multiple of the nearest example's distortion."""
    first_ratio: float = Field(10.0, gt=0, le=1000)
    """The multiplier of the distortion divided by that of the missing margin, at first."""
    dual_rate: float = Field(0.4, gt=0, le=10)
    """By how much the logarithm of that ratio moves at first; it falls to a tenth."""
    confidence: float = Field(1e-4, ge=0, le=100)
    """The margin, in logits, by which an iterate must meet the criterion to be kept, so that it survives another batch size."""

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
        images, far, farthest = clean.images.copy(), np.full(len(clean), np.inf), np.zeros(len(clean))
        nearest, rows = far.copy(), np.arange(len(clean))
        for descent in range(self.descents):

            def watch_descent(done: float, note: str, descent: int = descent) -> None:
                watch((descent + done) / self.descents, f"descent {descent + 1} of {self.descents}: {note}")

            some = clean.take(rows)
            best = some.crafted(images[rows], np.isfinite(far[rows]))
            made = self._descend(victim, some, best, streams, descent, watch_descent)
            now = np.where(made.found, self.length(made.images.astype(np.float64) - some.images), np.inf)
            nearer = now < far[rows]
            images[rows[nearer]], far[rows[nearer]] = made.images[nearer], now[nearer]
            if descent:
                nearest[rows], farthest[rows] = np.minimum(nearest[rows], now), np.maximum(farthest[rows], now)
            apart = (descent + 1 < self.always) | (farthest >= (1.0 + self.spread) * nearest)
            rows = rows[(apart & self.in_question(clean, far))[rows]]
            if not len(rows):
                break
        return clean.crafted(images, np.isfinite(far))

    def _descend(
        self, victim: Victim, clean: Examples, best: Examples, streams: Streams, descent: int, watch: Watch
    ) -> Examples:
        """Return one descent's nearest iterates, started from noise about the best examples so far."""
        from harness.engine import pdgd
        from harness.engine.batching import attack_in_batches

        # A length of one is a root mean square of one over the root of the number of pixels.
        unit = 1.0 if self.learning_rate_is == "relative" else math.prod(clean.images.shape[1:]) ** 0.5
        settings: Mapping[str, float | int] = {
            "steps": self.steps,
            "learning_rate": unit * self.learning_rate * self.rate_kept**descent,
            "last_rate": self.last_rate,
            "first_ratio": self.first_ratio,
            "dual_rate": self.dual_rate,
            "confidence": self.confidence,
        }
        beside = (self._starts(clean, best, streams, descent), self._reach(clean, best))
        return attack_in_batches(pdgd.program, victim, clean, settings, watch, beside=beside)

    def _reach(self, clean: Examples, made: Examples) -> NDArray[np.float32]:
        """Return the Euclidean length ``(n, 1, 1, 1)`` that steps are multiples of; 0 where the first gradient is to tell."""
        if self.learning_rate_is == "absolute":
            return np.ones((len(clean), 1, 1, 1), np.float32)
        length = math.prod(clean.images.shape[1:]) ** 0.5 * rms(made.images.astype(np.float64) - clean.images)
        return np.where(made.found, length, 0.0).astype(np.float32)[:, None, None, None]

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
