"""Exit status of verdicts, and verdicts as JSON. Exit statuses are defined here and nowhere else.

| status | meaning |
| --- | --- |
| 0 | reproduced: at least one primary claim, and every other that is due; nothing asked for failed to be measured |
| 1 | refuted: a primary claim, beyond what chance gives among so many (Holm), or a declared deviation that reproduces |
| 2 | usage error, a mistake in a pack, a damaged record, a folder that cannot be written |
| 3 | open: nothing refuted, but a primary claim is inconclusive, or refuted on its own only |
| 4 | undecided: anything else, for example nothing was run, or no claim is primary |
| 70 | internal error |
| 130 | interrupted |
| 141 | the reader of the output went away |

A claim is due if it is primary and not excused, that is refuted with a declared deviation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from harness.judge.outcome import Outcome
from harness.judge.statistics import FIRST, LEVEL, alpha, holm
from harness.judge.verdict import Verdict

REPRODUCED, REFUTED, USAGE, OPEN, UNDECIDED = 0, 1, 2, 3, 4
"""Exit statuses of commands that judge."""
INTERRUPTED, INTERNAL = 130, 70
"""Exit statuses of a command that was stopped, or failed."""
GRAVITY = (INTERRUPTED, INTERNAL, USAGE, REFUTED, OPEN, UNDECIDED, REPRODUCED)
"""Exit statuses, gravest first."""
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


def refutations(verdicts: Sequence[Verdict]) -> frozenset[str]:
    """Return the primary claims that the exit status counts as refuted.

    These are the claims that stay refuted after Holm's correction and whose deviation is not declared, and the claims
    that reproduce although their deviation is declared.
    """
    due = _due(verdicts)
    unexpected = {verdict.claim for verdict in due if verdict.reason == "unexpected-pass"}
    return frozenset(unexpected | {verdict.claim for verdict, rejected in _refuted_after_holm(due) if rejected})


def nothing_counted(verdicts: Sequence[Verdict]) -> str:
    """Return a sentence where the exit status has no primary claim to count, with the reason; empty where it has one."""
    if _due(verdicts):
        return ""
    if any(verdict.primary for verdict in verdicts):
        return "No primary claim reproduced: each has a declared deviation, which is no success (exit status 4)."
    return "Nothing primary was judged: no claim here is primary, and secondary claims decide nothing (exit status 4)."


def _due(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the claims the exit status counts: primary ones, without those refuted whose deviation is declared."""
    return [verdict for verdict in verdicts if verdict.primary and not verdict.excused]


def combine(statuses: Iterable[int]) -> int:
    """Return the exit status of several packs: the gravest (``GRAVITY``)."""
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
    """Return which claims stay refuted after Holm's correction (Holm 1979) over all claims that were tested.

    The family holds the claims that were tested and not refuted too: with twenty claims, one in twenty is refuted by
    chance. A p-value is weighted by LEVEL / alpha(n), the share of the error rate spent at its rung, so that climbing
    the ladder gives no further chance to refute. Claims without chance need no correction and are not in the family.
    """
    exact = [(verdict, _refuted(verdict)) for verdict in due if _without_chance(verdict)]
    tested = [
        verdict
        for verdict in due
        if verdict.n >= FIRST and verdict.outcome is not Outcome.NOT_COMPARABLE and not _without_chance(verdict)
    ]
    weighted = [
        1.0 if verdict.p_value is None else min(1.0, verdict.p_value * LEVEL / alpha(verdict.n)) for verdict in tested
    ]
    return [*exact, *zip(tested, holm(weighted), strict=True)]


def _without_chance(verdict: Verdict) -> bool:
    return "exact" in verdict.qualifiers or verdict.relates.exception_refutes
