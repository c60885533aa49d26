"""How a report's claims were judged, rule by rule, in sentences made from the constants of the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.judge.looks import LEVEL, spending
from harness.judge.pooling import ALIKE
from harness.judge.stability import FAR
from harness.judge.verdict import UNSTABLE
from harness.record.model import Record
from harness.report.case import Case
from harness.report.names import short_name
from harness.report.words import level, listed


def judging(record: Record, cases: Mapping[str, Case]) -> tuple[tuple[str, str], ...]:
    """Return the rules of the verdicts as (name, sentence)."""
    spent = spending(record.paper.looks)
    looks = listed([f"{level(alpha)} at {runs} runs" for runs, alpha in spent.items()])
    return (
        (
            "Looks and alpha",
            (
                f"a claim is tested only at the declared numbers of runs. These looks share a one-sided error rate of "
                f"{level(sum(spent.values()))}: {looks}."
            ),
        ),
        (
            "Holm",
            (
                "the exit status counts a primary refutation only if no deviation is declared for it, and if it remains after "
                "Holm’s correction over all primary claims that were tested, each p-value divided by the alpha of its look."
            ),
        ),
        (
            "Prediction interval",
            (
                "a printed number is refuted only if it also lies outside the prediction interval for one more run, at "
                f"{listed([level(1 - alpha) for alpha in spent.values()])} for these looks."
            ),
        ),
        (
            "Pooled spread",
            (
                "the variance between runs is pooled with that of the pilot runs of the same inputs, unless a one-sided F-test at "
                f"{level(ALIKE)} says that the pilot runs vary less."
            ),
        ),
        (
            "Readings",
            (
                f"another reading changes a number by less than its margin if the {level(1 - LEVEL)} confidence interval of the change, paired by "
                f"run, lies within it, and beyond it if the interval at 1 − {LEVEL:g}/k, for the k readings of the claim, does."
            ),
        ),
        ("Stability", _stability(cases.values())),
    )


def _stability(cases: Iterable[Case]) -> str:
    """Return which claims have a run far from all others, or that no claim has one."""
    unstable = [short_name(case) for case in cases if UNSTABLE in case.verdict.qualifiers]
    rule = f"a run is unstable if it lies more than {FAR:g} standard deviations of the others from their mean"
    if not unstable:
        return f"{rule}, or farther if the others are few; no run is unstable."
    return f"{rule}, or farther if the others are few; {len(unstable)} of the claims {'has' if len(unstable) == 1 else 'have'} such a run: {'; '.join(unstable)}."
