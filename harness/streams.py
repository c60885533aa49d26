"""Random streams that only depend on (paper seed, run, role, image index)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.pcg64 import integers


@dataclass(frozen=True)
class Streams:
    """The source of every random number of one run of one paper.

    They do not depend on content keys, so that two readings of a paper use the same initial weights, images, targets
    and noise, and their results are paired.

    Attributes:
        seed: the paper's seed, any non-negative integer.
        run: the run's number, counted from 1 (pilot runs from 1000); 0 for streams that do not depend on a run.
    """

    seed: int
    run: int

    def rng(self, role: str, *index: int) -> np.random.Generator:
        """Return the generator for a role ("weights", "sample", …), optionally for one index within it."""
        return np.random.default_rng((self.seed, self.run, zlib.crc32(role.encode()), *index))

    def within(self, role: str, *index: int) -> Streams:
        """Return the streams of a part of a job that draws like a whole job, such as one attack in a training."""
        return Streams(int(self.rng(role, *index).integers(2**32)), self.run)

    def integers(self, role: str, index: NDArray[np.int64], high: int) -> NDArray[np.int64]:
        """Return ``rng(role, i).integers(high)`` of every index i, int64 ``(n,)``."""
        return integers((self.seed, self.run, zlib.crc32(role.encode())), np.asarray(index, np.int64), high)

    def per_image(self, role: str, index: Iterable[int]) -> Iterator[np.random.Generator]:
        """Yield one generator for each image, given the images' positions in their split."""
        return (self.rng(role, int(i)) for i in index)
