"""Power: the probability that runs reproduce a claim if the paper is exactly right, from its pilot runs. Judges nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.judge.kind_facts import statistic_of
from harness.judge.observed import Observed
from harness.judge.relations import margin, region
from harness.judge.statistics import LADDER, LAST, power
from harness.kinds.metric import MEANS
from harness.spec.claim import Claim
from harness.spec.paper import LEAST_PILOT, Pilot

LEAST_POWER = 0.5
"""A margin with less power than this at the last rung is below the noise."""


@dataclass(frozen=True)
class ClaimPower:
    """Margin and power of one claim.

    Attributes:
        margin: as in ``Verdict``; None where there is none, or where it depends on what is not known yet.
        at: number of runs -> probability that so many, tested once, reproduce the claim if the paper is exactly right
            and runs spread as the pilot's. Empty without a pilot, and for bounds and orders, which name no true number.
    """

    margin: float | None
    at: Mapping[int, float] = field(default_factory=dict)

    @property
    def below_noise(self) -> bool:
        """Whether the claim would more often than not stay open even at the last rung of the ladder."""
        return bool(self.at) and self.at[LAST] < LEAST_POWER


def power_of(claim: Claim, pilot: Pilot | None) -> ClaimPower:
    """Return the power of a claim.

    Args:
        claim: the claim.
        pilot: result of its pilot runs; None where there are none or they are out of date.
    """
    width = _margin(claim, pilot)
    if width is None or pilot is None or not claim.expected.relates.two_sided:
        return ClaimPower(width)
    low, high = region(claim.expected, width, pilot.other).accept
    return ClaimPower(width, {runs: power(min(-low, high), pilot.sd, runs) for runs in LADDER})


def spread_of(claim: Claim, observed: Observed, inputs: str) -> Pilot | None:
    """Return the result of pilot runs; None if there are too few, or nothing random enters them."""
    if observed.sd is None or observed.n < LEAST_PILOT:
        return None
    variance = observed.image_variance if statistic_of(claim) in MEANS else None
    return Pilot(
        sd=observed.sd,
        images_sd=None if variance is None else variance**0.5,
        other=observed.other,
        runs=observed.n,
        inputs=inputs,
    )


def _margin(claim: Claim, pilot: Pilot | None) -> float | None:
    """Return the margin, as far as it is known before anything was measured."""
    expected, declared, statistic = claim.expected, claim.expected.margin, statistic_of(claim)
    other = pilot.other if pilot is not None else None
    variance = None if pilot is None or pilot.images_sd is None else pilot.images_sd**2
    # Relative and sampling margins between two measures refer to the other measure, which only a pilot has seen.
    if declared is not None and declared.absolute is None and expected.relates.paired and other is None:
        return None
    # A mean over images has a sampling margin only once its variance over images is known.
    if declared is not None and declared.sampling is not None and statistic in MEANS and variance is None:
        return None
    return margin(expected, other, variance, pilot, statistic)
