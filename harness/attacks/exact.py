"""The exact minimum distortion of a linear classifier, a lower bound for every other attack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.errors import ContractError, Invalid
from harness.examples import Examples, Victim, Watch
from harness.kinds.model import ModelRecipe
from harness.kinds.registry import attack
from harness.kinds.targeting import TargetedAttack
from harness.streams import Streams

if TYPE_CHECKING:
    from harness.engine.exact import Nearest

AT_ONCE = 4096
"""Images solved between two reports of progress."""


@attack("exact-linear", edition=1)
class ExactLinear(TargetedAttack):
    """Smallest distortion within [0, 1] that gives an image the target class, for softmax regression, with a proof.

    A convex problem with one multiplier for each other class, solved in float64. Multipliers and image together
    bound the distance from the minimum (duality gap). In the same run, the targets are the same as those of
    ``lbfgs``.
    """

    needs_target = True

    confidence: float = Field(1e-4, ge=1e-5, le=100)
    """The margin, in logits, by which the criterion must be met, so that it is still met after rounding to
    float32."""
    duality_gap: float = Field(1e-6, ge=1e-10, le=0.1)
    """Largest relative duality gap: squared distance found minus the proved lower bound, as a fraction of the
    squared distance."""

    @property
    def runs_until_found(self) -> bool:
        """It finds the nearest example at any distance."""
        return True

    @property
    def seconds(self) -> float:
        """For a thousand MNIST images and a network of 90,000 weights, on two cores, once compiled."""
        return 0.2

    def applies_to(self, model: ModelRecipe) -> bool:
        """Whether models of this recipe are linear."""
        return model.linear

    def run(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch, **inputs: Any) -> Examples:
        """Return the nearest images with their targets; the clean image where the box has none."""
        from harness.engine import exact

        if victim.linear is None:
            raise ContractError(
                "exact-linear: the model is not linear; the exact minimum is known only for linear models"
            )
        images, (targets, _) = clean.images, clean.criterion
        flat = images.reshape(len(images), -1)
        already = victim.exact_logits(images).argmax(axis=1) == targets
        parts = []
        for start in range(0, max(len(flat), 1), AT_ONCE):
            cut = slice(start, start + AT_ONCE)
            parts.append(exact.nearest_points(*victim.linear, flat[cut], targets[cut], self.confidence))
            done = min(start + AT_ONCE, len(flat))
            watch(done / max(len(flat), 1), f"{done} of {len(flat)} images")
        solution = exact.Nearest.joined(parts)
        self._prove(solution, already)
        moved = (solution.solved & ~already)[:, None]
        crafted = np.where(moved, solution.points, flat).astype(np.float32).reshape(images.shape)
        return clean.crafted(crafted, victim.exact_logits(crafted).argmax(axis=1) == targets)

    def _prove(self, solution: Nearest, already: NDArray[np.bool_]) -> None:
        """Raise Invalid unless every image has a point within the duality gap, or a proof that there is none."""
        unproved = ~(already | solution.infeasible | (solution.gap <= self.duality_gap))
        if unproved.any():
            raise Invalid(
                f"exact-linear: no proof of the minimum for {np.count_nonzero(unproved)} of {len(already)} images (largest "
                f"relative duality gap {solution.gap[unproved].max():.2g}, allowed {self.duality_gap:.2g}); the weights may be extreme"
            )
