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
FITTED = "fitted"
"""Qualifier of a claim with a reading that was chosen to match its printed number."""

UNPOOLED = {"unlike": "pilot-unlike", "late": "pilot-late"}
"""Why a pilot's variance was not pooled with that of the judged runs -> qualifier: it is smaller
(``harness/judge/pooling.py``), or the pilot was made after the first judged run."""

UNSTABLE = "unstable"
"""Qualifier of a verdict with a run far from all others (``harness/judge/stability.py``)."""

EARLIER = "earlier-record"
"""Qualifier of a verdict that uses an earlier record's runs, because the latest attempt did not give more."""


class Verdict(Frozen):
    """Verdict on one claim. Numbers are in the printed unit (percent where the paper prints it).

    For a relation between two measures, ``mean``, ``sd`` and ``interval`` are of the paired difference
    (measured - other), in percent points where the unit is ``%``.
    """

    claim: str
    """Id of the claim."""
    outcome: Outcome
    reason: str
    """Reason code, for example ``within-margin``, ``worse``, ``noisy``, ``data-missing``."""
    sentence: str
    """The measured value, the printed one, and the result of the comparison; ends with a full stop."""
    printed: str | None
    """The number as printed; None if the claim has none."""
    unit: str
    """The printed unit."""
    relation: RelationWord
    """How the measurement was compared."""
    mean: float | None = None
    """Mean over runs; None if nothing was measured."""
    sd: float | None = None
    """Standard deviation between the judged runs; 0 if all agree. The decision uses at least the resolution of the
    measurement, and pools it with that of the pilot runs."""
    n: int = 0
    """Number of runs."""
    interval: tuple[float, float] | None = None
    """Confidence interval of the mean (of the difference, for a relation between two measures), within the range of the
    measure: a t-interval over the runs, or the Wilson score interval over all images of a rate whose runs agree."""
    level: float | None = None
    """Confidence level of the interval, 1 - 2 alpha at this look: 0.94, 0.976 or 0.984 at 3, 5 or 10 runs."""
    margin: float | None = None
    """Half-width in the printed unit, unless the relation says that its margin is something else."""
    prediction_sd: float | None = None
    """Standard deviation of measured minus printed if the printed number is one more run: sqrt(s² (1 + 1/n) + extra), with
    the pooled s. None if nothing is random, or the claim compares with no printed number."""
    limit: float | None = None
    """Mean exact limit, in the printed unit."""
    qualifiers: tuple[str, ...] = ()
    """Notes on the verdict that do not change it, for example ``exact``, ``fitted``, ``robust``."""
    primary: bool = True
    """Whether the exit status counts it."""
    p_value: float | None = None
    """For NOT_REPRODUCED: the p-value of the verdict, the larger of two. One-sided, of the hypothesis that the true mean lies
    at the edge of the margin (of the bound's, of the order's): the probability of a mean at least this far beyond it. And,
    against a printed number, two-sided, of the hypothesis that it is one more run. None if nothing is random. Holm's
    correction works on it."""
    measured: str = ""
    """The day its values were measured, or the first and the last; empty if the record has no dates."""
    attempt: Missing | None = None
    """Why the latest attempt to measure the claim did not give every run asked for; None if it did. Where the runs are
    of an earlier record, the verdict is on those."""

    @property
    def relates(self) -> Relation:
        """The relation as a value."""
        return relation_named(self.relation)

    @property
    def untested(self) -> str:
        """The qualifier that says why agreement is no evidence, construction first; empty if it is evidence."""
        return next((mark for mark in (CONSTRUCTED, FITTED) if mark in self.qualifiers), "")

    @property
    def excused(self) -> bool:
        """Whether the claim is refuted and its deviation declared; the exit status does not count it."""
        return self.outcome is Outcome.NOT_REPRODUCED and not {PREDICTED, EXPLAINED}.isdisjoint(self.qualifiers)
