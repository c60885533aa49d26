"""What verdicts come to for a machine: an exit status, a list in JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from harness.judge.statistics import FIRST, LEVEL, alpha, holm
from harness.judge.verdict import Outcome, Verdict

REPRODUCED, REFUTED, USAGE, OPEN, UNTOLD = 0, 1, 2, 3, 4
"""Exit statuses: all primary claims reproduced, some not, usage error, some inconclusive, some not run or comparable."""
GRAVITY = (130, 70, USAGE, REFUTED, OPEN, UNTOLD, REPRODUCED)
"""Exit statuses, gravest first; what is not of the judge's making (interrupted, internal error) comes before."""
FIELDS = (
    *("claim", "outcome", "reason", "sentence", "printed", "unit", "mean", "sd", "n"),
    *("interval", "margin", "qualifiers", "primary"),
)
"""What ``judge --json`` tells of each claim."""


def exit_status(verdicts: Sequence[Verdict]) -> int:
    """Return one pack's exit status, from its primary claims.

    0: all reproduced, or deviating as declared. 1: some refuted beyond what chance gives among so many claims, or a
    declared deviation that reproduces. 3: none refuted, some inconclusive (or refuted on their own only). 4: otherwise
    some not run or not comparable.
    """
    primary = [verdict for verdict in verdicts if verdict.primary]
    if any(verdict.reason == "unexpected-pass" for verdict in primary):
        return REFUTED
    due = [verdict for verdict in primary if "declared" not in verdict.qualifiers or not _refuted(verdict)]
    if any(_surely_refuted(due)):
        return REFUTED
    if any(verdict.outcome is Outcome.INCONCLUSIVE or _refuted(verdict) for verdict in due):
        return OPEN
    return REPRODUCED if all(verdict.outcome is Outcome.REPRODUCED for verdict in due) else UNTOLD


def combine(statuses: Iterable[int]) -> int:
    """Return the exit status of several packs: the gravest, in the order 2, 1, 3, 4, 0."""
    found = set(statuses)
    return next((status for status in GRAVITY if status in found), REPRODUCED)


def as_json(verdicts: Sequence[Verdict]) -> str:
    """Return the verdicts as a JSON list; numbers are in the printed unit."""
    listed = [verdict.model_dump(mode="json", include=set(FIELDS)) for verdict in verdicts]
    ordered = [{field: each[field] for field in FIELDS} for each in listed]
    return json.dumps(ordered, indent=2, ensure_ascii=False, allow_nan=False)


def _refuted(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.NOT_REPRODUCED


def _surely_refuted(due: Sequence[Verdict]) -> tuple[bool, ...]:
    """Return which of the claims stay refuted after Holm's correction over all claims that were put to the test.

    A claim that was tested and not refuted counts too: with twenty claims, one in twenty is refuted by chance. A
    p-value is weighted by the share of the level that is spent at its number of runs, so that climbing the ladder does
    not add chances. Exact claims leave nothing to chance and take no share.
    """
    exact = [_refuted(verdict) for verdict in due if _leaves_no_chance(verdict)]
    tested = [
        verdict
        for verdict in due
        if verdict.n >= FIRST and verdict.outcome is not Outcome.NOT_COMPARABLE and not _leaves_no_chance(verdict)
    ]
    weighted = [
        1.0 if verdict.p_value is None else min(1.0, verdict.p_value * LEVEL / alpha(verdict.n)) for verdict in tested
    ]
    return (*exact, *holm(weighted))


def _leaves_no_chance(verdict: Verdict) -> bool:
    return "exact" in verdict.qualifiers or verdict.relation == "all"
