"""Gaussian noise: the control every attack is compared with."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from pydantic import Field, model_validator

from harness.errors import ContractError, Invalid
from harness.examples import Examples, Victim, Watch
from harness.kinds.attack import AttackRecipe
from harness.kinds.recipe import AttackRef
from harness.kinds.registry import attack
from harness.streams import Streams


@attack("gaussian-noise", edition=1)
class GaussianNoiseAttack(AttackRecipe):
    """Adds independent Gaussian noise to every pixel (Szegedy et al. 2014, Tables 2 and 4).

    Exactly one of ``stddev`` and ``like`` is given.
    """

    stddev: float | None = Field(None, gt=0, le=10)
    """Standard deviation of the noise, in units of the pixel range [0, 1]."""
    like: AttackRef | None = None
    """An attack whose mean distortion, on the same model and images, is the stddev."""
    clip: bool = False
    """Whether pixels are clipped to [0, 1]; the paper does not say."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.stddev is None) == (self.like is None):
            raise ValueError("give exactly one of stddev and like")
        return self

    @property
    def stays_in_box(self) -> bool:
        """Whether noisy images are clipped to [0, 1]."""
        return self.clip

    @property
    def sets_distortion(self) -> bool:
        """Whether the distortion is a field: not exactly if noise is clipped."""
        return self.stddev is not None and not self.clip

    @property
    def control(self) -> bool:
        """Noise does not look at the model."""
        return True

    def run(
        self,
        victim: Victim,
        clean: Examples,
        streams: Streams,
        watch: Watch,
        *,
        like: Examples | None = None,
        **inputs: Any,
    ) -> Examples:
        """Return every image with noise of its own stream; found where the model then misclassifies it."""
        stddev = self._level(like)
        shape = clean.images.shape[1:]
        drawn = [rng.standard_normal(shape, np.float32) for rng in streams.per_image("noise", clean.index)]
        images = clean.images + np.float32(stddev) * np.stack(drawn)
        if self.clip:
            images = np.clip(images, 0.0, 1.0)
        found = victim.predict(images) != clean.labels
        return clean.crafted(images, found)

    def _level(self, like: Examples | None) -> float:
        """Return the stddev: the one given, or the mean distortion of the other attack's successes."""
        if self.stddev is not None:
            return self.stddev
        if like is None or like.found is None or like.distortion is None:
            raise ContractError(f"gaussian-noise: expected the examples of the attack {self.like!r}")
        if not like.found.any():
            raise Invalid(f"gaussian-noise: the attack {self.like!r} found no example to take the stddev of")
        return float(like.distortion[like.found].mean())
