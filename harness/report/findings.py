"""What was found, in the few sentences a reader meets first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.judge.verdict import Outcome
from harness.report.cases import Case
from harness.report.words import JUDGED, LOOKS, Look, constructed, counted, foresight, listed, spaced

SHOWN = 12
"""Claims that did not reproduce, named one by one before the reader is sent to the tables."""

TOLD = 4
"""Different sentences told of undecided claims with the same reason."""


@dataclass(frozen=True)
class Share:
    """One outcome's part of the claims."""

    outcome: Outcome
    look: Look
    number: int


@dataclass(frozen=True)
class Open:
    """Claims left undecided for one reason.

    Attributes:
        look: how their outcome is written.
        reason: in words.
        told: each sentence said of them, with the claims it was said of.
        more: how many claims beyond those.
    """

    look: Look
    reason: str
    told: tuple[tuple[str, tuple[Case, ...]], ...]
    more: int


@dataclass(frozen=True)
class Findings:
    """The finding, from its shortest form to its parts.

    Attributes:
        headline: the finding in one short sentence.
        rest: what the headline leaves out, in a sentence; may be empty.
        secondary: what became of the claims that do not count, in a sentence; may be empty.
        shares: primary claims by outcome, those that occur.
        refuted: primary claims that did not reproduce, declared ones last.
        unexpected: primary claims declared as deviating that reproduced all the same.
        undecided: primary claims without a decision, by outcome and reason.
    """

    headline: str
    rest: str
    secondary: str
    shares: tuple[Share, ...]
    refuted: tuple[Case, ...]
    unexpected: tuple[Case, ...]
    undecided: tuple[Open, ...]

    @property
    def shown(self) -> tuple[Case, ...]:
        """The claims that did not reproduce, as many as are named one by one."""
        return self.refuted[:SHOWN]


def find(cases: Iterable[Case]) -> Findings:
    """Return what a record's cases come to; only primary claims enter the headline."""
    cases = list(cases)
    primary = [case for case in cases if case.verdict.primary]
    others = [case for case in cases if not case.verdict.primary]
    refuted = [case for case in primary if case.verdict.outcome is Outcome.NOT_REPRODUCED]
    reproduced = [case for case in primary if case.verdict.outcome is Outcome.REPRODUCED]
    return Findings(
        headline=_headline(primary),
        rest=_rest(primary),
        secondary=_secondary(others),
        shares=_shares(primary),
        refuted=tuple(sorted(refuted, key=lambda case: case.claim.deviates_because is not None)),
        unexpected=tuple(case for case in reproduced if case.claim.deviates_because is not None),
        undecided=_undecided(primary),
    )


def _headline(primary: Sequence[Case]) -> str:
    """Say how many primary claims reproduced; of claims that were not judged it says that, and not that none did."""
    reproduced = [case.verdict for case in primary if case.verdict.outcome is Outcome.REPRODUCED]
    judged = sum(case.verdict.outcome in JUDGED for case in primary)
    if not primary:
        return "No primary claims."
    if not judged:
        return f"No primary claim was {'judged' if any(case.verdict.mean is not None for case in primary) else 'measured'}."
    if not reproduced:
        refuted = any(case.verdict.outcome is Outcome.NOT_REPRODUCED for case in primary)
        if judged == 1:
            which = "primary claim" if len(primary) == 1 else "one primary claim judged"
            return f"The {which} {'did not reproduce' if refuted else 'is inconclusive'}."
        of = counted(judged, "primary claim") if judged == len(primary) else f"the {judged} primary claims judged"
        return f"None of {of} reproduced{'' if refuted else ', and none was refuted'}."
    apart = f", {among}" if (among := constructed(reproduced)) else ""
    if len(reproduced) == len(primary):
        return (
            f"The primary claim reproduced{apart}."
            if len(primary) == 1
            else f"All {len(primary)} primary claims reproduced{apart}."
        )
    return f"{len(reproduced)} of {counted(len(primary), 'primary claim')} reproduced{apart}."


def _shares(cases: Sequence[Case]) -> tuple[Share, ...]:
    numbers = Counter(case.verdict.outcome for case in cases)
    return tuple(Share(outcome, look, numbers[outcome]) for outcome, look in LOOKS.items() if numbers[outcome])


def _rest(primary: Sequence[Case]) -> str:
    """Say what became of the primary claims that did not reproduce."""
    parts = []
    for share in _shares(primary):
        if share.outcome is Outcome.NOT_REPRODUCED:
            known = foresight(case.verdict for case in primary if case.verdict.outcome is Outcome.NOT_REPRODUCED)
            parts.append(f"{share.number} did not{f' ({listed(known)}, with the reason)' if known else ''}")
        elif share.outcome is not Outcome.REPRODUCED:
            verb = "was" if share.number == 1 else "were"
            verb = verb if share.outcome is Outcome.NOT_RUN else {"was": "is", "were": "are"}[verb]
            parts.append(f"{share.number} {verb} {share.look.clause}")
    some = any(case.verdict.outcome is Outcome.REPRODUCED for case in primary)
    return f"{'Of the others, ' if some else ''}{listed(parts)}." if parts else ""


def _secondary(others: Sequence[Case]) -> str:
    if not others:
        return ""
    reproduced = [case.verdict for case in others if case.verdict.outcome is Outcome.REPRODUCED]
    apart = f" ({among})" if (among := constructed(reproduced)) else ""
    parts = [
        f"{share.number} {share.look.clause}{apart if share.outcome is Outcome.REPRODUCED else ''}"
        for share in _shares(others)
    ]
    return f"Counted apart, {counted(len(others), 'secondary claim')}: {listed(parts)}."


def _undecided(primary: Sequence[Case]) -> tuple[Open, ...]:
    found: dict[tuple[Outcome, str], dict[str, list[Case]]] = {}
    for outcome in (Outcome.INCONCLUSIVE, Outcome.NOT_COMPARABLE, Outcome.NOT_RUN):
        for case in primary:
            if case.verdict.outcome is outcome:
                sentences = found.setdefault((outcome, case.verdict.reason), {})
                sentences.setdefault(case.verdict.sentence, []).append(case)
    return tuple(_open(outcome, reason, sentences) for (outcome, reason), sentences in found.items())


def _open(outcome: Outcome, reason: str, sentences: Mapping[str, list[Case]]) -> Open:
    told = [(sentence, tuple(cases)) for sentence, cases in sentences.items()]
    more = sum(len(cases) for _, cases in told[TOLD:])
    return Open(LOOKS[outcome], spaced(reason), tuple(told[:TOLD]), more)
