"""The fast gradient sign method: one step of every pixel along the gradient's sign."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from pydantic import Field

from harness.examples import Examples, Victim, Watch
from harness.kinds.recipe import as_before, unused
from harness.kinds.registry import attack
from harness.kinds.smallest import SizedAttack, Smallest, sized
from harness.kinds.targeting import Target, TargetedAttack
from harness.streams import Streams


@attack("fgsm", edition=1)
class FGSM(SizedAttack, TargetedAttack):
    """Moves every pixel by epsilon in the direction that increases the loss: x + epsilon sign(grad J) (Goodfellow et al. 2015, section 4).

    With a target, it decreases the loss of the target instead.
    """

    target: Target = "none"
    """The target class: none in particular (any wrong class counts, the paper's attack), a uniformly random wrong
    one, the wrong one that needs the smallest distortion, the one that needs the largest (found only if every
    wrong class is), the one least likely for the clean image, or every wrong one in turn."""
    epsilon: float = Field(0.25, gt=0, le=1)
    """How much each pixel changes, in units of the pixel range [0, 1]; the paper's value for MNIST is 0.25."""
    clip: bool = Field(True, exclude_if=as_before(True))
    """Whether pixels are clipped to [0, 1]; the paper does not say."""
    smallest: Smallest | None = Field(None, exclude_if=unused)
    """Takes the smallest epsilon that succeeds, of ``among`` (100) equally spaced values up to ``epsilon``:
    separately for each image or, with ``error_above: 0.9``, one for all images, with which more than this
    fraction of them meets the criterion. null uses ``epsilon`` itself."""

    @property
    def stays_in_box(self) -> bool:
        """Whether examples are clipped to [0, 1]."""
        return self.clip

    @property
    def sets_distortion(self) -> bool:
        """Whether the distortion is a field: not exactly if examples are clipped."""
        return self.smallest is None and not self.clip

    @property
    def seconds(self) -> float:
        """For a thousand MNIST images and a network of 90,000 weights, on two cores, once compiled."""
        return 0.02 + 0.01 * self.sizes_tried

    def run(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch, **inputs: Any) -> Examples:
        """Take the one step."""
        return sized(self.smallest, partial(self._stepped, victim), self.epsilon, victim, clean, watch)

    def _stepped(self, victim: Victim, epsilon: float, clean: Examples, watch: Watch) -> Examples:
        """Take a step of this length."""
        from harness.engine.batching import attack_in_batches
        from harness.engine.descent import projected

        low, high = (0.0, 1.0) if self.clip else (-math.inf, math.inf)
        settings = {"epsilon": epsilon, "step_size": epsilon, "steps": 1, "low": low, "high": high}
        return attack_in_batches(projected("linf"), victim, clean, settings, watch, beside=(clean.images,))
