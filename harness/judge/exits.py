"""Exit status of verdicts, and verdicts as JSON. Exit statuses are defined here and nowhere else.

| status | meaning |
| --- | --- |
| 0 | reproduced: at least one primary claim, and every other that is due; nothing asked for failed to be measured |
| 1 | refuted: a primary claim, beyond what chance gives among so many (Holm), or a declared deviation that reproduces |
| 2 | usage error, a mistake in a pack, a damaged record, a folder that cannot be written |
| 3 | open: nothing refuted, but a primary claim is inconclusive, or refuted on its own only |
| 4 | undecided: anything else, for example nothing was run, or no claim is primary |
| 5 | doubtful, under ``--strict`` alone: it would be 0, but there is a doubt (``harness/judge/doubting.py``) |
| 70 | internal error |
| 130 | interrupted |
| 141 | the reader of the output went away |

A claim is due if it is primary and not excused, that is refuted with a declared deviation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from harness.judge.outcome import Outcome
from harness.judge.statistics import holm
from harness.judge.verdict import Verdict
from harness.spec.doubts import Doubt

REPRODUCED, REFUTED, USAGE, OPEN, UNDECIDED, DOUBTFUL = 0, 1, 2, 3, 4, 5
"""Exit statuses of commands that judge."""
INTERRUPTED, INTERNAL = 130, 70
"""Exit statuses of a command that was stopped, or failed."""
GRAVITY = (INTERRUPTED, INTERNAL, USAGE, REFUTED, OPEN, UNDECIDED, DOUBTFUL, REPRODUCED)
"""Exit statuses, the most severe first."""
FIELDS = (
    *("claim", "outcome", "reason", "sentence", "printed", "unit", "mean", "sd", "n"),
    *("interval", "level", "margin", "p_value", "qualifiers", "primary", "measured", "attempt"),
)
"""What ``--json`` holds of each verdict; ``Verdict`` documents each field."""


def exit_status(verdicts: Sequence[Verdict]) -> int:
    """Return one pack's exit status: 1, 3, 0 or 4, the first of these whose condition above holds."""
    due = _due(verdicts)
    if refutations(verdicts):
        return REFUTED
    if any(verdict.outcome is Outcome.INCONCLUSIVE or _refuted(verdict) for verdict in due):
        return OPEN
    complete = all(verdict.attempt is None for verdict in verdicts)
    return REPRODUCED if due and complete and all(_reproduced(verdict) for verdict in due) else UNDECIDED


def strict_status(status: int, doubts: Sequence[Doubt], *, asked: bool = False) -> int:
    """Return one pack's exit status under ``--strict``: a success with a doubt is not a success.

    Args:
        status: without it.
        doubts: about the pack and its record.
        asked: whether the verdicts answer another question than the record's.
    """
    return DOUBTFUL if status == REPRODUCED and (doubts or asked) else status


def doubts_as_json(doubts: Iterable[Doubt]) -> list[dict[str, Any]]:
    """Return doubts as values that JSON can hold."""
    return [{"doubt": doubt.id, "sentence": doubt.sentence, "claims": list(doubt.claims)} for doubt in doubts]


def refutations(verdicts: Sequence[Verdict]) -> frozenset[str]:
    """Return the primary claims that the exit status counts as refuted.

    These are the claims without a declared deviation that remain refuted after Holm's correction, and the claims that
    reproduce although a deviation is declared.
    """
    due = _due(verdicts)
    unexpected = {verdict.claim for verdict in due if verdict.reason == "unexpected-pass"}
    return frozenset(unexpected | {verdict.claim for verdict, rejected in _refuted_after_holm(due) if rejected})


def holding(verdicts: Sequence[Verdict]) -> dict[str, bool]:
    """Return for every refuted primary claim, declared or not, whether it remains refuted after Holm's correction.

    Here the family includes the claims with a declared deviation: a declaration explains a refutation, but does not change
    the probability that it is due to chance.
    """
    found = _refuted_after_holm([verdict for verdict in verdicts if verdict.primary])
    rejected = {verdict.claim for verdict, rejects in found if rejects}
    return {each.claim: each.claim in rejected for each in verdicts if each.primary and _refuted(each)}


def nothing_counted(verdicts: Sequence[Verdict]) -> str:
    """Return a sentence with the reason if the exit status has no primary claim to count; empty if it has one."""
    if _due(verdicts):
        return ""
    if any(verdict.primary for verdict in verdicts):
        return "No primary claim reproduced: each has a declared deviation, which is not a success (exit status 4)."
    return "Nothing primary was judged: no claim here is primary, and secondary claims decide nothing (exit status 4)."


def _due(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the claims that the exit status counts: primary ones, except refuted ones with a declared deviation."""
    return [verdict for verdict in verdicts if verdict.primary and not verdict.excused]


def combine(statuses: Iterable[int]) -> int:
    """Return the exit status of several packs: the most severe (``GRAVITY``)."""
    found = set(statuses)
    return next((status for status in GRAVITY if status in found), REPRODUCED)


def as_json(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """Return the verdicts as values that JSON can hold, one for each claim; numbers are in the printed unit."""
    listed = [verdict.model_dump(mode="json", include=set(FIELDS)) for verdict in verdicts]
    return [{field: each[field] for field in FIELDS} for each in listed]


def _refuted(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.NOT_REPRODUCED


def _reproduced(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.REPRODUCED


def _refuted_after_holm(due: Sequence[Verdict]) -> list[tuple[Verdict, bool]]:
    """Return which claims remain refuted after Holm's correction (Holm 1979) over all claims that were tested.

    The family also includes the claims that were tested and not refuted: of twenty claims, one is refuted by chance. The
    p-value is that of the verdict (``statistics.p_value``), divided by the alpha of its look, so that more looks do not
    increase the probability of a refutation; the level of the correction is then 1 for every level of the looks.
    Deterministic claims need no correction and are not in the family.
    """
    exact = [(verdict, _refuted(verdict)) for verdict in due if _without_chance(verdict)]
    tested = [verdict for verdict in due if _tested(verdict) and not _without_chance(verdict)]
    weighted = [(1.0 if verdict.p_value is None else verdict.p_value) / _alpha(verdict) for verdict in tested]
    return [*exact, *zip(tested, holm(weighted, 1.0), strict=True)]


def _tested(verdict: Verdict) -> bool:
    """Whether a random claim was tested: measured as in the paper, in at least as many runs as its first look."""
    told = {Outcome.REPRODUCED, Outcome.NOT_REPRODUCED, Outcome.INCONCLUSIVE}
    return verdict.outcome in told and verdict.reason != "too-few-runs" and verdict.level is not None


def _alpha(verdict: Verdict) -> float:
    """Return the alpha of the look a claim was tested at; the level of its interval is 1 - 2 alpha."""
    assert verdict.level is not None
    return (1 - verdict.level) / 2


def _without_chance(verdict: Verdict) -> bool:
    return "exact" in verdict.qualifiers or verdict.relates.exception_refutes
