"""Gaussian noise: the control every attack is compared with."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.kinds.noise import NoiseAttack
from harness.kinds.registry import attack


@attack("gaussian-noise", edition=1)
class GaussianNoiseAttack(NoiseAttack):
    """Adds independent Gaussian noise to every pixel (Szegedy et al. 2014, Tables 2 and 4).

    Exactly one of ``stddev`` and ``like`` is given.
    """

    sized_by: ClassVar[str] = "stddev"

    stddev: float | None = Field(None, gt=0, le=10)
    """Standard deviation of the noise, in units of the pixel range [0, 1]."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return numbers of standard deviation 1."""
        return rng.standard_normal(shape, np.float32)
