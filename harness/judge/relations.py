"""The test of a claim by its relation, and how wide its margin is; ``harness/relations/`` says what each relation accepts.

Let d be the difference: mean over runs minus the printed number; for a relation between two measures, mean of the
differences paired by run. A claim is REPRODUCED if the whole confidence interval of d lies within the accepting region,
NOT_REPRODUCED if it lies wholly outside the refuting one, and INCONCLUSIVE otherwise. A printed number is one run of
unknown variance, unless the claim says more, so a refutation also needs it to lie outside the prediction interval
(``harness/judge/printed.py``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypedDict

from harness.judge.foresight import settling_chance
from harness.judge.intervals import compared, interval, prediction, settling_by, supports
from harness.judge.kind_facts import best, usual_statistic
from harness.judge.looks import Ladder, level_of
from harness.judge.observed import Observed
from harness.judge.printed import BestOf, MeanOf, PrintedNumber
from harness.judge.statistics import (
    NORMAL,
    OPEN,
    REFUTED,
    REPRODUCED,
    Region,
    decide,
    decide_exact,
    p_value,
    same_images_margin,
    sampling_margin,
    why_open,
    wilson_half_width,
)
from harness.kinds.metric import PROPORTION
from harness.spec.claim import Claim, Expected
from harness.spec.paper import Pilot


@dataclass(frozen=True)
class Decision:
    """Result of the test of one claim; numbers in the printed unit.

    Attributes:
        code: REPRODUCED, REFUTED or OPEN.
        reason: reason code of an open or reproduced claim; empty for a refuted one, which has a ``Direction`` instead.
        margin: Δ, as the relation defines it; None if it has none.
        region: accepting and refuting region; None if images decide.
        mean: the number compared, as ``compared`` returns it; None if images decide.
        interval: confidence interval of the mean, or of the paired difference, within the range of the measure; None
            for a single run, and where nothing is random.
        p_value: of a refuted claim, as in ``Verdict``.
        settling: number of runs that would decide a noisy claim if mean and standard deviation stay the same.
        chance: probability that so many runs decide it (``settling_chance``); None if the claim is not noisy.
        prediction: prediction interval for one run of the paper's, within the range of the measure.
        prediction_sd: as in ``Verdict``.
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
    chance: float | None = None
    prediction: tuple[float, float] | None = None
    prediction_sd: float | None = None
    shown_within: bool = False
    region: Region | None = None
    mean: float | None = None


def margin(
    expected: Expected,
    other: float | None,
    image_variance: float | None,
    pilot: Pilot | None,
    *,
    images: int | None = None,
    proportion: bool | None = None,
) -> float | None:
    """Return the margin, by default a half-width in the printed unit; None if none is declared and none is needed.

    It never depends on the variance between the judged runs: a margin that grows with this noise would accept any noise.

    Args:
        expected: what the paper prints.
        other: mean of the measure compared with; relative and sampling margins of such a relation refer to it.
        image_variance: variance over images in the judged runs, which a sampling margin of a mean uses where no pilot run
            gives one.
        pilot: result of the pilot runs, not out of date. Without one the margin leaves out the spread between runs,
            which makes it narrower and the claim harder to reproduce.
        images: number of images that one of our runs draws; None if it takes the whole split, the same in each run.
        proportion: whether each image counts as 0 or 1; by default as the printed unit implies.
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
    elif declared is not None and declared.same_images:
        width = float(same_images_margin(pilot.sd if pilot is not None else 0.0))
    elif declared is not None and declared.sampling is not None:
        width = _sampling(expected, reference or 0.0, image_variance, pilot, images, proportion)
    # The printed number is rounded: a difference below half a printed unit has no meaning.
    return max(width, relation.least_margin(expected.half_unit, reference or 0.0))


def _sampling(
    expected: Expected,
    reference: float,
    image_variance: float | None,
    pilot: Pilot | None,
    images: int | None,
    proportion: bool | None,
) -> float:
    """Return the half-width of a sampling margin: the paper's sampling error joined with the spread between runs."""
    assert expected.margin is not None
    assert expected.margin.sampling is not None
    theirs = expected.margin.sampling.images
    rate = min(max(reference * expected.scale, 0.0), 1.0)
    if pilot is not None and pilot.images_sd is not None:
        variance = pilot.images_sd**2
    elif usual_statistic(expected) == PROPORTION if proportion is None else proportion:
        # That of the paper's sample follows from the printed rate; ours from the pilot's, or else from the printed one too:
        # a margin must not follow the runs that are compared with it.
        mean = pilot.mean * expected.scale if pilot is not None and pilot.mean is not None else rate
        own = mean * (1 - mean) / expected.scale**2
        return _joined(float(wilson_half_width(rate, theirs)) / expected.scale, own, pilot, images)
    else:
        variance = image_variance or 0.0
    return _joined(NORMAL * math.sqrt(variance / theirs), variance, pilot, images)


