"""Power: the probability that runs reproduce a claim if the paper is exactly right; from its pilot runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.judge.detection import detectable
from harness.judge.foresight import Foreseen, foresee
from harness.judge.kind_facts import statistic_of
from harness.judge.looks import LADDER, Ladder
from harness.judge.observed import Observed
from harness.judge.printed import ONE_RUN
from harness.judge.relations import margin, printed_number, region
from harness.kinds.metric import MEANS, PROPORTION
from harness.spec.claim import Claim
from harness.spec.paper import LEAST_PILOT, Pilot
from harness.spec.ranges import quantity_range

LEAST_POWER = 0.5
"""A margin with less power than this at the last look is below the noise."""


@dataclass(frozen=True)
class ClaimPower:
    """Margin and power of one claim.

    Attributes:
        margin: as in ``Verdict``; None if there is none, or where it depends on what is not known yet.
        foreseen: number of runs -> how likely so many, tested once, are to reproduce or refute the claim if the paper is
            right, its printed number being one run that spreads as ours. Empty without a pilot, and for bounds and
            orders, which name no true number.
        detects: number of runs -> the smallest true difference they would refute with probability 0.8
            (``harness/judge/detection.py``), in the printed unit; None if they would refute no possible one so often.
            Empty without a pilot or a margin that is known, and where one exception refutes.
    """

    margin: float | None
    foreseen: Mapping[int, Foreseen] = field(default_factory=dict)
    detects: Mapping[int, float | None] = field(default_factory=dict)

    @property
    def at(self) -> dict[int, float]:
        """Number of runs -> the power, the probability that so many reproduce the claim."""
        return {n: each.reproduced for n, each in self.foreseen.items()}

    @property
    def open_at(self) -> dict[int, float]:
        """Number of runs -> the probability that the claim stays open."""
        return {n: each.open for n, each in self.foreseen.items()}

    @property
    def below_noise(self) -> bool:
        """Whether the claim would more often than not be inconclusive even at the last look."""
        return bool(self.foreseen) and self.at[max(self.foreseen)] < LEAST_POWER


def power_of(claim: Claim, pilot: Pilot | None, ladder: Ladder = LADDER) -> ClaimPower:
    """Return the power of a claim.

    Args:
        claim: the claim.
        pilot: result of its pilot runs; None if there are none or they are out of date.
        ladder: the looks at which it is tested.
    """
    width = _margin(claim, pilot)
    detects = _detects(claim, width, pilot, ladder)
    if width is None or pilot is None or not claim.expected.relates.two_sided or claim.expected.each:
        return ClaimPower(width, detects=detects)
    low, high = region(claim.expected, width, pilot.other).accept
    half = min(-low, high)
    number = printed_number(claim, _extra(claim, pilot)) if claim.expected.relates.printed else None
    return ClaimPower(
        width,
        {n: foresee(half, pilot.sd, n, pilot_runs=pilot.runs, number=number, ladder=ladder) for n in ladder},
        detects,
    )


def _detects(claim: Claim, width: float | None, pilot: Pilot | None, ladder: Ladder) -> dict[int, float | None]:
    """Return the smallest true difference that is refuted with probability 0.8, by number of runs."""
    expected = claim.expected
    relation, unknown = expected.relates, width is None and expected.margin is not None
    if pilot is None or unknown or relation.exception_refutes or expected.each:
        return {}
    reference = expected.number or 0.0
    low, high = quantity_range(expected)
    given = region(expected, width, pilot.other), pilot.sd
    possible = (low - reference, high - reference)
    number = printed_number(claim, _extra(claim, pilot)) if relation.printed else ONE_RUN
    return {
        n: detectable(*given, n, pilot_runs=pilot.runs, number=number, possible=possible, ladder=ladder) for n in ladder
    }


def _extra(claim: Claim, pilot: Pilot) -> float:
    """Return the variance the paper's run has beyond ours, being measured on fewer images; 0 if not known."""
    declared, images = claim.expected.margin, pilot.images or claim.measure.sample.count
    if declared is None or declared.sampling is None or pilot.images_sd is None or images is None:
        return 0.0
    return pilot.images_sd**2 * max(1 / declared.sampling.images - 1 / images, 0.0)


def spread_of(observed: Observed, inputs: str, made: str = "") -> Pilot | None:
    """Return the result of pilot runs; None if there are too few, or nothing random enters them."""
    if observed.sd is None or observed.n < LEAST_PILOT:
        return None
    variance = None if observed.proportion else observed.image_variance
    return Pilot(
        sd=observed.sd,
        mean=observed.mean,
        images=observed.images,
        images_sd=None if variance is None else variance**0.5,
        other=observed.other,
        runs=observed.n,
        made=made,
        inputs=inputs,
    )


def _margin(claim: Claim, pilot: Pilot | None) -> float | None:
    """Return the margin, as far as it is known before anything was measured."""
    expected, declared, statistic = claim.expected, claim.expected.margin, statistic_of(claim)
    other = pilot.other if pilot is not None else None
    variance = None if pilot is None or pilot.images_sd is None else pilot.images_sd**2
    # Relative and sampling margins between two measures refer to the other measure, which only a pilot has seen.
    refers = declared is not None and (declared.relative is not None or declared.sampling is not None)
    if refers and not expected.relates.printed and other is None:
        return None
    # A mean over images has a sampling margin only once its variance over images is known; and two runs on the same
    # images differ by what only a pilot shows.
    if declared is not None and declared.sampling is not None and statistic in MEANS and variance is None:
        return None
    if declared is not None and declared.same_images and pilot is None:
        return None
    return margin(expected, other, None, pilot, images=_drawn(claim, pilot), proportion=statistic == PROPORTION)


def _drawn(claim: Claim, pilot: Pilot | None) -> int | None:
    """Return the number of images one run draws; None if it takes the whole split."""
    count = claim.measure.sample.count
    seen = pilot.images if pilot is not None else None
    return seen if count is not None and seen is not None else count
