"""The gate for attacks that failed on some images: how far the mean over all images may lie from the mean over successes.

A mean distortion is the mean over the images on which the attack succeeded. The distortion of the other images is missing,
and they are not missing at random, because they are the hardest to attack. Bounds without assumptions on missing values
(Manski 1990, Am. Econ. Rev. 80, 319-323) hold for every value they may have: with a fraction f missing, a mean m over the
successes, and values within [a, b], the mean over all images lies within f · max(m - a, b - m) of m. A claim is compared
with the paper only if this is no more than its margin, or, without a margin, no more than the distance from the other
measure or the bound: then the missing images cannot change the result.

A distortion is a root mean square over pixels in [0, 1], hence b = 1 for every image: a smaller bound would need an
assumption on how an attack fails. Values without such a bound (plain numbers, and distortions of noise that leaves the
pixels' range) need a fixed success rate, ``LEAST_FOUND``.
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
"""Least success rate of an attack if values have no bound."""


def left_out(claim: Claim, observed: Observed, decision: Decision) -> str:
    """Return why the attack failed on too many images, in a clause that follows ``because``; empty if it did not."""
    least = min((found for _, found in _means_of_found(claim, observed)), default=1.0)
    moved = farthest_move(claim, observed)
    if math.isinf(moved):
        return (
            f"the mean is over the {share(least)} of the images on which the attack succeeded, and at least {share(LEAST_FOUND)} are required"
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
        f"the mean is over the {share(least)} of the images on which the attack succeeded; the other images could change it "
        f"by up to {written.width(moved)}, more than {than}"
    )


def farthest_move(claim: Claim, observed: Observed) -> float:
    """Return how far the images on which the attack failed could change the mean, or a difference of means.

    In the printed unit; infinite if some are missing and their values have no bound.
    """
    low, high = value_range(claim.expected)
    sides = _means_of_found(claim, observed)
    return math.fsum((1 - found) * max(mean - low, high - mean) for mean, found in sides if found < 1)


def _means_of_found(claim: Claim, observed: Observed) -> list[tuple[float, float]]:
    """Return mean and success rate of each side that is a mean over successes only; noise is measured on all images."""
    sides = [(claim.measure, observed.mean, observed.found), (claim.other, observed.other, observed.other_found)]
    return [
        (mean, found)
        for measure, mean, found in sides
        if measure is not None and mean is not None and found is not None and averages_found_only(claim, measure)
    ]
