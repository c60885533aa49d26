"""What verdicts come to for a machine: an exit status, plain values that JSON can hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from harness.judge.statistics import FIRST, LEVEL, alpha, holm
from harness.judge.verdict import Outcome, Verdict

REPRODUCED, REFUTED, USAGE, OPEN, UNTOLD = 0, 1, 2, 3, 4
"""Exit statuses: primary claims reproduced, some refuted, usage error, some inconclusive, otherwise undecided."""
GRAVITY = (130, 70, USAGE, REFUTED, OPEN, UNTOLD, REPRODUCED)
"""Exit statuses, gravest first; what is not of the judge's making (interrupted, internal error) comes before."""
FIELDS = (
    *("claim", "outcome", "reason", "sentence", "printed", "unit", "mean", "sd", "n"),
    *("interval", "level", "margin", "p_value", "qualifiers", "primary", "measured", "attempt"),
)
"""What ``--json`` holds of each verdict; ``Verdict`` documents each field."""


def exit_status(verdicts: Sequence[Verdict]) -> int:
    """Return one pack's exit status.

    1: some primary claims refuted (``refutations``). 3: none, but some inconclusive, or refuted on their own only.
    0: all primary claims without a declared deviation reproduced, at least one, and no claim, primary or not, was asked
    for and could not be measured. 4: otherwise; so too where no claim is primary.
    """
    due = _due(verdicts)
    if refutations(verdicts):
        return REFUTED
    if any(verdict.outcome is Outcome.INCONCLUSIVE or _refuted(verdict) for verdict in due):
        return OPEN
    complete = all(verdict.attempt is None for verdict in verdicts)
    return REPRODUCED if due and complete and all(_reproduced(verdict) for verdict in due) else UNTOLD


def refutations(verdicts: Sequence[Verdict]) -> frozenset[str]:
    """Return the primary claims that the exit status counts as refuted.

    Those refuted beyond what chance gives among so many claims, their deviation not declared, and those declared to
    deviate that reproduce.
    """
    due = _due(verdicts)
    unexpected = {verdict.claim for verdict in due if verdict.reason == "unexpected-pass"}
    return frozenset(unexpected | {verdict.claim for verdict, sure in _surely_refuted(due) if sure})


def nothing_counted(verdicts: Sequence[Verdict]) -> str:
    """Say that no primary claim is left for the exit status to count, and why; empty where there is one."""
    if _due(verdicts):
        return ""
    if any(verdict.primary for verdict in verdicts):
        return "No primary claim reproduced: each has a declared deviation, which is no success (exit status 4)."
    return "Nothing primary was judged: no claim here is primary, and secondary claims decide nothing (exit status 4)."


def _due(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the primary claims, without those refuted ones whose deviation is declared."""
    return [verdict for verdict in verdicts if verdict.primary and not verdict.excused]


def combine(statuses: Iterable[int]) -> int:
    """Return the exit status of several packs: the gravest, in the order 2, 1, 3, 4, 0."""
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


def _surely_refuted(due: Sequence[Verdict]) -> list[tuple[Verdict, bool]]:
    """Return whether claims stay refuted after Holm's correction over all claims that were put to the test.

    A claim that was tested and not refuted counts too: with twenty claims, one in twenty is refuted by chance. A
    p-value is weighted by the share of the level that is spent at its number of runs, so that climbing the ladder does
    not add chances. Exact claims leave nothing to chance and take no share.
    """
    exact = [(verdict, _refuted(verdict)) for verdict in due if _leaves_no_chance(verdict)]
    tested = [
        verdict
        for verdict in due
        if verdict.n >= FIRST and verdict.outcome is not Outcome.NOT_COMPARABLE and not _leaves_no_chance(verdict)
    ]
    weighted = [
        1.0 if verdict.p_value is None else min(1.0, verdict.p_value * LEVEL / alpha(verdict.n)) for verdict in tested
    ]
    return [*exact, *zip(tested, holm(weighted), strict=True)]


def _leaves_no_chance(verdict: Verdict) -> bool:
    return "exact" in verdict.qualifiers or verdict.relation == "all"
