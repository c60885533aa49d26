"""DeepFool: step after step to the nearest boundary of the linearised network."""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import Field

from harness.examples import Examples, Victim, Watch
from harness.kinds.attack import AttackRecipe
from harness.kinds.recipe import as_before
from harness.kinds.registry import attack
from harness.streams import Streams

USUAL = 10
"""Linearisations after which hardly an image is left."""


@attack("deepfool", edition=1)
class DeepFool(AttackRecipe):
    """Small distortion that makes the model err (Moosavi-Dezfooli et al. 2016, algorithm 2 and section 3.3).

    Untargeted. An image the model already misclassifies is its own example.
    """

    steps: int = Field(50, ge=1, le=10_000)
    """Maximum number of linearisations."""
    candidates: int = Field(10, ge=2, le=1000)
    """Number of classes considered: those with the largest logits at the clean image, including its own."""
    overshoot: float = Field(0.02, ge=0, le=10)
    """eta: the distortion is longer, by this fraction, than the distance to the linearised boundary."""
    norm: Literal["l2", "linf"] = Field("l2", exclude_if=as_before("l2"))
    """The norm for the nearest boundary: the Euclidean norm of the change, or the largest change of a pixel."""
    clip: bool = Field(True, exclude_if=as_before(True))
    """Whether every iterate is clipped to [0, 1]; the paper's algorithm does not clip."""

    @property
    def stays_in_box(self) -> bool:
        """Whether examples are clipped to [0, 1]."""
        return self.clip

    @property
    def random(self) -> bool:
        """Nothing is drawn."""
        return False

    @property
    def runs_until_found(self) -> bool:
        """It searches until the class changes."""
        return True

    @property
    def seconds(self) -> float:
        """For a thousand MNIST images and a network of 90,000 weights, on two cores, once compiled."""
        return 0.05 * self.candidates * min(self.steps, USUAL) / USUAL

    def run(self, victim: Victim, clean: Examples, streams: Streams, watch: Watch, **inputs: Any) -> Examples:
        """Return the first iterate of each image that has left its class."""
        from harness.engine.batching import attack_unmet
        from harness.engine.deepfool import among

        low, high = (0.0, 1.0) if self.clip else (-math.inf, math.inf)
        settings = {"steps": self.steps, "overshoot": self.overshoot, "low": low, "high": high}
        copies = min(self.candidates, victim.classes)
        return attack_unmet(among(self.candidates, self.norm), victim, clean, settings, watch, copies=copies)
