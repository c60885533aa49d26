"""Projected gradient descent within a norm of the image, from random starts."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from harness.examples import Examples, Victim, Watch
from harness.kinds.attack import AttackRecipe
from harness.kinds.confirmation import exact_margin
from harness.kinds.registry import attack
from harness.streams import Streams


@attack("pgd", edition=1)
class PGD(AttackRecipe):
    """Raises the loss by projected steps of fixed length within |r| <= epsilon (Madry et al. 2018, section 2.1).

    Untargeted; the defaults are the paper's for MNIST. Pixels stay in [0, 1].
    """

    norm: Literal["linf", "l2"] = "linf"
    """The norm of the change that epsilon limits: the largest change of a pixel, or the Euclidean length of the change."""
    epsilon: float = Field(0.3, gt=0, le=1000)
    """The largest change in that norm, pixels in [0, 1]; Euclidean lengths are not divided by the number of pixels."""
    step_size: float = Field(0.01, gt=0, le=1000)
    """The length of a step in that norm."""
    step_size_is: Literal["absolute", "relative"] = "absolute"
    """Whether ``step_size`` is in pixel units, or a share of epsilon."""
    steps: int = Field(40, ge=1, le=100_000)
    """Gradient steps from each start."""
    random_start: bool = True
    """Whether to start from a point drawn uniformly within epsilon; otherwise from the image."""
    restarts: int = Field(1, ge=1, le=1000)
    """Starts for each image, until one succeeds; of several failures the one nearest to success is kept."""

    @model_validator(mode="after")
    def _restarts_differ(self) -> Self:
        if self.restarts > 1 and not self.random_start:
            raise ValueError("restarts above 1 would repeat the same start: set random_start to true, or restarts to 1")
        return self

    @property
    def random(self) -> bool:
        """Whether the starts are random."""
        return self.random_start

    @property
    def seconds(self) -> float:
        """For a thousand MNIST images, on two cores, once compiled."""
        return 0.5

    def run(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch, **inputs: Any) -> Examples:
        """Return for each image the result of the first start that succeeds."""
        from harness.engine.batching import attack_in_batches
        from harness.engine.descent import projected

        step = self.step_size * (self.epsilon if self.step_size_is == "relative" else 1.0)
        settings = {"epsilon": self.epsilon, "step_size": step, "steps": self.steps}
        images, margin = clean.images.copy(), np.full(len(clean), -np.inf)
        for restart in range(self.restarts):
            rest = np.flatnonzero(~(margin > 0))

            def watch_start(done: float, note: str, restart: int = restart) -> None:
                watch((restart + done) / self.restarts, f"start {restart + 1} of {self.restarts}: {note}")

            some = clean.take(rest)
            starts = self._starts(some.images, some.index, streams, restart)
            made = attack_in_batches(projected(self.norm), victim, some, settings, watch_start, beside=(starts,)).images
            left = exact_margin(victim, made, *some.criterion)
            better = rest[left > margin[rest]]
            images[better], margin[rest] = made[left > margin[rest]], np.fmax(margin[rest], left)
        return clean.crafted(images, margin > 0)

    def _starts(
        self, images: NDArray[np.float32], index: NDArray[np.int64], streams: Streams, restart: int
    ) -> NDArray[np.float32]:
        """Return where to start from, within epsilon and in [0, 1]; depends on seed, run, image and restart alone."""
        if not self.random_start:
            return images
        moves = np.zeros_like(images)
        for row, image in enumerate(index):
            moves[row] = self._inside(streams.rng("start", int(image), restart), images.shape[1:])
        return np.clip(images + np.float32(self.epsilon) * moves, 0.0, 1.0)

    def _inside(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return a point drawn uniformly from |r| <= 1."""
        if self.norm == "linf":
            return rng.uniform(-1.0, 1.0, shape).astype(np.float32)
        # A direction drawn uniformly, at a distance whose power d is uniform.
        direction = rng.standard_normal(shape)
        distance = rng.uniform() ** (1.0 / direction.size)
        return np.asarray(direction * (distance / np.linalg.norm(direction)), np.float32)
