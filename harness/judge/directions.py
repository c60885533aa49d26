"""Direction of a claim that is not reproduced: which way its number differs, and whether that is better or worse."""

from __future__ import annotations

from dataclasses import dataclass

from harness.judge.kind_facts import averages_found_only, error_sign, success_sign
from harness.judge.observed import Observed
from harness.spec.claim import Claim


@dataclass(frozen=True)
class Direction:
    """Reason code of a claim that is not reproduced, and the words for it."""

    reason: str
    words: str


def direction(claim: Claim, observed: Observed) -> Direction:
    """Return the direction of a claim that is not reproduced.

    Better is fewer errors of a model on clean images; and for an attacker more success, or less distortion at full
    success. The number alone does not show whether the attack is stronger or the network easier to fool. Everywhere
    else the number is only higher or lower: more errors on distorted images are good news for one reader and bad news
    for another.
    """
    relation, measure = claim.expected.relation, claim.measure
    if relation == "all":
        return Direction("counterexample", "")
    if relation in {"less_than", "greater_than"}:
        return Direction("opposite", "")
    higher = observed.difference > 0
    word = "higher" if higher else "lower"
    if observed.other is not None:
        return Direction(word, f"{word} than the number it is compared with")
    if measure.attack is None and (sign := error_sign(measure)):
        better = "worse" if higher == (sign > 0) else "better"
        return Direction(better, f"{better} than printed")
    if measure.attack is not None:
        # Below full success a mean over the examples found leaves out the hardest images, so that it has no direction.
        if averages_found_only(claim) and observed.found == 1:
            return _attack(stronger=not higher, how=f"{'larger' if higher else 'smaller'} distortion at full success")
        if sign := success_sign(measure):
            return _attack(stronger=higher == (sign > 0), how=f"{word} rate of success")
    return Direction(word, f"{word} than printed")


def _attack(*, stronger: bool, how: str) -> Direction:
    cause = (
        "a stronger attack or a network easier to fool" if stronger else "a weaker attack or a network harder to fool"
    )
    return Direction("better" if stronger else "worse", f"a {how} than printed, as {cause} would give")
