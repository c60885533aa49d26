"""The gate for attacks that left images out: how far the mean over all images may lie from the mean over those found.

A mean distortion is over the images an example was found for. The others are missing, and nothing says what their
distortion would be; being the hardest to attack, they are no random part. What can be said holds for every value they may
have (Manski 1990, Am. Econ. Rev. 80, 319-323: bounds without assumptions on what is missing): with a share f missing, a
mean m over those found, and values within [a, b], the mean over all lies within f · max(m - a, b - m) of m. A claim is
compared with the paper only where that is no more than its margin, so that no missing image could make one out of the
other; without a margin, only where it is less than the distance from the other measure or the bound.

A distortion is a root mean square over pixels in [0, 1], hence b = 1, whatever the image: a smaller bound would have to
assume how an attack fails. Values without such a bound (plain numbers, and distortions of noise that leaves the pixels'
range) keep a flat floor, ``LEAST_FOUND``.
"""

from __future__ import annotations

import math

from harness.judge.kind_facts import averages_found_only
from harness.judge.numbers import share, style
from harness.judge.observed import Observed
from harness.judge.relations import Decision
from harness.spec.claim import Claim
from harness.spec.ranges import value_range

LEAST_FOUND = 0.99
"""Least fraction of images with an example found where values have no bound."""


def left_out(claim: Claim, observed: Observed, decision: Decision) -> str:
    """Return why too many images were left without an example, in a clause after ``because``; empty where none matter."""
    least = min((found for _, found in _means_of_found(claim, observed)), default=1.0)
    moved = farthest_move(claim, observed)
    if math.isinf(moved):
        return (
            f"the mean is over the {share(least)} of the images an example was found for, and too many were left without one"
            if least < LEAST_FOUND
            else ""
        )
    margin = decision.margin
    allowed = abs(observed.difference) if margin is None else margin
    if moved <= allowed:
        return ""
    written = style(claim.expected, observed.mean)
    than = f"the margin of {written.width(margin)}" if margin is not None else "the difference"
    return (
        f"the mean is over the {share(least)} of the images an example was found for; those left without one could "
        f"move it by as much as {written.width(moved)}, more than {than}"
    )


def farthest_move(claim: Claim, observed: Observed) -> float:
    """Return how far the images without an example could move the mean, or a difference of means, in the printed unit.

    Infinite where some are missing and their values have no bound.
    """
    low, high = value_range(claim.expected)
    sides = _means_of_found(claim, observed)
    return math.fsum((1 - found) * max(mean - low, high - mean) for mean, found in sides if found < 1)


def _means_of_found(claim: Claim, observed: Observed) -> list[tuple[float, float]]:
    """Return mean and fraction found of each side that is over the images found alone; noise is measured on all."""
    sides = [(claim.measure, observed.mean, observed.found), (claim.other, observed.other, observed.other_found)]
    return [
        (mean, found)
        for measure, mean, found in sides
        if measure is not None and mean is not None and found is not None and averages_found_only(claim, measure)
    ]
