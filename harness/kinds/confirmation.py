"""Confirms in float64, for every attack alike, which adversarial examples meet their criterion, and why others do not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.errors import ContractError
from harness.examples import AttackFailure, Examples, Victim, attack_failures

ROUNDING = 1e-4
"""Largest miss of a criterion in float64, as a share of the largest logit, that rounding in float32 explains.
A float32 product of 784 pixels is off by at most 784 half-units in the last place, 5e-5; other batch sizes were seen to
move a logit by 3e-6. A miss within this share is not an error of the attack, but the image does not count as found."""
AT_ONCE = 2048
"""Images looked at together; their float64 activations bound the memory."""


def exact_margin(
    victim: Victim, images: NDArray[np.float32], classes: NDArray[np.int64], reach: bool
) -> NDArray[np.float64]:
    """Return by how many logits each image has reached (or left) its class, ``(n,)``, computed in float64.

    NaN, which is not positive, where the logits are.
    """
    ahead = _logit_margin(victim.exact_logits(images), classes)
    return np.asarray(ahead if reach else -ahead)


def confirmed(victim: Victim, made: Examples, what: str, *, by_target: bool) -> NDArray[np.bool_]:
    """Return which of the examples said to be found meet their criterion in float64.

    Args:
        victim: the model they were made for.
        made: the examples, already checked for shapes and types.
        what: the attack, for the error.
        by_target: whether the criterion is each example's target; otherwise any class but the true one.

    Raises:
        ContractError: where examples said to be found miss their criterion by more than rounding.
    """
    reach = by_target and made.targets is not None
    classes = made.targets if by_target and made.targets is not None else made.labels
    found = np.zeros(len(made), bool)
    claimed = np.flatnonzero(np.asarray(made.found))
    missed: list[tuple[int, int]] = []
    for start in range(0, len(claimed), AT_ONCE):
        rows = claimed[start : start + AT_ONCE]
        logits = _logits(victim, made.images[rows], what)
        margin = _logit_margin(logits, classes[rows]) if reach else -_logit_margin(logits, classes[rows])
        found[rows] = margin > 0
        wrong = ~(margin >= -ROUNDING * np.abs(logits).max(axis=1))  # NaN is wrong too
        missed += zip(rows[wrong].tolist(), logits[wrong].argmax(axis=1).tolist(), strict=True)
    if missed:
        row, found_class = missed[0]
        wanted = f"target {classes[row]}" if reach else f"which is its own ({classes[row]})"
        raise ContractError(
            f"{what}: claims {len(claimed)} found examples; {len(missed)} of them do not meet their criterion "
            f"(first: image index {made.index[row]}, class {found_class}, {wanted})"
        )
    return found


def explained(victim: Victim, made: Examples, found: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Return why each image has no example, an ``AttackFailure`` each, ``(n,)``: the attack's reason, unless float64 tells more.

    Args:
        victim: the model they were made for.
        made: the examples, as the attack returned them.
        found: those that float64 confirms.
    """
    failure = np.where(found == made.found, attack_failures(made), np.int8(AttackFailure.UNCONFIRMED))
    rest = np.flatnonzero(failure == AttackFailure.UNREACHED)
    for start in range(0, len(rest), AT_ONCE):
        rows = rest[start : start + AT_ONCE]
        finite = np.isfinite(victim.exact_logits(made.images[rows])).all(axis=1)
        failure[rows[~finite]] = AttackFailure.NOT_FINITE
    return failure


def _logits(victim: Victim, images: NDArray[np.float32], what: str) -> NDArray[np.float64]:
    """Return the exact logits; a model of another package may return anything."""
    logits = np.asarray(victim.exact_logits(images), np.float64)
    if logits.shape != (len(images), victim.classes):
        raise ContractError(
            f"{what}: expected exact_logits of the model to have the shape {(len(images), victim.classes)}, "
            f"found {logits.shape}"
        )
    return logits


def _logit_margin(logits: NDArray[np.float64], classes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each class's logit minus the largest other one, in float64; ``engine.logits`` has it for tensors."""
    rows, others = np.arange(len(classes)), logits.copy()
    others[rows, classes] = -np.inf
    return np.asarray(logits[rows, classes] - others.max(axis=1))
