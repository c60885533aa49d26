"""Simulated claims, judged by the code that judges: their runs spread by 1, their pilots have five runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.judge.looks import LADDER, Ladder
from harness.judge.pooling import pool
from harness.judge.statistics import (
    OPEN,
    Region,
    decide,
    same_images_margin,
)

PILOTS = 5
LIMIT = float(same_images_margin(1.0))
"""The margin of 2.8 standard deviations, that of ``same_images``."""
POOLINGS = {"judged runs alone": None, "pooled blindly": "blindly", "pooled if alike": "alike"}
Floats = NDArray[np.float64]
Row = dict[str, Any]


@dataclass(frozen=True)
class Audit:
    """Simulated claims: ten runs each, the paper's printed run and the pilot's standard deviation."""

    runs: Floats
    printed: Floats
    pilot: Floats

    @classmethod
    def draw(cls, *shape: int, pilot: float = 1.0, seed: int = 0) -> Audit:
        """Draw audits of a paper that is right; the pilot spreads ``pilot`` times as widely as the runs."""
        rng = np.random.default_rng(seed)
        sd = pilot * np.sqrt(rng.chisquare(PILOTS - 1, shape) / (PILOTS - 1))
        return cls(rng.standard_normal((*shape, 10)), rng.standard_normal(shape), sd)

    def spread(self, n: int, pooling: str | None) -> tuple[Floats, Floats]:
        """Return the standard deviation the test uses, and its degrees of freedom."""
        sd = self.runs[..., :n].std(axis=-1, ddof=1)
        used = pool(sd, n, self.pilot, PILOTS)
        if pooling == "alike":
            return used.sd, used.df
        own, theirs = np.full(sd.shape, n - 1.0), PILOTS - 1
        if pooling is None:
            return sd, own
        return np.sqrt(((n - 1) * sd**2 + theirs * self.pilot**2) / (n - 1 + theirs)), own + theirs

    def decided(
        self, n: int, region: Region, off: float = 0.0, *, pooling: str | None = "alike", ladder: Ladder = LADDER
    ) -> Any:
        """Decide every claim at n runs; the true mean is ``off`` from the printed run's, or from the printed number."""
        sd, df = self.spread(n, pooling)
        difference = self.runs[..., :n].mean(axis=-1) + off - self.printed
        return decide(difference, sd, n, region, df=df, ladder=ladder)

    def climbed(self, region: Region, off: float, pooling: str | None) -> Any:
        """Return the first decision over all looks."""
        found = np.zeros(self.pilot.shape, np.int8)
        for n in LADDER:
            found = np.where(found == OPEN, self.decided(n, region, off, pooling=pooling), found)
        return found


def within(delta: Any) -> Region:
    """Return the regions of ``close_to``, of one margin or of many."""
    return Region((-delta, delta), (-delta, delta))


def percent(share: Any) -> str:
    """Return a share in percent."""
    return f"{100 * float(np.mean(share)):.1f} %"
