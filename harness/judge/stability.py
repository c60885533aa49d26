"""Stability: whether one judged run is an outlier, on which the verdict may depend.

Each run is compared with the others and the pilot runs of the same inputs (leave-one-out, so that an outlier does not
increase the standard deviation that it is compared with; Belsley, Kuh and Welsch 1980, Regression Diagnostics, section 2.1: the
externally studentized residual). It is far off if it lies more than ``FAR`` standard deviations of the others from their
mean. With few others their standard deviation is often small by chance; then it must lie as far as independent normal
runs do in ``RARE`` of all claims, t · sqrt(1 + 1/k) standard deviations of k others (234 with two others, 11 with four, and 5
with seven, the others of three runs and a pilot of five).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from harness.judge.observed import Observed
from harness.spec.paper import Pilot

FAR = 5.0
"""A run is far off beyond this many standard deviations of the others."""
RARE = 0.01
"""Maximum false positive rate per claim if the others are few."""


@dataclass(frozen=True)
class FarRun:
    """A judged run far from all others; numbers in the printed unit.

    Attributes:
        run: its number.
        value: its difference, as the claim is judged on.
        mean: mean of the others.
        distance: how far it lies from that, in standard deviations of the others.
        others: how many others there are, pilot runs included.
    """

    run: int
    value: float
    mean: float
    distance: float
    others: int


def far_run(observed: Observed, pilot: Pilot | None, reference: float) -> FarRun | None:
    """Return the judged run farthest from the others, if it is far off; None if none is, or nothing is random.

    Args:
        observed: the judged runs.
        pilot: result of pilot runs of the same inputs; None if there are none.
        reference: the printed number, or 0 for a relation between two measures; the mean of the pilot runs is compared
            with the runs' differences from it.
    """
    if observed.deterministic or observed.n < 2:
        return None
    runs, numbers = np.array(observed.differences), observed.numbers
    theirs = _pilot(observed, pilot, reference)
    found = [_held_against(runs, at, theirs, observed.resolution) for at in range(len(runs))]
    place = max(range(len(runs)), key=lambda at: found[at][1])
    mean, distance, others = found[place]
    if distance <= limit(others, observed.n):
        return None
    return FarRun(numbers[place], float(runs[place]), mean, distance, others)


def limit(others: int, runs: int) -> float:
    """Return the number of standard deviations of the others beyond which one of ``runs`` runs is far off."""
    if others < 2:
        return math.inf
    return max(FAR, float(stdtrit(others - 1, 1 - RARE / (2 * runs))) * math.sqrt(1 + 1 / others))


def _pilot(observed: Observed, pilot: Pilot | None, reference: float) -> tuple[int, float, float]:
    """Return number, mean and variance of the pilot runs' differences; no runs if their mean is not known."""
    if pilot is None or pilot.mean is None or (observed.other is not None and pilot.other is None):
        return 0, 0.0, 0.0
    against = pilot.other if observed.other is not None and pilot.other is not None else reference
    return pilot.runs, pilot.mean - against, pilot.sd**2


def _held_against(
    runs: NDArray[np.float64], at: int, pilot: tuple[int, float, float], resolution: float
) -> tuple[float, float, int]:
    """Return the mean of all others, the distance of one run from it in their standard deviations, and their number.

    Their spread is floored at the resolution, which is 0 only where every value is 0.
    """
    rest = np.delete(runs, at)
    count, mean, variance = pilot
    others = len(rest) + count
    middle = (float(rest.sum()) + count * mean) / others
    squares = (
        float(np.square(rest - middle).sum()) + (count - 1) * variance * bool(count) + count * (mean - middle) ** 2
    )
    sd = max(math.sqrt(squares / (others - 1)) if others > 1 else 0.0, resolution)
    gap = abs(float(runs[at]) - middle)
    return middle, gap / sd if sd else 0.0, others
