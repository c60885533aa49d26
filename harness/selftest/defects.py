"""The defects that a selftest plants, and the verdict that each must give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.selftest.bench import Bench, Edit, JudgedClaim
from harness.selftest.pack import DISTORTION, ERROR, LBFGS, PROBE
from harness.selftest.plants import changed_digit, flipped_bit, other_data, shared_seed, wrong_number

Plant = Callable[[Bench, JudgedClaim], JudgedClaim]
"""Plants a defect in a correct bench, given the judgement there; returns the judgement with the defect."""
OutcomeAndReason = tuple[str, str]
"""Outcome and reason."""
SOUND: OutcomeAndReason = ("REPRODUCED", "within-margin")


@dataclass(frozen=True)
class Defect:
    """One defect.

    Attributes:
        name: the defect.
        claim: id of the claim whose verdict must change.
        after: outcome and reason that the claim must get.
        because: why that is the right reason, in one sentence.
        plant: plants it.
        says: what the claim's sentence must contain, because a reason such as ``invalid`` has several causes.
        before: outcome and reason that the claim must get without the defect.
    """

    name: str
    claim: str
    after: OutcomeAndReason
    because: str
    plant: Plant
    says: str
    before: OutcomeAndReason = SOUND


def _written(claim: str, edit: Edit) -> Plant:
    """Return a function that plants a defect by an edit of the pack."""
    return lambda bench, _: bench.edited(edit).judge(claim)


DEFECTS = (
    Defect(
        "a wrong printed number",
        ERROR,
        ("NOT_REPRODUCED", "better"),
        "The printed error is ten points too high, and the network's test error is lower.",
        wrong_number,
        says="better than printed",
    ),
    Defect(
        "swapped labels",
        ERROR,
        ("NOT_REPRODUCED", "worse"),
        "A network trained with the labels of threes and fives swapped misclassifies nearly all images of both "
        "classes.",
        _written(ERROR, other_data("swapped-labels")),
        says="worse than printed",
    ),
    Defect(
        "a test set that leaked into training",
        ERROR,
        ("NOT_REPRODUCED", "better"),
        "A network trained on the test images has a lower test error; a number better than printed is not a success.",
        _written(ERROR, other_data("leaked-test")),
        says="better than printed",
    ),
    Defect(
        "training cut off",
        ERROR,
        ("NOT_COMPARABLE", "not-converged"),
        "After twenty steps the loss still decreases, so the number is not that of a converged network.",
        _written(ERROR, Edit("models.yaml", PROBE, PROBE.replace("}", ", iterations: 20}"))),
        says="had not converged",
    ),
    Defect(
        "an attack that stops early",
        DISTORTION,
        ("NOT_REPRODUCED", "larger"),
        "With a single, far too small c an example is found for every image, but far from the closest one: a "
        "weaker attack than printed.",
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
        "A mean over only the easy images is another quantity than the printed one.",
        # This c is too large for half of the images. The predicted c misses about one in a hundred, which is the limit.
        _written(
            DISTORTION, Edit("attacks.yaml", LBFGS, LBFGS.replace("}", ", initial_const: 2.0, binary_search_steps: 1}"))
        ),
        says="on which the attack succeeded",
    ),
    Defect(
        "runs that share a seed",
        ERROR,
        ("NOT_RUN", "invalid"),
        "Bit-identical weights in two runs are one run counted twice: the spread would be 0, and any claim would "
        "be decided.",
        shared_seed,
        says="share a seed",
    ),
    Defect(
        "one bit of a stored network flipped",
        ERROR,
        ("REPRODUCED", "computed-again"),
        "Its SHA-256 no longer matches; the network is trained again with the same result, and a message says so.",
        flipped_bit,
        says="within the margin",
    ),
    Defect(
        "one digit of the record changed",
        ERROR,
        ("REFUSED", "checksum-mismatch"),
        "The record's content no longer has its SHA-256, so no verdict is given.",
        changed_digit,
        says="was changed since harness wrote it",
    ),
)
