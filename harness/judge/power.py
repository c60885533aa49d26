"""What runs may be expected to decide about a claim, from what its pilot runs showed; nothing is judged here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.judge.observed import Observed
from harness.judge.relations import margin
from harness.judge.statistics import LADDER, LAST, chance
from harness.spec.claim import AGAINST_OTHER, TWO_SIDED, Claim, Expected
from harness.spec.paper import LEAST_PILOT, Pilot

LEAST_CHANCE = 0.5
"""A margin that even the most runs would meet less often than this, were the paper right, is below the noise."""


@dataclass(frozen=True)
class Prospect:
    """What to expect of one claim.

    Attributes:
        margin: half-width in the printed unit; None where there is none, or where it depends on what is not known yet.
        chances: runs -> probability that so many, looked at once, reproduce the claim if the paper is exactly right and
            runs spread as the pilot's did; empty without a pilot, and where the relation has no one true number.
    """

    margin: float | None
    chances: Mapping[int, float] = field(default_factory=dict)

    @property
    def below_noise(self) -> bool:
        """Whether even the last rung of the ladder would rather leave the claim open."""
        return bool(self.chances) and self.chances[LAST] < LEAST_CHANCE


def prospect(claim: Claim, pilot: Pilot | None) -> Prospect:
    """Return what to expect of a claim.

    Args:
        claim: the claim.
        pilot: what its pilot runs showed; None where there were none or they are out of date.
    """
    width = _margin(claim.expected, pilot)
    if width is None or pilot is None or claim.expected.relation not in TWO_SIDED:
        return Prospect(width)
    return Prospect(width, {runs: chance(width, pilot.sd, runs) for runs in LADDER})


def spread_of(observed: Observed, unit: str, inputs: str) -> Pilot | None:
    """Return what pilot runs showed; None if there are too few, or nothing random lies behind them."""
    if observed.sd is None or observed.n < LEAST_PILOT:
        return None
    variance = observed.image_variance if unit == "distortion" else None
    return Pilot(
        sd=observed.sd,
        images_sd=None if variance is None else variance**0.5,
        other=observed.other,
        runs=observed.n,
        inputs=inputs,
    )


def _margin(expected: Expected, pilot: Pilot | None) -> float | None:
    """Return the margin, as far as it is known before anything was measured."""
    declared = expected.margin
    other = pilot.other if pilot is not None else None
    variance = None if pilot is None or pilot.images_sd is None else pilot.images_sd**2
    if declared is not None and declared.absolute is None and expected.relation in AGAINST_OTHER and other is None:
        return None
    if declared is not None and declared.sampling is not None and expected.unit == "distortion" and variance is None:
        return None
    return margin(expected, other, variance, pilot)
