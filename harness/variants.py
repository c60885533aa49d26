"""Plans what other readings of a paper ask for: for each point of a sweep, the claims it touches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.plan import Plan, make_plan
from harness.spec.claim import Claim
from harness.spec.paper import Spec
from harness.spec.variants import Point, Read, Sweep


@dataclass(frozen=True)
class Branch:
    """A pack read otherwise.

    Attributes:
        point: how.
        spec: the pack under those readings.
        plan: of the claims whose number that changes; empty where it changes none.
    """

    point: Point
    spec: Spec
    plan: Plan


def explore(
    spec: Spec, claims: Sequence[Claim], runs: Sequence[int], chosen: Plan, sweep: Sweep, read: Read
) -> tuple[Branch, ...]:
    """Return a branch for each point that touches any of the claims.

    Args:
        spec: the pack under its chosen readings.
        claims: the claims wanted.
        runs: run numbers.
        chosen: their plan under the chosen readings; a claim that needs the same jobs is not touched.
        sweep: the points.
        read: reads the pack under other readings.
    """
    branches, known = [], {claim: [rows] for claim, rows in chosen.wants.items()}
    for point in sweep.points:
        other = read(spec.paper.budget, dict(point.readings))
        plan = make_plan(other, [other.paper.claim(claim.id) for claim in claims], runs)
        # A combination tells nothing of a claim that only a part of it touches: that part is a point of its own.
        touched = [claim for claim, rows in plan.wants.items() if rows not in known[claim]]
        for claim in touched:
            known[claim].append(plan.wants[claim])
        if touched:
            branches.append(Branch(point, other, plan.only(touched)))
    return tuple(branches)
