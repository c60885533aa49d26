"""The runs of one claim in the printed unit: the statistics that the gates and relations are computed from."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.judge.kind_facts import statistic_of
from harness.judge.looks import LADDER, Ladder, reached
from harness.judge.pooling import pool
from harness.judge.statistics import FLOAT_NOISE, spread
from harness.kinds.metric import PROPORTION
from harness.record.measurement import FIRST_PILOT, Measurement, Run, Sampled
from harness.spec.claim import Claim
from harness.spec.paper import Pilot


@dataclass(frozen=True)
class Observed:
    """The runs of one claim. Numbers are in the printed unit (percent where the paper prints percent).

    Attributes:
        n: number of runs, at least 1.
        deterministic: whether nothing random enters them.
        mean: mean of the measure; of its ratio to the other, where that is what is printed.
        other: mean of the measure compared with; None if the claim compares with a printed number.
        difference: mean minus the printed number, or minus ``other``; the mean where there is neither.
        sd: standard deviation of the difference between runs, at least the resolution of the measurement, pooled with that
            of the pilot runs where there are any; the decision uses it. None for one run or a deterministic claim.
        df: degrees of freedom of ``sd``.
        spread: standard deviation between the judged runs alone, without that floor; the report shows it.
        members: number of measures one run's value is the mean of: 1, or one for each model or pair of models listed.
        images: images in one run, where known.
        holds: images (of all runs together) for which the claim holds, and all images; None if they are not counted.
        everywhere: whether the claim holds for every image of every run.
        image_variance: variance over images, the source of a run's sampling error; None if it is not known.
        proportion: whether each image counts as 0 or 1, so that this variance is p (1 - p).
        found: mean success rate of the attack; None without an attack.
        limit: mean exact minimum, where every run has one.
        undercut: number of a run whose value lies below its exact minimum; None if there is none.
        settled: whether every training converged.
        ladder: the looks at which the claim is tested.
        numbers: of the runs.
        differences: of the runs, as ``difference`` is their mean.
        resolution: the smallest step a difference can make.
        other_found: as ``found``, of the measure compared with.
        failures: on how many images of all runs the attack failed, by reason.
        unpooled: why the pilot's spread was not pooled, ``unlike`` or ``late``; empty if it was, or there is no pilot.
    """

    n: int
    deterministic: bool
    mean: float
    other: float | None
    difference: float
    sd: float | None
    df: float | None
    spread: float | None
    members: int
    images: int | None
    holds: tuple[int, int] | None
    everywhere: bool
    image_variance: float | None
    proportion: bool
    found: float | None
    limit: float | None
    undercut: int | None
    settled: bool
    ladder: Ladder = field(default_factory=lambda: LADDER)
    unpooled: str = ""
    numbers: tuple[int, ...] = ()
    differences: tuple[float, ...] = ()
    resolution: float = 0.0
    other_found: float | None = None
    failures: Mapping[str, int] = field(default_factory=dict)

    @property
    def tested(self) -> bool:
        """Whether the first look is reached."""
        return self.n >= min(self.ladder)

    @property
    def agree(self) -> bool:
        """Whether all runs gave the same value."""
        return self.sd is not None and self.spread == 0.0


LIMIT_TOLERANCE = 1e-4
"""Relative tolerance of a distortion below the exact minimum: float32 pixels and the solver's own accuracy."""


def observe(claim: Claim, measurement: Measurement, ladder: Ladder = LADDER) -> Observed | None:
    """Return the judged runs of a claim in the printed unit; None if there is none.

    Pilot runs are left out, and so are runs beyond the last look that is reached.
    """
    runs = [run for run in _complete(claim, measurement) if run.run < FIRST_PILOT]
    runs = runs[: reached(len(runs), ladder)]
    return replace(_observed(claim, measurement, runs), ladder=ladder) if runs else None


def pooled(observed: Observed, pilot: Pilot | None, *, late: bool = False) -> Observed:
    """Return the runs with the standard deviation pooled with that of the pilot runs of the same inputs, if that is allowed.

    Args:
        observed: the judged runs.
        pilot: result of the pilot runs; None if there are none of the same inputs.
        late: whether the pilot is known to have been made after the first judged run.
    """
    if pilot is None or observed.sd is None:
        return observed
    if late:
        return replace(observed, unpooled="late")
    found = pool(observed.sd, observed.n, pilot.sd, pilot.runs)
    return replace(observed, sd=float(found.sd), df=float(found.df), unpooled="" if found.alike else "unlike")


def observe_pilot(claim: Claim, measurement: Measurement) -> Observed | None:
    """Return the pilot runs of a claim, which are never judged, in the printed unit; None if there is none."""
    runs = [run for run in _complete(claim, measurement) if run.run >= FIRST_PILOT]
    return _observed(claim, measurement, runs) if runs else None


def number_of(claim: Claim, run: Run) -> float | None:
    """Return what a run contributes in the printed unit: its measure, or its difference from the other, or their ratio.

    None if the run lacks the other measure, or has no such number: no ratio to 0.
    """
    relation, scale = claim.expected.relates, claim.expected.scale
    if relation.paired and run.other is None:
        return None
    measured, other = run.measured.value / scale, None if run.other is None else run.other.value / scale
    return relation.quantity.of(measured, other) if relation.quantity.defined(measured, other) else None


