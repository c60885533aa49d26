"""The primal-dual gradient descent attack: a distortion and its multiplier, each descending and ascending in turn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from harness.examples import Examples, Victim, Watch, attack_failures, rms
from harness.kinds.distances import lengths
from harness.kinds.registry import attack
from harness.kinds.starting import StartingAttack
from harness.streams import Streams


class Defaults(NamedTuple):
    """What the fields of a norm are where they are null."""

    learning_rate: float
    rate_kept: float
    last_rate: float
    dual_rate: float


DEFAULTS = {"l2": Defaults(12.0, 0.85, 0.0017, 0.2), "linf": Defaults(0.5, 1.0, 0.01, 0.1)}


@attack("pdgd", edition=2)
class PDGD(StartingAttack):
    """Small distortion by primal-dual gradient descent in the Euclidean norm (Matyasko & Chau 2021, PDGD), from several starts.

    Piecewise linear networks (ReLU, max pooling) have many local minima. Long first steps find closer ones, and
    so do restarts: each further descent starts from the closest example so far plus noise, with shorter first steps.
    The closest example of all is kept. ``polish`` moves it to its local minimum. The authors' code makes one
    descent: ``descents: 1, steps: 1000, learning_rate: 0.1, learning_rate_is: absolute, last_rate: 0.01, first_ratio: 0.01,
    dual_rate: 0.1, confidence: 0``. An image that already meets the criterion is its own example.
    """

    leaves_by_reaching = True

    norm: Literal["l2", "linf"] = "l2"
    """The norm that is minimised: the Euclidean norm, or the largest change of a pixel. For the latter, the change is limited
    to a level instead of having a multiplier; the level shrinks while the margin is met (Pintor et al. 2021, FMN)."""
    descents: int = Field(8, ge=1, le=1000)
    """Maximum number of descents for each image; the first starts from the image itself, or from its ``start``."""
    agreeing: int = Field(4, ge=1, le=1000)
    """An image is finished when this many of its descents have ended as close as the closest."""
    agreement: float = Field(0.005, ge=0, le=1)
    """Tolerance of "as close", as a fraction of the closest example's distortion."""
    steps: int = Field(100, ge=1, le=1_000_000)
    """Gradients computed for each image in each descent."""
    learning_rate: float | None = Field(None, gt=0, le=1000)
    """Adam's first learning rate in the first descent, for each pixel and so for the RMS; null: 12, for ``linf`` 0.5."""
    learning_rate_is: Literal["relative", "absolute"] = "relative"
    """Whether ``learning_rate`` is a multiple of the image's distortion (that of its closest example so far or, before there
    is one, that of a linear network with the same margin and gradient), or in units of the pixel range [0, 1]."""
    rate_kept: float | None = Field(None, gt=0, le=1)
    """Each descent's first learning rate is that of the previous descent times this factor; null: 0.85, for ``linf`` 1."""
    last_rate: float | None = Field(None, gt=0, le=1)
    """In every descent, the learning rate decays exponentially to this fraction of ``learning_rate``; null: 0.0017, for ``linf`` 0.01."""
    noise: float = Field(0.8, ge=0, le=10)
    """Standard deviation of the noise at the start of a further descent, as a multiple of the closest example's distance."""
    first_ratio: float = Field(10.0, gt=0, le=1000)
    """Initial ratio of the multiplier of the distortion to that of the missing margin; not used for ``linf``."""
    dual_rate: float | None = Field(None, gt=0, le=10)
    """Initial step of the logarithm of that ratio, or of the level; it decreases to a tenth, for ``linf`` to 0.03 of it.
    null: 0.2, for ``linf`` 0.1."""
    confidence: float = Field(1e-4, ge=0, le=100)
    """The margin, in logits, by which an iterate must meet the criterion, so that it still does with another
    batch size."""

    @model_validator(mode="after")
    def _has_a_level(self) -> Self:
        if self.norm == "linf" and self.learning_rate_is == "absolute":
            raise ValueError("norm: with linf, step sizes are relative to the level: leave out learning_rate_is")
        return self

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

    def run(
        self,
        victim: Victim,
        clean: Examples,
        streams: Streams,
        watch: Watch,
        *,
        start: Examples | None = None,
        **inputs: Any,
    ) -> Examples:
        """Return the nearest iterates of all descents that succeeded, and which do in float64 too."""
        from harness.engine.batching import of_the_unmet

        return of_the_unmet(
            victim, clean, lambda rest: self._descents(victim, rest, self.starts(victim, rest, start), streams, watch)
        )

    def _descents(self, victim: Victim, clean: Examples, begun: Examples, streams: Streams, watch: Watch) -> Examples:
        """Return the nearest iterates of all descents, of images whose criterion is not met."""
        images, rows, failure = begun.images.copy(), np.arange(len(clean)), attack_failures(begun).copy()
        far = np.where(np.asarray(begun.found), self.length(images.astype(np.float64) - clean.images), np.inf)
        ends = np.full((self.descents, len(clean)), np.inf)
        for descent in range(self.descents):

            def watch_descent(done: float, note: str, descent: int = descent) -> None:
                watch((descent + done) / self.descents, f"descent {descent + 1} of {self.descents}: {note}")

            some = clean.take(rows)
            best = some.crafted(images[rows], np.isfinite(far[rows]))
            made = self._descend(victim, some, best, streams, descent, watch_descent)
            now = np.where(np.asarray(made.found), self.length(made.images.astype(np.float64) - some.images), np.inf)
            nearer, ends[descent, rows] = now < far[rows], now
            images[rows[nearer]], far[rows[nearer]] = made.images[nearer], now[nearer]
            failure[rows] = attack_failures(made)
            agree = np.sum(np.isfinite(far) & (ends <= (1.0 + self.agreement) * far), axis=0) >= self.agreeing
            rows = rows[(~agree & self.in_question(clean, far))[rows]]
            if not len(rows):
                break
        watch(1.0, f"{np.isfinite(far).sum()} of {len(clean)} images found")
        return clean.crafted(images, np.isfinite(far), failure)

    def _descend(
        self, victim: Victim, clean: Examples, best: Examples, streams: Streams, descent: int, watch: Watch
    ) -> Examples:
        """Return one descent's nearest iterates, started from noise about the best examples so far."""
        from harness.engine import level, pdgd
        from harness.engine.batching import attack_in_batches

        chosen = self._chosen
        settings: Mapping[str, float | int] = {
            "steps": self.steps,
            "learning_rate": self._unit(clean) * chosen.learning_rate * chosen.rate_kept**descent,
            "last_rate": min(chosen.last_rate / chosen.rate_kept**descent, 1.0),
            "first_ratio": self.first_ratio,
            "dual_rate": chosen.dual_rate,
            "confidence": self.confidence,
        }
        program = pdgd.program if self.norm == "l2" else level.program
        beside = (self._starts(clean, best, streams, descent), self._reach(clean, best))
        return attack_in_batches(program, victim, clean, settings, watch, beside=beside)

    @property
    def _chosen(self) -> Defaults:
        """The fields that have a default for each norm."""
        given = (getattr(self, name) for name in Defaults._fields)
        return Defaults(*(own if one is None else one for one, own in zip(given, DEFAULTS[self.norm], strict=True)))

    def _unit(self, clean: Examples) -> float:
        """Return what the program's learning rate is for one of 1: a length of 1 is less in the root mean square."""
        return math.prod(clean.images.shape[1:]) ** 0.5 if self.learning_rate_is == "absolute" else 1.0

    def length(self, change: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what is made small, ``(n,)``: the distortion, or the largest change of a pixel."""
        return rms(change) if self.norm == "l2" else lengths("linf", change)

    def _reach(self, clean: Examples, best: Examples) -> NDArray[np.float32]:
        """Return the length ``(n,)`` that steps are multiples of; 0 if the first gradient determines it."""
        if self.learning_rate_is == "absolute":
            return np.ones(len(clean), np.float32)
        pixels = math.prod(clean.images.shape[1:]) if self.norm == "l2" else 1
        each = pixels**0.5 * self.length(best.images.astype(np.float64) - clean.images)
        return np.where(np.asarray(best.found), each, 0.0).astype(np.float32)

    def _starts(self, clean: Examples, made: Examples, streams: Streams, descent: int) -> NDArray[np.float32]:
        """Return where to start from, in [0, 1]; drawn by seed, run, image and descent alone."""
        starts = made.images.copy()
        if descent == 0 or self.noise == 0:
            return starts
        size = self.noise * self.length(starts.astype(np.float64) - clean.images)
        for row, image in enumerate(clean.index):
            drawn = streams.rng("start", int(image), descent).standard_normal(starts.shape[1:], np.float32)
            starts[row] = np.clip(starts[row] + np.float32(size[row]) * drawn, 0.0, 1.0)
        return starts
