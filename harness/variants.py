"""Plans the variants of a paper: for each, the claims whose number depends on its readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.plan import Plan
from harness.planner import make_plan
from harness.spec.claim import Claim
from harness.spec.paper import Spec
from harness.spec.variants import ReadPack, Variant, VariantSet


@dataclass(frozen=True)
class PlannedVariant:
    """A planned pack under other readings.

    Attributes:
        variant: those readings.
        spec: the pack under those readings.
        plan: of the claims whose number changes; empty if none does.
    """

    variant: Variant
    spec: Spec
    plan: Plan


def plan_variants(
    spec: Spec, claims: Sequence[Claim], runs: Sequence[int], chosen: Plan, variants: VariantSet, read: ReadPack
) -> tuple[PlannedVariant, ...]:
    """Plan each variant that changes the number of any of the claims.

    Args:
        spec: the pack under its chosen readings.
        claims: the claims to plan.
        runs: run numbers.
        chosen: their plan under the chosen readings; a claim with the same jobs does not change.
        variants: those requested.
        read: reads the pack under other readings.
    """
    planned, known = [], {claim: [rows] for claim, rows in chosen.wants.items()}
    for variant in variants.variants:
        other = read(spec.paper.budget, dict(variant.readings))
        plan = make_plan(other, [other.paper.claim(claim.id) for claim in claims], runs)
        # A combination repeats the plan of one of its parts if the claim only depends on that part.
        changed = [claim for claim, rows in plan.wants.items() if rows not in known[claim]]
        for claim in changed:
            known[claim].append(plan.wants[claim])
        if changed:
            planned.append(PlannedVariant(variant, other, plan.only(changed)))
    return tuple(planned)
