"""Uniform noise: a control of the same largest change as an attack in the maximum norm."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from harness.kinds.noise import NoiseAttack
from harness.kinds.registry import attack


@attack("uniform-noise", edition=1)
class UniformNoise(NoiseAttack):
    """Adds to every pixel a number drawn uniformly from [-epsilon, epsilon] (Goodfellow et al. 2015, section 6).

    Exactly one of ``epsilon`` and ``like`` is given; with ``like``, epsilon is the other attack's distortion
    times the square root of 3.
    """

    unit_rms: ClassVar[float] = 3**-0.5

    epsilon: float | None = Field(None, gt=0, le=10)
    """The largest change of a pixel, in units of the pixel range [0, 1]."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Return numbers from [-1, 1]."""
        return rng.uniform(-1.0, 1.0, shape)
