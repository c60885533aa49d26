"""The Carlini-Wagner attack: Adam on distance plus c times the missing margin, in tanh space."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from harness.examples import Examples, Victim, Watch
from harness.kinds.registry import attack
from harness.kinds.targeting import TargetedAttack
from harness.streams import Streams


@attack("carlini-wagner", edition=1)
class CarliniWagner(TargetedAttack):
    """Small distortion by a binary search over c (Carlini & Wagner 2017, section VI-A, Euclidean norm).

    Minimises the squared distance plus c times max(max{Z_i : i not t} - Z_t + kappa, 0) over w, where the image
    is (tanh(w) + 1) / 2. An image that already meets the criterion is its own example.
    """

    binary_search_steps: int = Field(9, ge=1, le=100)
    """Number of values of c for each image; if there are ten or more, the last is a second try of the smallest
    that succeeded."""
    steps: int = Field(1000, ge=1, le=1_000_000)
    """Maximum number of Adam steps for each value of c."""
    step_size: float = Field(0.01, gt=0, le=10)
    """Adam's step size."""
    confidence: float = Field(1e-3, ge=0, le=1000)
    """kappa: the margin, in logits, by which the criterion must be met. With the paper's 0, examples lie on the
    boundary, and another batch size changes the class of some."""
    initial_const: float = Field(1e-3, gt=0, le=1e6)
    """The first c."""
    abort_early: bool = True
    """Whether to stop a value of c for an image if a tenth of the steps reduces its objective by less than 0.01
    %."""

    @property
    def runs_until_found(self) -> bool:
        """Larger values of c are tried until one succeeds."""
        return self.binary_search_steps > 1

    @property
    def seconds(self) -> float:
        """For a thousand MNIST images and a network of 90,000 weights, on two cores, once compiled."""
        return 0.002 * self.binary_search_steps * self.steps

    def run(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch, **inputs: Any) -> Examples:
        """Return the nearest iterates that succeeded, and which do in float64 too."""
        from harness.engine import carlini_wagner
        from harness.engine.batching import attack_unmet

        settings = {
            "binary_search_steps": self.binary_search_steps,
            "steps": self.steps,
            "step_size": self.step_size,
            "confidence": self.confidence,
            "initial_const": self.initial_const,
            "abort_early": int(self.abort_early),
        }
        return attack_unmet(carlini_wagner.program, victim, clean, settings, watch)
