"""Projected gradient descent within a norm of the image, from random starts."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from harness.examples import Examples, Victim, Watch
from harness.kinds.confirmation import exact_margin
from harness.kinds.recipe import as_before, unused
from harness.kinds.registry import attack
from harness.kinds.smallest import SizedAttack, Smallest, sized
from harness.kinds.targeting import Target, TargetedAttack
from harness.streams import Streams


@attack("pgd", edition=1)
class PGD(SizedAttack, TargetedAttack):
    """Increases the loss by projected gradient steps of fixed length within |r| <= epsilon (Madry et al. 2018, section 2.1).

    The defaults are the paper's for MNIST, without a target. With a target, the steps decrease the loss of the
    target. Pixels
    stay in [0, 1]. Without a random start and with a momentum it is MI-FGSM (Dong et al. 2018, algorithm 1).
    """

    target: Target = Field("none", exclude_if=as_before("none"))
    """The target class: none in particular (any wrong class counts), a uniformly random wrong one, the wrong one
    that needs the smallest distortion, the one that needs the largest (found only if every wrong class is), the
    one least likely for the clean image, or every wrong one in turn."""
    norm: Literal["linf", "l2"] = "linf"
    """The norm of the change that epsilon limits: the largest change of a pixel, or the Euclidean norm."""
    epsilon: float = Field(0.3, gt=0, le=1000)
    """The largest change in that norm, with pixels in [0, 1]; Euclidean norms are not divided by the number of
    pixels."""
    step_size: float = Field(0.01, gt=0, le=1000)
    """The length of a step in that norm."""
    step_size_is: Literal["absolute", "relative"] = "absolute"
    """Whether ``step_size`` is in pixel units, or a fraction of epsilon."""
    steps: int = Field(40, ge=1, le=100_000)
    """Gradient steps from each start."""
    random_start: bool = True
    """Whether to start from a point drawn uniformly within epsilon; otherwise from the image."""
    restarts: int = Field(1, ge=1, le=1000)
    """Number of starts for each image, until one succeeds; if all fail, the one closest to success is kept."""
    loss: Literal["cross-entropy", "margin"] = Field("cross-entropy", exclude_if=as_before("cross-entropy"))
    """The loss: the cross-entropy, or the margin in logits between the class to reach or to leave and the
    largest other (Carlini & Wagner 2017, as in Madry et al. 2018, Table 1)."""
    confidence: float | None = Field(None, ge=0, le=1e6, exclude_if=unused)
    """With the margin as loss: an image stops if it meets the criterion by this margin, in logits (kappa); null
    never stops."""
    momentum: float = Field(0.0, ge=0, le=10, exclude_if=as_before(0.0))
    """mu: decay of the accumulated gradients; 0 uses only the last gradient."""
    smallest: Smallest | None = Field(None, exclude_if=unused)
    """Takes the smallest epsilon that succeeds, of ``among`` (100) equally spaced values up to ``epsilon``:
    separately for each image or, with ``error_above: 0.9``, one for all images, with which more than this
    fraction of them meets the criterion. null uses ``epsilon`` itself."""

    @model_validator(mode="after")
    def _restarts_differ(self) -> Self:
        if self.restarts > 1 and not self.random_start:
            raise ValueError("restarts above 1 would repeat the same start: set random_start to true, or restarts to 1")
        return self

    @model_validator(mode="after")
    def _confidence_has_a_use(self) -> Self:
        if self.confidence is not None and self.loss == "cross-entropy":
            raise ValueError("confidence ends the steps of the margin: set loss to margin, or leave confidence away")
        return self

    @property
    def random(self) -> bool:
        """Whether the starts or the targets are random."""
        return self.random_start or super().random

    @property
    def seconds(self) -> float:
        """For a thousand MNIST images and a network of 90,000 weights, on two cores, once compiled."""
        return 0.0125 * self.steps * self.restarts * self.sizes_tried

    def run(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch, **inputs: Any) -> Examples:
        """Return for each image the result of the first start that succeeds."""
        return sized(self.smallest, partial(self._within, victim, streams), self.epsilon, victim, clean, watch)

    def _within(self, victim: Victim, streams: Streams, epsilon: float, clean: Examples, watch: Watch) -> Examples:
        """Attack within this epsilon."""
        from harness.engine.batching import attack_in_batches
        from harness.engine.descent import projected

        build = projected(self.norm, self.loss, momentum=self.momentum > 0)
        settings = {
            "epsilon": epsilon,
            "step_size": self.step_size * (epsilon if self.step_size_is == "relative" else 1.0),
            "steps": self.steps,
            "low": 0.0,
            "high": 1.0,
            "confidence": math.inf if self.confidence is None else self.confidence,
            "momentum": self.momentum,
        }
        images, margin = clean.images.copy(), np.full(len(clean), -np.inf)
        for restart in range(self.restarts):
            rest = np.flatnonzero(~(margin > 0))

            def watch_start(done: float, note: str, restart: int = restart) -> None:
                watch((restart + done) / self.restarts, f"start {restart + 1} of {self.restarts}: {note}")

            some = clean.take(rest)
            starts = self._starts(some.images, some.index, streams, restart, epsilon)
            made = attack_in_batches(build, victim, some, settings, watch_start, beside=(starts,)).images
            left = exact_margin(victim, made, *some.criterion)
            better = rest[left > margin[rest]]
            images[better], margin[rest] = made[left > margin[rest]], np.fmax(margin[rest], left)
        return clean.crafted(images, margin > 0)

    def _starts(
        self, images: NDArray[np.float32], index: NDArray[np.int64], streams: Streams, restart: int, epsilon: float
    ) -> NDArray[np.float32]:
        """Return where to start from, within epsilon and in [0, 1]; drawn by seed, run, image and restart alone."""
        if not self.random_start:
            return images
        moves = np.zeros_like(images)
        for row, image in enumerate(index):
            moves[row] = self._inside(streams.rng("start", int(image), restart), images.shape[1:])
        return np.clip(images + np.float32(epsilon) * moves, 0.0, 1.0)

    def _inside(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return a point drawn uniformly from |r| <= 1."""
        if self.norm == "linf":
            return rng.uniform(-1.0, 1.0, shape).astype(np.float32)
        # A direction drawn uniformly, at a distance whose power d is uniform.
        direction = rng.standard_normal(shape)
        distance = rng.uniform() ** (1.0 / direction.size)
        return np.asarray(direction * (distance / np.linalg.norm(direction)), np.float32)
