"""Verdict: one of five outcomes, its reason code, its qualifiers, and a sentence a reader can quote."""

from __future__ import annotations

from harness.judge.outcome import Outcome
from harness.kinds.recipe import Frozen
from harness.kinds.relation import Relation, relation_named
from harness.record.measurement import Missing
from harness.spec.claim import RelationWord

PREDICTED, EXPLAINED = "predicted", "explained-afterwards"
"""Qualifiers of a declared deviation: declared before its first judged run, as the record shows; or not."""
CONSTRUCTED = "by-construction"
"""Qualifier of a claim that reproduced and could hardly have failed (``harness/judge/construction.py``)."""

EARLIER = "earlier-record"
"""Qualifier of a verdict on an earlier record's runs, where the latest attempt gave no stronger measurement."""


class Verdict(Frozen):
    """Verdict on one claim. Numbers are in the printed unit (percent where the paper prints it).

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
    relation: RelationWord
    mean: float | None = None
    sd: float | None = None
    """Standard deviation between runs; 0 where all agree. The decision uses at least the resolution of the measurement."""
    n: int = 0
    """Number of runs."""
    interval: tuple[float, float] | None = None
    """Confidence interval of the mean (of the difference, for a relation between two measures), within the range of the
    measure: a t-interval over the runs, or the Wilson score interval over all images of a rate whose runs agree."""
    level: float | None = None
    """Confidence level of the interval, 1 - 2 alpha at this number of runs: 0.94, 0.976 or 0.984 at 3, 5 or 10."""
    margin: float | None = None
    """Half-width in the printed unit, unless the relation says that its margin is something else."""
    limit: float | None = None
    """Mean exact limit, in the printed unit."""
    qualifiers: tuple[str, ...] = ()
    primary: bool = True
    p_value: float | None = None
    """For NOT_REPRODUCED: one-sided p-value of the hypothesis that the true mean lies at the edge of the margin (of the
    bound's, of the order's): the probability of a mean at least this far beyond it. None where nothing is random.
    Holm's correction works on it."""
    measured: str = ""
    """The day its values were measured, or the first and the last; empty where the record has no dates."""
    attempt: Missing | None = None
    """Why the latest attempt to measure the claim did not give every run asked for; None where it did. Where the runs are
    of an earlier record, the verdict is on those."""

    @property
    def relates(self) -> Relation:
        """The relation as a value."""
        return relation_named(self.relation)

    @property
    def excused(self) -> bool:
        """Whether the claim is refuted and its deviation declared; the exit status does not count it."""
        return self.outcome is Outcome.NOT_REPRODUCED and not {PREDICTED, EXPLAINED}.isdisjoint(self.qualifiers)
