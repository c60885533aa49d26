"""What a verdict is: one of five outcomes, why, and the sentence a reader wants."""

from __future__ import annotations

from enum import StrEnum

from harness.spec.claim import Relation
from harness.spec.recipe import Frozen


class Outcome(StrEnum):
    """The five outcomes, in the order the gates decide."""

    NOT_RUN = "NOT_RUN"
    NOT_COMPARABLE = "NOT_COMPARABLE"
    REPRODUCED = "REPRODUCED"
    NOT_REPRODUCED = "NOT_REPRODUCED"
    INCONCLUSIVE = "INCONCLUSIVE"


PREDICTED, EXPLAINED = "predicted", "explained-afterwards"
"""Qualifiers of a declared deviation: declared before its first judged run, as the record shows, or not."""
CONSTRUCTED = "by-construction"
"""Qualifier of a claim that reproduced and could hardly have failed."""


class Verdict(Frozen):
    """What the measurement says about one claim. Numbers are in the printed unit (percent where the paper prints it).

    For a relation between two measures, ``mean``, ``sd`` and ``interval`` are of the paired difference
    (measured - other), in percent points where the unit is ``%``.
    """

    claim: str
    outcome: Outcome
    reason: str
    """Reason code, for example ``within-margin``, ``worse``, ``noisy``, ``data-missing``."""
    sentence: str
    printed: str | None
    unit: str
    relation: Relation
    mean: float | None = None
    sd: float | None = None
    n: int = 0
    """Number of runs."""
    interval: tuple[float, float] | None = None
    """The (1 - 2 alpha) interval of the mean (of the difference, for a relation between two measures)."""
    margin: float | None = None
    """Half-width in the printed unit."""
    limit: float | None = None
    """Mean exact limit, in the printed unit."""
    qualifiers: tuple[str, ...] = ()
    primary: bool = True
    p_value: float | None = None
    """For NOT_REPRODUCED: the probability of so large a discrepancy were the paper right; used by Holm's correction."""
