"""The report's line on multiple testing: refutations that remain after Holm's correction, and those the exit status skips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.errors import plural
from harness.judge.exits import exit_status, holding
from harness.judge.verdict import EXPLAINED, PREDICTED, Verdict
from harness.report.opening import OpeningLine
from harness.report.words import deviations_in_words, listed


def multiplicity_lines(verdicts: Sequence[Verdict]) -> Iterator[OpeningLine]:
    """Yield a line where a primary claim is refuted; none if none is."""
    found = holding(verdicts)
    if not found:
        return
    kept = sum(found.values())
    remain = "remains" if kept < 2 else "remain"
    first = f"{kept or 'none'} of {plural(len(found), 'primary refutation')} {remain} after Holm’s correction"
    yield OpeningLine("Multiplicity", "judging", f"{first}.{_excused(verdicts, found)}")


def _excused(verdicts: Sequence[Verdict], found: dict[str, bool]) -> str:
    """Return which refutations the exit status does not count, and what it would be with them; empty if it has all."""
    out = [verdict for verdict in verdicts if verdict.claim in found and verdict.excused]
    if not out:
        return ""
    with_them = exit_status([_undeclared(verdict) for verdict in verdicts])
    status, kept = exit_status(verdicts), sum(found[verdict.claim] for verdict in out)
    would = "with them it would be the same" if with_them == status else f"with them it would be {with_them}"
    few = f", {kept} of which {'remains' if kept == 1 else 'remain'} after Holm" if kept else ""
    return (
        f" The exit status does not count {plural(len(out), 'refutation')} whose deviation is declared "
        f"({listed(deviations_in_words(out))}){few}: the exit status is {status}, {would}."
    )


def _undeclared(verdict: Verdict) -> Verdict:
    """Return a verdict as it would be without the declaration of its deviation."""
    kept = tuple(mark for mark in verdict.qualifiers if mark not in {PREDICTED, EXPLAINED})
    return verdict.model_copy(update={"qualifiers": kept})
