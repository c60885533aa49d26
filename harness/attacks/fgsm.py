"""The fast gradient sign method: one step of every pixel along the gradient's sign."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from harness.examples import Examples, Victim, Watch
from harness.kinds.registry import attack
from harness.kinds.targeting import TargetedAttack
from harness.streams import Streams


@attack("fgsm", edition=1)
class FGSM(TargetedAttack):
    """Moves every pixel by epsilon up the loss: x + epsilon sign(grad J) (Goodfellow et al. 2015, section 4).

    Clipped to [0, 1]. With a target, down the loss of the target instead.
    """

    target: Literal["none", "random", "nearest", "all"] = "none"
    """The class an example is to get: none in particular (any but its true one will do, the paper's attack), a
    wrong one drawn uniformly at random, the wrong one that takes the least distortion, or every wrong one in turn."""
    epsilon: float = Field(0.25, gt=0, le=1)
    """How far each pixel moves, in units of the pixel range [0, 1]; 0.25 is the paper's for MNIST."""

    def run(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch, **inputs: Any) -> Examples:
        """Take the one step."""
        from harness.engine.batching import attack_in_batches
        from harness.engine.descent import projected

        settings = {"epsilon": self.epsilon, "step_size": self.epsilon, "steps": 1}
        return attack_in_batches(projected("linf"), victim, clean, settings, watch, beside=(clean.images,))
