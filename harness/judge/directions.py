"""Which way a measured number differs from the printed one, and whether that is better or worse."""

from __future__ import annotations

from dataclasses import dataclass

from harness.judge.construction import over_found
from harness.judge.observed import Observed
from harness.spec.claim import Claim


@dataclass(frozen=True)
class Direction:
    """Reason code of a claim that is not reproduced, and the words for it."""

    reason: str
    words: str


CLEAN = {"error-rate": -1, "accuracy": 1}
"""Metrics of a model on undistorted images -> the sign of a better one."""


def direction(claim: Claim, observed: Observed) -> Direction:
    """Return the direction of a claim that is not reproduced.

    A model is better with fewer errors on clean images; for an attacker less distortion is better where every goal was
    reached, and so are more goals. The number alone does not show whether the attack is stronger or the network easier
    to fool. Where neither can be said, it is just higher or lower: more errors on distorted images are good news for
    one reader and bad news for another.
    """
    relation, metric = claim.expected.relation, claim.measure.metric
    if relation == "all":
        return Direction("counterexample", "")
    if relation in {"less_than", "greater_than"}:
        return Direction("opposite", "")
    higher = observed.difference > 0
    word, than = (
        "higher" if higher else "lower",
        "printed" if observed.other is None else "the number it is compared with",
    )
    if observed.other is None and claim.measure.attack is None and metric in CLEAN:
        better = "better" if higher == (CLEAN[metric] > 0) else "worse"
        return Direction(better, f"{better} than printed")
    if observed.other is None and claim.measure.attack is not None:
        if over_found(claim) and observed.found == 1:
            return _attack(stronger=not higher, how=f"{'larger' if higher else 'smaller'} distortion at full success")
        if metric == "success-rate":
            return _attack(stronger=higher, how=f"{word} rate of success")
    return Direction(word, f"{word} than {than}")


def _attack(*, stronger: bool, how: str) -> Direction:
    cause = (
        "a stronger attack or a network easier to fool" if stronger else "a weaker attack or a network harder to fool"
    )
    return Direction("better" if stronger else "worse", f"a {how} than printed, as {cause} would give")
