"""The primal-dual gradient descent attack: a distortion and its multiplier, each descending and ascending in turn."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from harness.examples import Examples, Victim, Watch
from harness.kinds.registry import attack
from harness.kinds.targeting import TargetedAttack
from harness.streams import Streams


@attack("pdgd", edition=1)
class PDGD(TargetedAttack):
    """Small distortion by primal-dual gradient descent (Matyasko & Chau 2021, PDGD in the Euclidean norm).

    Of first-order attacks it ends nearest where networks have kinks, for its first steps are long. Defaults are those of the
    authors' code, but for the confidence. An image that has its target class already (or has left its own) is its own example.
    """

    steps: int = Field(500, ge=1, le=1_000_000)
    """Gradients computed for each image."""
    learning_rate: float = Field(0.1, gt=0, le=10)
    """Adam's first step, in units of the pixel range [0, 1]."""
    last_rate: float = Field(0.01, gt=0, le=1)
    """The step falls to this share of the first, geometrically."""
    first_ratio: float = Field(0.01, gt=0, le=1000)
    """The multiplier of the distortion divided by that of the missing margin, at first."""
    dual_rate: float = Field(0.1, gt=0, le=10)
    """By how much the logarithm of that ratio moves at first; it falls to a tenth."""
    confidence: float = Field(1e-4, ge=0, le=100)
    """The margin, in logits, by which an iterate must meet the criterion to be kept, so that it survives another batch size."""

    @property
    def runs_until_found(self) -> bool:
        """The multiplier of the missing margin grows until a step succeeds."""
        return True

    @property
    def seconds(self) -> float:
        """For a thousand MNIST images and a network of 90,000 weights, on two cores, once compiled."""
        return 0.004 * self.steps

    def run(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch, **inputs: Any) -> Examples:
        """Return the nearest iterates that succeeded, and which do in float64 too."""
        from harness.engine import pdgd
        from harness.engine.batching import attack_unmet

        settings = {
            "steps": self.steps,
            "learning_rate": self.learning_rate,
            "last_rate": self.last_rate,
            "first_ratio": self.first_ratio,
            "dual_rate": self.dual_rate,
            "confidence": self.confidence,
        }
        return attack_unmet(pdgd.program, victim, clean, settings, watch)
