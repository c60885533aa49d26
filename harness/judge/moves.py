"""Moves: the change of a claim's number by another reading, paired by run, and whether it lies within or beyond a margin.

Runs with the same number share every seed, so random effects that both readings share cancel in their difference: a paired
comparison (Snedecor and Cochran 1989, Statistical Methods, section 6.3). The mean of n differences has a t-interval with
n - 1 degrees of freedom.

- A move lies *within* if its 95 % interval does. That all moves of a claim lie within is an intersection of such
  statements: it is wrong in at most 2.5 % of cases without any correction (Berger 1982, Technometrics 24, 295-300).
- A move lies *beyond* if its interval does, and two readings *differ* if the interval of the move from one to the other
  excludes 0. Both are tested for all k readings of a claim, a union of tests, so each interval has the level
  1 - 0.05/k (Bonferroni). At 95 % each, one of ten readings without effect would lie beyond in 4 % of cases at a margin of
  one standard deviation and in 36 % at none; and two would differ with opposite verdicts in 8 % at the edge of the margin.

These levels are not split over the looks: a move is a note on a verdict, and is judged again at each look.

If the number is deterministic under both readings, there is one difference, and it is exact. If it is deterministic under
one reading, its value is paired with each run of the other. A single pair of random runs has no interval, so nothing is
concluded from it. Rates whose differences are equal to the image have no standard deviation; if none of N images differs,
Wilson's interval of 0 of N bounds the fraction that could (as in ``harness/judge/intervals.py``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scipy.special import stdtrit

from harness.judge.looks import LEVEL
from harness.judge.observed import number_of
from harness.judge.statistics import spread, wilson_interval
from harness.kinds.quantity import Bounds
from harness.record.measurement import FIRST_PILOT, Measurement, Run
from harness.spec.claim import Claim


@dataclass(frozen=True)
class Move:
    """How far one reading moves the number of one claim, in the printed unit.

    Attributes:
        steps: run number -> the other reading's run minus that of the chosen readings; at least one.
        exact: whether nothing random enters either number.
        images: images of all the other reading's runs, where each value is a count; else None.
        whole: the difference between none and all of the images, of one side or of both.
    """

    steps: Mapping[int, float]
    exact: bool = False
    images: int | None = None
    whole: float = 1.0

    @property
    def change(self) -> float:
        """The mean difference."""
        return math.fsum(self.steps.values()) / len(self.steps)

    def half_width(self, error: float = LEVEL) -> float | None:
        """Return half the (1 - error) interval of the change; None if there is none."""
        if self.exact:
            return 0.0
        n = len(self.steps)
        if n == 1:
            return None
        sd = spread(list(self.steps.values()))
        if not sd and self.images:
            return wilson_interval(0, self.images, 1 - error)[1] * self.whole
        return float(stdtrit(n - 1, 1 - error / 2)) * sd / math.sqrt(n)

    def within(self, bounds: Bounds, error: float = LEVEL) -> bool:
        """Whether the interval lies wholly within these bounds."""
        half = self.half_width(error)
        return half is not None and bounds[0] < self.change - half and self.change + half < bounds[1]

    def beyond(self, bounds: Bounds, error: float = LEVEL) -> bool:
        """Whether the interval lies wholly outside these bounds."""
        half = self.half_width(error)
        return half is not None and (self.change + half < bounds[0] or self.change - half > bounds[1])

    def differs(self, error: float = LEVEL) -> bool:
        """Whether the interval excludes 0."""
        return self.beyond((0.0, 0.0), error)

    def since(self, other: Move) -> Move | None:
        """Return the move from another reading to this one; None if they share no run."""
        mine, theirs = self.steps, other.steps
        if self.exact:
            mine = dict.fromkeys(theirs, self.change)
        elif other.exact:
            theirs = dict.fromkeys(mine, other.change)
        steps = {run: mine[run] - theirs[run] for run in mine if run in theirs}
        return replace(self, steps=steps, exact=self.exact and other.exact) if steps else None


def move(claim: Claim, usual: Measurement | None, other: Measurement) -> Move | None:
    """Return how far a reading moves a claim's number; None if no run is paired, and for a statement on all images.

    Args:
        claim: what the paper says.
        usual: the measurement under the chosen readings.
        other: that under the other reading.
    """
    if usual is None or claim.expected.relates.exception_refutes:
        return None
    before, after = _judged(claim, usual), _judged(claim, other)
    if usual.deterministic and before:
        before = dict.fromkeys(after, next(iter(before.values())))
    elif other.deterministic and after:
        after = dict.fromkeys(before, next(iter(after.values())))
    shared = [run for run in after if run in before]
    if not shared:
        return None
    relation = claim.expected.relates
    low, high = relation.quantity.ends(0.0, 1 / claim.expected.scale)
    counted = [run for run in other.runs if run.run in shared]
    return Move(
        steps={run: after[run] - before[run] for run in shared},
        exact=usual.deterministic and other.deterministic,
        images=_counted(counted) if math.isfinite(high - low) else None,
        whole=high - low,
    )


def _judged(claim: Claim, measurement: Measurement) -> dict[int, float]:
    """Return number -> what the run contributes in the printed unit, of the judged runs that have one."""
    judged = (run for run in measurement.runs if run.run < FIRST_PILOT)
    return {run.run: number for run in judged if (number := number_of(claim, run)) is not None}


def _counted(runs: Sequence[Run]) -> int | None:
    """Return the images of all runs together; None if a value is no count."""
    sides = [run.measured for run in runs]
    if any(side.count is None or side.of is None for side in sides):
        return None
    return sum(side.of or 0 for side in sides)
