"""Which claims another lab measures anew: a share of them, drawn at random by a seed that anyone can draw by again."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

from harness.record.measurement import FIRST_PILOT
from harness.record.model import Record

SURE = 0.95
"""Confidence of ``most_changed``."""


def drawable(record: Record) -> tuple[str, ...]:
    """Return the claims that may be drawn, in the order of the pack: measured, comparable, under the record's own budget.

    A number that the paper prints twice counts once.
    """
    found = ((claim, record.measurements.get(claim.id)) for claim in record.paper.claims if claim.same_as is None)
    return tuple(
        claim.id
        for claim, measured in found
        if measured is not None
        and measured.comparable
        and measured.budget == record.paper.budget
        and any(run.run < FIRST_PILOT for run in measured.runs)
    )


def drawn_claims(claims: Sequence[str], share: float, seed: int) -> tuple[str, ...]:
    """Return a share of the claims, at least one, in their order.

    Those whose ``SHA-256("seed claim")`` is smallest: by one seed every lab draws the same, with any software.

    Args:
        claims: ids.
        share: above 0, at most 1.
        seed: a whole number.
    """
    ranked = sorted(claims, key=lambda claim: hashlib.sha256(f"{seed} {claim}".encode()).hexdigest())
    wanted = set(ranked[: math.ceil(share * len(claims) - 1e-9)])
    return tuple(claim for claim in claims if claim in wanted)


def other_seed(seed: int, used: Sequence[int]) -> int:
    """Return the seed that another lab's random numbers derive from, none of those used before."""
    found = int.from_bytes(hashlib.sha256(f"measured anew by {seed}".encode()).digest()[:4])
    while found in used:
        found += 1
    return found


def most_changed(claims: int, looked_at: int, changed: int) -> int:
    """Return how many of all claims, at most, would be found changed if all were looked at.

    The upper end of the exact one-sided 95 % interval: the largest number of which a draw without replacement shows so few
    in one case of twenty (hypergeometric).

    Args:
        claims: how many there are.
        looked_at: how many were drawn at random.
        changed: how many of those were found changed.
    """
    whole = math.comb(claims, looked_at)
    most = changed
    for number in range(changed, claims - (looked_at - changed) + 1):
        ways = sum(
            math.comb(number, each) * math.comb(claims - number, looked_at - each) for each in range(changed + 1)
        )
        if ways <= (1 - SURE) * whole:
            break
        most = number
    return most
