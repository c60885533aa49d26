"""The paper's attack, and from its end points along the boundary to the nearest point of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.attacks.lbfgs import LBFGS
from harness.examples import Victim, Watch, rms
from harness.spec.registry import attack
from harness.spec.success import exact_margin

ROOM = LBFGS().overshoot
"""The margin of the first search, at least: that of ``lbfgs``, so that it starts where that attack ends."""
HALFWAY = 0.5
"""The share of the time the first search takes."""


@attack("lbfgs-polished", edition=1)
class LBFGSPolished(LBFGS):
    """Smallest distortion found on the target's boundary itself, starting where ``lbfgs`` of the same fields ends.

    A cross-entropy at the largest c that succeeds has its minimum beside the nearest point of the boundary, the more so
    the weaker the network. From there sequential quadratic programming minimises the distortion subject to the margin
    and the box. No example is farther than that of ``lbfgs``, which is kept where nothing nearer is found.
    """

    steps: int = Field(40, ge=1, le=10_000)
    """Projections onto the boundary, at most; each takes the gradients of nine logits' differences."""
    closeness: float = Field(1e-4, gt=0, le=0.1)
    """An image is done when the next projection is this near to it, as a share of its distortion."""
    overshoot: float = Field(1e-4, ge=1e-5, le=100)
    """The margin, in logits, by which the target class must win, so that rounding to float32 does not lose it; the
    search before asks for a thousandth at least. Points are compared, and confirmed by half of it, in float64."""

    @property
    def seconds(self) -> float:
        """Mostly compiling; a thousand MNIST images take two seconds of it."""
        return 20.0

    def seek(
        self, victim: Victim, images: NDArray[np.float32], targets: NDArray[np.int64], watch: Watch
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return the nearest points found, and which have their target in float64 too."""
        from harness.engine import polish
        from harness.engine.sweep import sweep

        first = self.model_copy(update={"overshoot": max(self.overshoot, ROOM)})
        best, found = LBFGS.seek(first, victim, images, targets, lambda done, note: watch(done * HALFWAY, note))
        # One that stayed where it was has the target already, or no way leads there.
        rows = np.flatnonzero((best != images).any(axis=(1, 2, 3)))
        origins, starts, classes = images[rows], best[rows], targets[rows]
        made, _ = sweep(
            polish.program,
            victim,
            origins,
            classes,
            {"steps": self.steps, "overshoot": self.overshoot, "precision": self.closeness},
            lambda done, note: watch(HALFWAY + done * (1.0 - HALFWAY), note),
            reach=True,
            beside=(starts,),
            copies=polish.RIVALS,
        )
        there = exact_margin(victim, made, classes, reach=True) > self.overshoot / 2.0
        nearer = rms(made.astype(np.float64) - origins) < rms(starts.astype(np.float64) - origins)
        kept = there & (nearer | ~found[rows])
        best[rows[kept]], found[rows[kept]] = made[kept], True
        return best, found
