"""The defects a self-audit plants, and the verdict that must come of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.selftest.bench import Bench, Edit, JudgedClaim
from harness.selftest.pack import DISTORTION, ERROR, LBFGS, PROBE
from harness.selftest.plants import changed_digit, flipped_bit, other_data, shared_seed, wrong_number

Plant = Callable[[Bench, JudgedClaim], JudgedClaim]
"""Plants a defect in a sound bench, given how its claim was judged there; returns how it is judged with the defect."""
OutcomeAndReason = tuple[str, str]
"""Outcome and reason."""
SOUND: OutcomeAndReason = ("REPRODUCED", "within-margin")


@dataclass(frozen=True)
class Defect:
    """One defect.

    Attributes:
        name: what is wrong.
        claim: id of the claim whose verdict must change.
        after: outcome and reason the claim must get.
        because: why that is the right reason, in one sentence.
        plant: plants it.
        says: what the claim's sentence must contain, as a reason such as ``invalid`` has several causes.
        before: outcome and reason the claim must get without the defect.
    """

    name: str
    claim: str
    after: OutcomeAndReason
    because: str
    plant: Plant
    says: str
    before: OutcomeAndReason = SOUND


def _written(claim: str, edit: Edit) -> Plant:
    """Return what plants a defect by an edit of the pack."""
    return lambda bench, _: bench.edited(edit).judge(claim)


DEFECTS = (
    Defect(
        "a wrong printed number",
        ERROR,
        ("NOT_REPRODUCED", "better"),
        "Ten points too many are printed, and the network errs less than that.",
        wrong_number,
        says="better than printed",
    ),
    Defect(
        "swapped labels",
        ERROR,
        ("NOT_REPRODUCED", "worse"),
        "A network taught that threes are fives, and fives threes, calls nearly all of both wrong.",
        _written(ERROR, other_data("swapped-labels")),
        says="worse than printed",
    ),
    Defect(
        "a test set that leaked into training",
        ERROR,
        ("NOT_REPRODUCED", "better"),
        "A network that has seen the test images errs less on them; a number better than printed is no success.",
        _written(ERROR, other_data("leaked-test")),
        says="better than printed",
    ),
    Defect(
        "training cut off",
        ERROR,
        ("NOT_COMPARABLE", "not-converged"),
        "After twenty steps the loss still falls, so the number is of no network anyone meant.",
        _written(ERROR, Edit("models.yaml", PROBE, PROBE.replace("}", ", iterations: 20}"))),
        says="had not converged",
    ),
    Defect(
        "an attack that stops early",
        DISTORTION,
        ("NOT_REPRODUCED", "larger"),
        "With a single, far too small c every image is found, but far from the nearest: a weaker attack than printed.",
        _written(
            DISTORTION,
            Edit("attacks.yaml", LBFGS, LBFGS.replace("}", ", initial_const: 0.001, binary_search_steps: 1}")),
        ),
        says="consistent with a weaker attack or a more robust network",
    ),
    Defect(
        "an attack that gives up on images",
        DISTORTION,
        ("NOT_COMPARABLE", "attack-incomplete"),
        "A mean over the images that were easy to find is another number than the one printed.",
        # Too large a c for half of the images. The predicted one misses about one in a hundred, which is the limit.
        _written(
            DISTORTION, Edit("attacks.yaml", LBFGS, LBFGS.replace("}", ", initial_const: 2.0, binary_search_steps: 1}"))
        ),
        says="on which the attack succeeded",
    ),
    Defect(
        "runs that share a seed",
        ERROR,
        ("NOT_RUN", "invalid"),
        "Weights alike to the last bit in two runs are one run counted twice: the spread is 0, and any claim would be decided.",
        shared_seed,
        says="share a seed",
    ),
    Defect(
        "one bit of a stored network flipped",
        ERROR,
        ("REPRODUCED", "computed-again"),
        "Its SHA-256 no longer matches; the network is trained again, to the same number, and a message says so.",
        flipped_bit,
        says="within the margin",
    ),
    Defect(
        "one digit of the record changed",
        ERROR,
        ("REFUSED", "checksum-mismatch"),
        "The record's content no longer has the SHA-256 it was written with, so no verdict is given on it.",
        changed_digit,
        says="was changed since harness wrote it",
    ),
)
