"""The test of a claim by its relation, and how wide its margin is; ``harness/relations/`` says what each relation accepts.

Let d be the difference: mean over runs minus the printed number; for a relation between two measures, mean of the
differences paired by run. A claim is REPRODUCED if the whole confidence interval of d lies within the accepting region,
NOT_REPRODUCED if it lies wholly outside the refuting one, and INCONCLUSIVE otherwise. A printed number is one run of
unknown spread, so that a refutation needs it outside the prediction interval too (``harness/judge/statistics.py``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.judge.intervals import interval, prediction, settling_rung, supports
from harness.judge.kind_facts import statistic_of, usual_statistic
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
from harness.kinds.metric import PROPORTION, Statistic
from harness.spec.claim import Claim, Expected
from harness.spec.paper import Pilot


@dataclass(frozen=True)
class Decision:
    """Result of the test of one claim; numbers in the printed unit.

    Attributes:
        code: REPRODUCED, REFUTED or OPEN.
        reason: reason code of an open or reproduced claim; empty for a refuted one, which has a ``Direction`` instead.
        margin: Δ, as the relation defines it; None where it has none.
        region: accepting and refuting region; None where images decide.
        interval: confidence interval of the mean, or of the paired difference, within the range of the measure; None
            for a single run, and where nothing is random.
        p_value: of a refuted claim, as in ``Verdict``.
        settling: number of runs that would settle a noisy claim.
        prediction: prediction interval for one run of the paper's, within the range of the measure.
        shown_within: whether the claim is open although the interval shown lies within the accepting region. Two causes:
            runs that agree are decided on with a spread of one image, and the decision uses the interval before it is
            cut off at the range of the measure.
    """

    code: int
    reason: str
    margin: float | None = None
    interval: tuple[float, float] | None = None
    p_value: float | None = None
    settling: int | None = None
    prediction: tuple[float, float] | None = None
    shown_within: bool = False
    region: Region | None = None


def margin(
    expected: Expected,
    other: float | None,
    image_variance: float | None,
    pilot: Pilot | None,
    statistic: Statistic | None = None,
) -> float | None:
    """Return the margin, by default a half-width in the printed unit; None where the relation needs none and none is declared.

    It never depends on the spread between the judged runs: a margin that grows with the noise it is compared with would
    let any noise pass.

    Args:
        expected: what the paper prints.
        other: mean of the measure compared with; relative and sampling margins of such a relation refer to it.
        image_variance: variance over images in the judged runs; a sampling margin of a mean over images uses it where
            no pilot run gives one.
        pilot: result of the pilot runs, not out of date. Without one a sampling margin leaves out the spread between
            runs, which makes it narrower and the claim harder to reproduce.
        statistic: what the number is; by default what its unit tells.
    """
    declared, relation = expected.margin, expected.relates
    if relation.takes_margin == "none" or (declared is None and relation.takes_margin == "optional"):
        return None
    reference = expected.number if relation.printed else other
    width = 0.0
    if declared is not None and declared.absolute is not None:
        width = declared.absolute
    elif declared is not None and declared.relative is not None:
        width = declared.relative * abs(reference or 0.0)
    elif declared is not None and declared.sampling is not None:
        from_pilot = pilot.images_sd if pilot is not None else None
        variance = (image_variance or 0.0) if from_pilot is None else from_pilot**2
        counted = (statistic or usual_statistic(expected)) == PROPORTION
        half = _sampling_half(expected, reference or 0.0, variance, declared.sampling.images, counted=counted)
        width = float(sampling_margin(half, pilot.sd if pilot is not None else 0.0))
    # The printed number is rounded: nothing nearer than half a printed unit can be told apart from it.
    return max(width, relation.least_margin(expected.half_unit, reference or 0.0))


def _sampling_half(expected: Expected, reference: float, image_variance: float, images: int, *, counted: bool) -> float:
    """Return half the 95 % interval of a rate, or of a mean over images, estimated from a number of images."""
    if counted:
        rate = min(max(reference * expected.scale, 0.0), 1.0)
        return float(wilson_half_width(rate, images)) / expected.scale
    return 1.96 * math.sqrt(image_variance / images)


def region(expected: Expected, width: float | None, other: float | None = None) -> Region:
    """Return the accepting and the refuting region of a claim's relation, as bounds on the difference.

    Args:
        expected: what the paper prints.
        width: the margin; None for none.
        other: mean of the measure compared with.
    """
    relation = expected.relates
    reference = (expected.number if relation.printed else other) or 0.0
    given = width or 0.0, expected.half_unit, reference
    return Region(relation.accepts(*given), relation.refutes(*given), relation.printed)


def extra_variance(expected: Expected, observed: Observed) -> float:
    """Return the variance the paper's number has beyond ours because it was taken from fewer images.

    With v the variance over images, a sample of m of our n images adds v/m - v/n. Nothing is subtracted where the
    paper's sample was the larger one, which keeps the prediction interval on the wide side.
    """
    sample = expected.margin.sampling if expected.margin is not None else None
    if sample is None or not observed.image_variance:
        return 0.0
    ours = 1 / observed.images if observed.images else 0.0
    return observed.image_variance * max(1 / sample.images - ours, 0.0)


def decide_claim(claim: Claim, observed: Observed, pilot: Pilot | None = None) -> Decision:
    """Decide one claim whose runs may be compared with the paper; ``pilot`` as in ``margin``."""
    expected, reproduced = claim.expected, claim.expected.relates.reason
    if expected.relates.exception_refutes:
        return _decide_universal(observed, reproduced)
    width = margin(expected, observed.other, observed.image_variance, pilot, statistic_of(claim))
    bounds, extra = region(expected, width, observed.other), extra_variance(expected, observed)
    # Nothing random: one value, no interval.
    if observed.deterministic:
        code = decide_exact(observed.difference, bounds, extra)
        return Decision(code, {REPRODUCED: reproduced, OPEN: "borderline", REFUTED: ""}[code], width, region=bounds)
    if observed.sd is None:
        return Decision(OPEN, "too-few-runs", width, settling=FIRST, region=bounds)
    n, sd = observed.n, observed.sd
    code = int(decide(observed.difference, sd, n, bounds, extra))
    reason, settling = why_open(observed.difference, sd, n, bounds, extra) if code == OPEN else (reproduced, None)
    shown = interval(expected, observed)
    # The interval shown must support the decision, at the rung where it is made or would be. It is another one than
    # the t-interval decided on where runs agree (Wilson) and where it is cut off at the range of the measure.
    later = code if settling is None else int(decide(observed.difference, sd, settling, bounds, extra))
    if n >= FIRST and later != OPEN and not supports(interval(expected, observed, settling), expected, bounds, later):
        code, settling = OPEN, settling_rung(expected, observed, bounds, later, after=settling or n)
        reason = "margin-below-noise" if settling is None else "noisy"
    return Decision(
        code,
        "" if code == REFUTED else reason,
        width,
        shown,
        p_value(observed.difference, sd, n, bounds) if code == REFUTED else None,
        settling,
        prediction(expected, observed, extra) if bounds.printed else None,
        code == OPEN and observed.n >= FIRST and supports(shown, expected, bounds, REPRODUCED),
        bounds,
    )


def _decide_universal(observed: Observed, reproduced: str) -> Decision:
    """Decide a finite statement on the images attacked: one exception refutes it, no interval is needed."""
    if not observed.everywhere:
        return Decision(REFUTED, "")
    if observed.n < FIRST and not observed.deterministic:
        return Decision(OPEN, "too-few-runs", settling=FIRST)
    return Decision(REPRODUCED, reproduced)
