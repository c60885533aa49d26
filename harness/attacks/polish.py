"""Moves another attack's examples along the decision boundary to its nearest point."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from harness.errors import ContractError
from harness.examples import Examples, Victim, Watch, attack_failures, rms
from harness.kinds.confirmation import exact_margin
from harness.kinds.derived import DerivedAttack
from harness.kinds.distances import lengths
from harness.kinds.recipe import as_before, unused
from harness.kinds.registry import attack
from harness.streams import Streams


@attack("polish", edition=1)
class Polish(DerivedAttack):
    """Smallest distortion on the decision boundary itself, starting from another attack's examples.

    A penalised minimisation such as that of ``lbfgs`` ends near the closest point of the boundary, but not on it.
    From there sequential quadratic programming minimises the distortion subject to the margin and the box; for
    piecewise linear networks (ReLU, max pooling), steps to averaged linearisations do. If no closer example is
    found, the other attack's example is kept.
    """

    norm: Literal["l2", "linf"] = Field("l2", exclude_if=as_before("l2"))
    """What is made small: the Euclidean length of the change, or the largest change of a pixel (``method: averaged``)."""
    method: Literal["sqp", "averaged"] = Field("sqp", exclude_if=as_before("sqp"))
    """How the boundary is approximated: by its linearisation at the current point, or by the running mean of past
    linearisations."""
    steps: int = Field(40, ge=1, le=10_000)
    """Maximum number of projections onto the boundary; each needs the gradients of the ``rivals``, with ``averaged`` only
    that of one margin."""
    rivals: int = Field(9, ge=1, le=99, exclude_if=as_before(9))
    """How many classes, besides the target, a quadratic program linearises: those with the largest logits at the point."""
    patience: int | None = Field(None, ge=1, le=10_000, exclude_if=unused)
    """An image is also finished when this many consecutive quadratic programs improved it by less than ``xtol``; null makes
    all steps."""
    xtol: float = Field(1e-4, gt=0, le=0.1)
    """An image is finished if the next projection moves it by less than this fraction of its distortion;
    ``averaged`` makes all steps."""
    confidence: float = Field(1e-4, ge=1e-5, le=100)
    """The margin, in logits, by which the criterion must be met, so that it is still met after rounding to
    float32. Points are compared, and checked with half of this margin, in float64."""

    @model_validator(mode="after")
    def _can_measure(self) -> Self:
        if self.norm == "linf" and self.method == "sqp":
            raise ValueError("norm: linf has no quadratic program: write method: averaged, or leave out norm")
        return self

    @property
    def runs_until_found(self) -> bool:
        """Where the other attack found nothing, a point of the boundary is still looked for."""
        return True

    @property
    def seconds(self) -> float:
        """For a thousand MNIST images and a network of 90,000 weights, on two cores, once compiled."""
        return 0.03 * self.steps if self.method == "sqp" else 0.007 * self.steps

    def run(
        self,
        victim: Victim,
        clean: Examples,
        streams: Streams,
        watch: Watch,
        *,
        of: Examples | None = None,
        **inputs: Any,
    ) -> Examples:
        """Return the nearest points found, and which meet their criterion in float64 too."""
        from harness.engine import averaged, polish
        from harness.engine.batching import attack_in_batches

        of, made_found, at = self.examples_of(of, clean)
        if of.images.min() < 0 or of.images.max() > 1:
            raise ContractError(
                f"polish: the examples of the attack {self.of!r} leave [0, 1]; name an attack that stays within it "
                "(one that can clip does so with clip: true)"
            )
        origins, best, found = clean.images[at], of.images.copy(), made_found.copy()
        # Without targets, an example is polished towards the class it has; one that still has its own is left alone.
        classes = victim.predict(best) if of.targets is None else of.targets
        # An example that did not move meets its criterion already, or no nearer point was found.
        rows = np.flatnonzero((best != origins).any(axis=(1, 2, 3)) & (classes != of.labels))
        starts, some = best[rows], Examples(origins[rows], of.labels[rows], of.index[rows], classes[rows])
        sqp, settings = self.method == "sqp", {"steps": self.steps, "confidence": self.confidence, "xtol": self.xtol}
        settings["patience"] = self.patience or self.steps
        program = polish.linearising(self.rivals) if sqp else averaged.in_norm(self.norm)
        copies = self.rivals if sqp else 1
        made = attack_in_batches(program, victim, some, settings, watch, beside=(starts,), copies=copies).images
        there = exact_margin(victim, made, *some.criterion) > self.confidence / 2.0
        now, before = (self._length(images.astype(np.float64) - some.images) for images in (made, starts))
        kept = there & ((now < before) | ~found[rows])
        best[rows[kept]], found[rows[kept]] = made[kept], True
        return of.crafted(best, found, attack_failures(of))

    def _length(self, change: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what is made small, ``(n,)``."""
        return rms(change) if self.norm == "l2" else lengths("linf", change)
