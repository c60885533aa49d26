"""The decoupled direction and norm attack: normalised gradient steps, whose norm shrinks with every success."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from harness.examples import Examples, Victim, Watch
from harness.kinds.registry import attack
from harness.kinds.targeting import TargetedAttack
from harness.streams import Streams


@attack("ddn", edition=1)
class DDN(TargetedAttack):
    """Small distortion with few gradients (Rony et al. 2019, algorithm 1, Euclidean norm), without rounding of pixels.

    An image that already meets the criterion is its own example.
    """

    steps: int = Field(100, ge=1, le=1_000_000)
    """K: gradients computed for each image."""
    init_epsilon: float = Field(1.0, gt=0, le=1000)
    """epsilon_0: the first distortion, a Euclidean length, pixels in [0, 1]."""
    gamma: float = Field(0.05, gt=0, lt=1)
    """The fraction by which the norm shrinks after a success and grows after a failure."""
    confidence: float = Field(1e-3, ge=0, le=100)
    """The margin, in logits, by which an iterate must meet the criterion, so that it still does with another
    batch size."""

    @property
    def runs_until_found(self) -> bool:
        """The norm grows until a step succeeds."""
        return True

    @property
    def seconds(self) -> float:
        """For a thousand MNIST images and a network of 90,000 weights, on two cores, once compiled."""
        return 0.003 * self.steps

    def run(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch, **inputs: Any) -> Examples:
        """Return the nearest iterates that succeeded, and which do in float64 too."""
        from harness.engine import ddn
        from harness.engine.batching import attack_unmet

        settings = {
            "steps": self.steps,
            "init_epsilon": self.init_epsilon,
            "gamma": self.gamma,
            "confidence": self.confidence,
        }
        return attack_unmet(ddn.program, victim, clean, settings, watch)
