"""Sign noise: the fast gradient sign method with signs drawn at random, its control."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.kinds.noise import NoiseAttack
from harness.kinds.registry import attack


@attack("sign-noise", edition=1)
class SignNoise(NoiseAttack):
    """Changes every pixel by +epsilon or -epsilon with equal probability (Goodfellow et al. 2015, section 6).

    Exactly one of ``epsilon`` and ``like`` is given.
    """

    epsilon: float | None = Field(None, gt=0, le=10)
    """How much each pixel changes, in units of the pixel range [0, 1]."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Return numbers -1 and 1."""
        return np.where(rng.integers(0, 2, shape) > 0, 1.0, -1.0)