def without_number(claim: Claim, measurement: Measurement) -> Run | None:
    """Return the first judged run that has both measures and yet no number; None if there is none."""
    runs = (run for run in measurement.runs if run.run < FIRST_PILOT and run.other is not None)
    return next((run for run in runs if claim.expected.relates.paired and number_of(claim, run) is None), None)


def _complete(claim: Claim, measurement: Measurement) -> list[Run]:
    """Return the runs that have a number, for which a comparison of two needs both."""
    return [run for run in measurement.runs if number_of(claim, run) is not None]


def _observed(claim: Claim, measurement: Measurement, runs: Sequence[Run]) -> Observed:
    """Convert at least one run to the printed unit."""
    relation, scale = claim.expected.relates, claim.expected.scale
    sides = [run.measured for run in runs]
    compares = relation.quantity.signed and all(run.other is not None for run in runs)
    numbers = [number for run in runs if (number := number_of(claim, run)) is not None]
    others = [run.other.value / scale for run in runs if run.other is not None] if compares else []
    means = [side.value / scale for side in sides] if relation.quantity.own_unit else numbers
    differences = numbers if compares else [number - (claim.expected.number or 0.0) for number in numbers]
    limits = [run.limit.value / scale for run in runs if run.limit is not None] if relation.quantity.own_unit else []
    random = len(runs) > 1 and not measurement.deterministic
    resolution = _resolution(claim, runs)
    image_variance, proportion = _image_variance(claim, sides) if relation.quantity.own_unit else (None, False)
    return Observed(
        n=len(runs),
        deterministic=measurement.deterministic,
        mean=_mean(means),
        other=_mean(others) if others else None,
        difference=_mean(differences),
        sd=spread(differences, resolution) if random else None,
        df=len(runs) - 1.0 if random else None,
        spread=spread(differences) if random else None,
        members=max(len(side.keys) for side in sides),
        images=next((side.of for side in sides), None),
        holds=_holds(sides) if relation.quantity.own_unit else None,
        everywhere=all(side.count == side.of if side.count is not None else side.value >= 1 for side in sides),
        image_variance=image_variance,
        proportion=proportion,
        found=_found(sides),
        limit=_mean(limits) if limits and len(limits) == len(runs) else None,
        undercut=next((run.run for run in runs if _undercuts(run)), None),
        settled=all(run.settled for run in runs),
        numbers=tuple(run.run for run in runs),
        differences=tuple(differences),
        resolution=resolution,
        other_found=_found([run.other for run in runs if run.other is not None]),
        failures=sum((Counter(side.failures) for side in sides), Counter()),
    )


def _found(sides: Sequence[Sampled]) -> float | None:
    """Return the mean success rate of an attack; None if there was none."""
    rates = [side.found for side in sides if side.found is not None]
    return _mean(rates) if rates else None


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return math.fsum(listed) / len(listed)


def _resolution(claim: Claim, runs: Sequence[Run]) -> float:
    """Return the smallest step the number of a run can make, in the printed unit: of one image, or of float32 rounding.

    That of a difference is of the largest steps of either side; that of a ratio, the largest of any run.
    """
    scale, quantity = claim.expected.scale, claim.expected.relates.quantity
    steps = (
        max(_step(run.measured) for run in runs) / scale,
        max((_step(run.other) for run in runs if run.other is not None), default=0.0) / scale,
    )
    return max(
        quantity.resolution(
            run.measured.value / scale, run.other.value / scale if run.other is not None else None, steps
        )
        for run in runs
    )


def _step(side: Sampled) -> float:
    """Return the smallest step a value can make, in the natural unit: one image, or float32 rounding."""
    return 1 / side.of if side.count is not None and side.of else FLOAT_NOISE * abs(side.value)


def _holds(sides: Sequence[Sampled]) -> tuple[int, int] | None:
    counts = [(side.count, side.of) for side in sides if side.count is not None and side.of is not None]
    return (sum(count for count, _ in counts), sum(of for _, of in counts)) if len(counts) == len(sides) else None


def _image_variance(claim: Claim, sides: Sequence[Sampled]) -> tuple[float | None, bool]:
    """Return the variance over images in the printed unit, and whether it is that of a proportion.

    p (1 - p) for a proportion, counted or not; the measured one for a mean.
    """
    scale = claim.expected.scale
    spreads = [side.spread for side in sides if side.spread is not None]
    counted = all(side.count is not None for side in sides)
    if counted or (not spreads and statistic_of(claim) == PROPORTION):
        rate = min(max(_mean(side.value for side in sides), 0.0), 1.0)
        return rate * (1 - rate) / scale**2, True
    return (_mean(each**2 for each in spreads) / scale**2 if spreads else None), False


def _undercuts(run: Run) -> bool:
    """Whether a run's distortion is below the exact minimum for the same images, at full success of both."""
    if run.limit is None or any(side.found not in {None, 1.0} for side in (run.measured, run.limit)):
        return False
    return run.measured.value < run.limit.value * (1 - LIMIT_TOLERANCE)