def _joined(half: float, variance: float, pilot: Pilot | None, images: int | None) -> float:
    """Return a sampling margin; ``half`` and ``variance`` as in ``sampling_margin``."""
    if pilot is None:
        return half
    return float(sampling_margin(half, pilot.sd, variance, images))


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
    """Return the additional variance of the paper's number if it was measured on fewer images than ours.

    With v the variance over images, a sample of m of our n images adds v/m - v/n. Nothing is subtracted where the
    paper's sample was the larger one, which keeps the prediction interval on the wide side. A printed standard deviation
    between runs holds the sampling error of the paper's images already.
    """
    sample = expected.margin.sampling if expected.margin is not None else None
    if sample is None or not observed.image_variance or expected.printed_sd is not None:
        return 0.0
    ours = 1 / observed.images if observed.images else 0.0
    return observed.image_variance * max(1 / sample.images - ours, 0.0)


def printed_number(claim: Claim, extra: float = 0.0) -> PrintedNumber:
    """Return what a printed number is: a run, a mean or a best of several.

    Args:
        claim: the claim; if it says best of several runs and its metric is not installed, the lowest is taken as best.
        extra: as ``extra_variance`` returns it.
    """
    expected = claim.expected
    if expected.printed_is is not None:
        return BestOf(expected.printed_is.best_of, lowest=best(claim) != "higher")
    return MeanOf(expected.printed_runs or 1, expected.spread, extra)


def decide_claim(claim: Claim, observed: Observed, pilot: Pilot | None = None) -> Decision:
    """Decide one claim whose runs can be compared with the paper; ``pilot`` as in ``margin``."""
    expected, reproduced = claim.expected, claim.expected.relates.reason
    if expected.relates.exception_refutes:
        return _decide_universal(observed, reproduced)
    width = margin(
        expected,
        observed.other,
        observed.image_variance,
        pilot,
        images=observed.images if claim.measure.sample.random else None,
        proportion=observed.proportion,
    )
    bounds, number = region(expected, width, observed.other), printed_number(claim, extra_variance(expected, observed))
    mean = compared(expected, observed, number)
    # Nothing random: one value, no interval.
    if observed.deterministic:
        code = decide_exact(observed.difference, bounds, number, level=level_of(observed.ladder))
        reason = {REPRODUCED: reproduced, OPEN: "borderline", REFUTED: ""}[code]
        return Decision(code, reason, width, mean=mean, region=bounds)
    if observed.sd is None:
        return Decision(OPEN, "too-few-runs", width, settling=min(observed.ladder), mean=mean, region=bounds)
    seen = (observed.difference, observed.sd, observed.n, bounds, number)
    test: _Test = {"df": observed.df, "ladder": observed.ladder}
    code = int(decide(*seen, **test))
    reason, settling = why_open(*seen, **test) if code == OPEN else (reproduced, None)
    shown = interval(expected, observed, number)
    # The interval shown must support the decision, at the look where it is made or would be made. It differs from the
    # t-interval of the decision if all runs agree (Wilson) and if it is truncated to the range of the measure.
    later = code if settling is None else _at(observed, settling, bounds, number)
    if (
        observed.tested
        and later != OPEN
        and not supports(interval(expected, observed, number, settling), expected, bounds, later)
    ):
        code, settling = OPEN, settling_by(expected, observed, number, bounds, later, after=settling or observed.n)
        reason = "margin-below-noise" if settling is None else "noisy"
    refuted, noisy = code == REFUTED, settling is not None and observed.tested
    return Decision(
        code,
        "" if refuted else reason,
        width,
        shown,
        p_value(*seen, df=observed.df) if refuted else None,
        settling,
        settling_chance(*seen[:3], settling, *seen[3:], **test) if noisy and settling is not None else None,
        prediction(expected, observed, number) if bounds.printed else None,
        number.deviation(observed.sd, observed.n) if bounds.printed else None,
        code == OPEN and observed.tested and supports(shown, expected, bounds, REPRODUCED),
        bounds,
        mean,
    )


class _Test(TypedDict):
    df: float | None
    ladder: Ladder


def _at(observed: Observed, look: int, bounds: Region, number: PrintedNumber) -> int:
    """Return the decision at a later look if mean and standard deviation stay the same."""
    assert observed.sd is not None
    assert observed.df is not None
    df = observed.df + look - observed.n
    return int(decide(observed.difference, observed.sd, look, bounds, number, df=df, ladder=observed.ladder))


def _decide_universal(observed: Observed, reproduced: str) -> Decision:
    """Decide a finite statement on the images attacked: one exception refutes it, no interval is needed."""
    if not observed.everywhere:
        return Decision(REFUTED, "")
    if not observed.tested and not observed.deterministic:
        return Decision(OPEN, "too-few-runs", settling=min(observed.ladder))
    return Decision(REPRODUCED, reproduced)
