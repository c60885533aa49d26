"""What each relation accepts and what refutes it, and how wide its margin is."""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.judge.intervals import interval, prediction, settling_rung, supports
from harness.judge.observed import Observed
from harness.judge.statistics import (
    FIRST,
    OPEN,
    REFUTED,
    REPRODUCED,
    Region,
    decide,
    decide_exact,
    p_value,
    sampling_margin,
    why_open,
    wilson_half_width,
)
from harness.spec.claim import AGAINST_PRINTED, Claim, Expected
from harness.spec.paper import Pilot

HOLDS = {
    "close_to": "within-margin",
    "equivalent_to": "within-margin",
    "at_most": "within-bound",
    "at_least": "within-bound",
    "less_than": "as-ordered",
    "greater_than": "as-ordered",
    "all": "without-exception",
}
"""Reason code of a claim that is reproduced, by relation."""


@dataclass(frozen=True)
class Finding:
    """What the statistics say of one claim; numbers in the printed unit.

    Attributes:
        decision: REPRODUCED, REFUTED or OPEN.
        reason: reason code of an open or reproduced claim; empty for a refuted one, whose direction is a matter of words.
        margin: half-width Δ; None where the relation has none.
        interval: of the mean, or of the paired difference, within what it can be; None for a single run, and where
            nothing is left to chance.
        p_value: of a refuted claim, as in ``Verdict``.
        settling: runs that would settle a noisy claim.
        prediction: the interval for one run of the paper's, within what the measure can be.
        shown_within: whether the claim is open although the interval lies where it would reproduce: runs that agree are
            decided on as if they spread by one image, and others by the interval before it is cut off.
    """

    decision: int
    reason: str
    margin: float | None = None
    interval: tuple[float, float] | None = None
    p_value: float | None = None
    settling: int | None = None
    prediction: tuple[float, float] | None = None
    shown_within: bool = False


def margin(expected: Expected, other: float | None, image_variance: float | None, pilot: Pilot | None) -> float | None:
    """Return the margin in the printed unit; None for ``all`` and for an order that declares none.

    It never depends on the spread between the runs judged: a margin that grows with the noise it is to be held against
    would let any noise pass.

    Args:
        expected: what the paper prints.
        other: mean of the measure compared with, which relative and sampling margins of such a relation refer to.
        image_variance: variance over images in the runs judged; a sampling margin of a mean over images uses it where
            no pilot run has shown one.
        pilot: what the pilot runs showed, in date; without one a sampling margin leaves out the spread between runs,
            which makes it narrower and the claim harder to reproduce.
    """
    declared, relation = expected.margin, expected.relation
    if relation == "all" or (declared is None and relation in {"less_than", "greater_than"}):
        return None
    reference = expected.number if relation in AGAINST_PRINTED else other
    width = 0.0
    if declared is not None and declared.absolute is not None:
        width = declared.absolute
    elif declared is not None and declared.relative is not None:
        width = declared.relative * abs(reference or 0.0)
    elif declared is not None and declared.sampling is not None:
        shown = pilot.images_sd if pilot is not None else None
        variance = (image_variance or 0.0) if shown is None else shown**2
        half = _sampling_half(expected, reference or 0.0, variance, declared.sampling.images)
        width = float(sampling_margin(half, pilot.sd if pilot is not None else 0.0))
    return max(width, expected.half_unit)


def _sampling_half(expected: Expected, reference: float, image_variance: float, images: int) -> float:
    """Return half the 95 % interval of a rate, or of a mean over images, read off so many images."""
    if expected.unit in {"%", "fraction"}:
        rate = min(max(reference * expected.scale, 0.0), 1.0)
        return float(wilson_half_width(rate, images)) / expected.scale
    return 1.96 * math.sqrt(image_variance / images)


def region(expected: Expected, width: float | None) -> Region:
    """Return what a relation accepts and what refutes it, as bounds on the difference.

    - ``close_to``, ``equivalent_to``: inside ±Δ; outside ±Δ.
    - ``at_most``, ``at_least``: not beyond the bound by half a printed unit; beyond it by Δ.
    - ``less_than``, ``greater_than``: beyond 0; on the other side by Δ, or at all where no margin is declared.
    """
    delta, printed = width or 0.0, expected.relation in AGAINST_PRINTED
    if expected.relation in {"close_to", "equivalent_to"}:
        return Region((-delta, delta), (-delta, delta), printed)
    slack = expected.half_unit if printed else 0.0
    if expected.relation in {"at_most", "less_than"}:
        return Region((-math.inf, slack), (-math.inf, delta), printed)
    return Region((-slack, math.inf), (-delta, math.inf), printed)


def extra_variance(expected: Expected, observed: Observed) -> float:
    """Return the variance the paper's number has beyond ours because it was taken from fewer images.

    A sample of m of our n images adds v/m - v/n (v the variance over images); nothing is subtracted where the paper's
    sample was the larger one, which keeps the prediction interval on the wide side.
    """
    sample = expected.margin.sampling if expected.margin is not None else None
    if sample is None or not observed.image_variance:
        return 0.0
    ours = 1 / observed.images if observed.images else 0.0
    return observed.image_variance * max(1 / sample.images - ours, 0.0)


def find(claim: Claim, observed: Observed, pilot: Pilot | None = None) -> Finding:
    """Decide one claim whose runs may be compared with the paper; ``pilot`` as in ``margin``."""
    if claim.expected.relation == "all":
        return _universal(observed)
    expected = claim.expected
    width = margin(expected, observed.other, observed.image_variance, pilot)
    bounds, extra = region(expected, width), extra_variance(expected, observed)
    holds = HOLDS[expected.relation]
    if observed.deterministic:
        decision = decide_exact(observed.difference, bounds, extra)
        reason = {REPRODUCED: holds, OPEN: "borderline", REFUTED: ""}[decision]
        return Finding(decision, reason, width)
    if observed.sd is None:
        return Finding(OPEN, "too-few-runs", width, settling=FIRST)
    n, sd = observed.n, observed.sd
    decision = int(decide(observed.difference, sd, n, bounds, extra))
    reason, settling = why_open(observed.difference, sd, n, bounds, extra) if decision == OPEN else (holds, None)
    shown = interval(expected, observed)
    # What is decided, or would be at the rung that settles it, must be borne out by the interval that is shown there.
    later = decision if settling is None else int(decide(observed.difference, sd, settling, bounds, extra))
    if n >= FIRST and later != OPEN and not supports(interval(expected, observed, settling), expected, bounds, later):
        decision, settling = OPEN, settling_rung(expected, observed, bounds, later, after=settling or n)
        reason = "margin-below-noise" if settling is None else "noisy"
    return Finding(
        decision,
        "" if decision == REFUTED else reason,
        width,
        shown,
        p_value(observed.difference, sd, n, bounds) if decision == REFUTED else None,
        settling,
        prediction(expected, observed, extra) if bounds.printed else None,
        decision == OPEN and observed.n >= FIRST and supports(shown, expected, bounds, REPRODUCED),
    )


def _universal(observed: Observed) -> Finding:
    """Decide a finite statement on the images attacked: one exception refutes it, no interval is needed."""
    if not observed.everywhere:
        return Finding(REFUTED, "")
    if observed.n < FIRST and not observed.deterministic:
        return Finding(OPEN, "too-few-runs", settling=FIRST)
    return Finding(REPRODUCED, HOLDS["all"])
