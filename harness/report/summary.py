"""Summary of the verdicts: the headline, the counts of outcomes, and lists of what did not reproduce or is undecided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.errors import plural
from harness.judge.outcome import RANKED, Look, Outcome
from harness.report.case import Case
from harness.report.words import deviations_in_words, listed, sorted_out, spaced

SHOWN = 24
"""Maximum number of claims that did not reproduce with their own line."""

SENTENCES = 4
"""The most sentences on undecided claims with one reason."""


@dataclass(frozen=True)
class OutcomeCount:
    """Number of claims with one outcome."""

    outcome: Outcome
    number: int

    @property
    def look(self) -> Look:
        """How the outcome is shown."""
        return self.outcome.look


@dataclass(frozen=True)
class UndecidedGroup:
    """Claims left undecided for one reason.

    Attributes:
        look: how their outcome is written.
        reason: in words.
        sentences: each sentence on them, with the claims it is about.
        more: how many claims beyond those.
    """

    look: Look
    reason: str
    sentences: tuple[tuple[str, tuple[Case, ...]], ...]
    more: int


@dataclass(frozen=True)
class Summary:
    """A summary of the verdicts, from one short sentence to lists of claims.

    Attributes:
        headline: the result in one short sentence.
        rest: the other primary claims, in a sentence; may be empty.
        secondary: outcomes of the secondary claims, in a sentence; may be empty.
        counts: all claims by outcome, those that occur.
        agreeing: how many claims agree with the paper, of how many, primary and secondary ones, in words.
        contradicting: how many contradict it, likewise.
        opened: how many do neither, likewise.
        refuted: primary claims that did not reproduce, declared ones last.
        unexpected: primary claims with a declared deviation that reproduced.
        undecided: primary claims without a decision, by outcome and reason.
    """

    headline: str
    rest: str
    secondary: str
    counts: tuple[OutcomeCount, ...]
    agreeing: str
    contradicting: str
    opened: str
    refuted: tuple[Case, ...]
    unexpected: tuple[Case, ...]
    undecided: tuple[UndecidedGroup, ...]

    @property
    def shown(self) -> tuple[Case, ...]:
        """The claims that did not reproduce, as many as are named one by one."""
        return self.refuted[:SHOWN]


def summarise(cases: Iterable[Case]) -> Summary:
    """Summarise a record's cases; only primary claims enter the headline."""
    cases = list(cases)
    primary = [case for case in cases if case.verdict.primary]
    others = [case for case in cases if not case.verdict.primary]
    refuted = [case for case in primary if case.verdict.outcome is Outcome.NOT_REPRODUCED]
    reproduced = [case for case in primary if case.verdict.outcome is Outcome.REPRODUCED]
    return Summary(
        headline=_headline(primary),
        rest=_rest(primary),
        secondary=_secondary(others),
        counts=_counts(cases),
        agreeing=_of_all(cases, Outcome.REPRODUCED),
        contradicting=_of_all(cases, Outcome.NOT_REPRODUCED),
        opened=_of_all(cases, *(outcome for outcome in Outcome if not outcome.decided)),
        refuted=tuple(sorted(refuted, key=lambda case: case.claim.deviates_because is not None)),
        unexpected=tuple(case for case in reproduced if case.claim.deviates_because is not None),
        undecided=_undecided(primary),
    )


def _headline(primary: Sequence[Case]) -> str:
    """Return how many primary claims reproduced; if none was judged, say so instead of that none reproduced."""
    reproduced = [case.verdict for case in primary if case.verdict.outcome is Outcome.REPRODUCED]
    judged = sum(case.verdict.outcome.judged for case in primary)
    if not primary:
        return "No primary claims."
    if not judged:
        return f"No primary claim was {'judged' if any(case.verdict.mean is not None for case in primary) else 'measured'}."
    if not reproduced:
        refuted = any(case.verdict.outcome is Outcome.NOT_REPRODUCED for case in primary)
        if judged == 1:
            which = "primary claim" if len(primary) == 1 else "one primary claim judged"
            return f"The {which} {'did not reproduce' if refuted else 'is inconclusive'}."
        of = plural(judged, "primary claim") if judged == len(primary) else f"the {judged} primary claims judged"
        return f"None of {of} reproduced{'' if refuted else ', and none was refuted'}."
    apart = f": {', '.join(among)}" if (among := sorted_out(reproduced)) else ""
    if len(reproduced) == len(primary):
        return (
            f"The primary claim reproduced{apart}."
            if len(primary) == 1
            else f"All {len(primary)} primary claims reproduced{apart}."
        )
    return f"{len(reproduced)} of {plural(len(primary), 'primary claim')} reproduced{apart}."


def _counts(cases: Sequence[Case]) -> tuple[OutcomeCount, ...]:
    numbers = Counter(case.verdict.outcome for case in cases)
    return tuple(OutcomeCount(outcome, numbers[outcome]) for outcome in RANKED if numbers[outcome])


def _of_all(cases: Sequence[Case], *outcomes: Outcome) -> str:
    """Return how many claims have one of some outcomes: ``96 of 156 claims, 45 of the 61 primary ones``."""
    found = [case.verdict for case in cases if case.verdict.outcome in outcomes]
    told = f"{len(found) or 'none'} of {plural(len(cases), 'claim')}"
    primary, of = sum(verdict.primary for verdict in found), sum(case.verdict.primary for case in cases)
    return f"{told}, {primary} of the {of} primary ones" if found and 0 < of < len(cases) else told


def _rest(primary: Sequence[Case]) -> str:
    """Return the outcomes of the primary claims that did not reproduce, in a sentence."""
    parts = []
    for count in _counts(primary):
        if count.outcome is Outcome.NOT_REPRODUCED:
            known = deviations_in_words(
                case.verdict for case in primary if case.verdict.outcome is Outcome.NOT_REPRODUCED
            )
            parts.append(f"{count.number} did not{f' ({listed(known)}, with the reason)' if known else ''}")
        elif count.outcome is not Outcome.REPRODUCED:
            parts.append(f"{count.number} {count.look.verb[count.number != 1]} {count.look.clause}")
    some = any(case.verdict.outcome is Outcome.REPRODUCED for case in primary)
    return f"{'Of the others, ' if some else ''}{listed(parts)}." if parts else ""


def _secondary(others: Sequence[Case]) -> str:
    if not others:
        return ""
    reproduced = [case.verdict for case in others if case.verdict.outcome is Outcome.REPRODUCED]
    apart = f" ({', '.join(among)})" if (among := sorted_out(reproduced)) else ""
    parts = [
        f"{count.number} {count.look.clause}{apart if count.outcome is Outcome.REPRODUCED else ''}"
        for count in _counts(others)
    ]
    return f"Counted separately, {plural(len(others), 'secondary claim')}: {listed(parts)}."


def _undecided(primary: Sequence[Case]) -> tuple[UndecidedGroup, ...]:
    found: dict[tuple[Outcome, str], dict[str, list[Case]]] = {}
    for outcome in (outcome for outcome in RANKED if not outcome.decided):
        for case in primary:
            if case.verdict.outcome is outcome:
                sentences = found.setdefault((outcome, case.verdict.reason), {})
                sentences.setdefault(case.verdict.sentence, []).append(case)
    return tuple(_group(outcome, reason, sentences) for (outcome, reason), sentences in found.items())


def _group(outcome: Outcome, reason: str, sentences: Mapping[str, list[Case]]) -> UndecidedGroup:
    listed_sentences = [(sentence, tuple(cases)) for sentence, cases in sentences.items()]
    more = sum(len(cases) for _, cases in listed_sentences[SENTENCES:])
    return UndecidedGroup(outcome.look, spaced(reason), tuple(listed_sentences[:SENTENCES]), more)
