"""What the choices a paper leaves open do to its numbers, arranged for reading."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from harness.judge.sensitivity import DECIDED, DEPENDENT, ROBUST, Choice
from harness.report.cases import Case
from harness.report.words import Look, counted, listed, signed, spaced, with_unit


@dataclass(frozen=True)
class Line:
    """One claim under one other reading; numerals in the printed unit.

    Attributes:
        label: the readings that differ from the chosen ones.
        mean: what was measured; empty where nothing was.
        moved: how far that is from the number under the chosen readings.
        interval: of the mean.
        look: how the outcome is written.
        reason: in words.
    """

    label: str
    mean: str
    moved: str
    interval: str
    look: Look
    reason: str


@dataclass(frozen=True)
class Reach:
    """What one assumption does over the whole paper.

    Attributes:
        name: of the assumption.
        touched: claims whose number depends on it.
        changed: those of them whose verdict another reading of it alone would change.
        margins: how far its readings move a number, in margins of the claim; the mean over the claims it touches of
            the reading that moves each the most. None where no claim has a margin.
        farthest: the claim it moves most, and by what reading how far.
    """

    name: str
    touched: int
    changed: int
    margins: float | None
    farthest: tuple[Case, Choice] | None


def lines(case: Case) -> list[Line]:
    """Return a claim's other readings, as they were tried."""
    shown = []
    for tried in case.choices.tried:
        under = case.under(tried.verdict)
        moved = "" if tried.moved is None else signed(tried.moved, case.places)
        reason = spaced(tried.verdict.reason)
        shown.append(Line(tried.label, under.mean or "", moved, under.interval or "", under.look, reason))
    return shown


def reaches(cases: Iterable[Case]) -> list[Reach]:
    """Return every assumption that was tried otherwise, the one that moves the numbers most first."""
    found: dict[str, list[tuple[Case, Choice]]] = {}
    for case in cases:
        for choice in case.choices.ranked:
            found.setdefault(choice.assumption, []).append((case, choice))
    reach = [_reach(name, moved) for name, moved in found.items()]
    return sorted(reach, key=lambda each: -(each.margins or 0.0))


def _reach(name: str, moved: Sequence[tuple[Case, Choice]]) -> Reach:
    sizes = [
        (abs(choice.moved) / case.verdict.margin, n) for n, (case, choice) in enumerate(moved) if case.verdict.margin
    ]
    farthest = moved[max(sizes)[1]] if sizes else None
    changed = sum(_changes(case, name) for case, _ in moved)
    return Reach(name, len(moved), changed, fmean(size for size, _ in sizes) if sizes else None, farthest)


def _changes(case: Case, name: str) -> bool:
    """Whether another reading of one assumption alone changes a claim's verdict."""
    alone = [tried.verdict for tried in case.choices.tried if tuple(tried.readings) == (name,)]
    return any(verdict.outcome is not case.verdict.outcome for verdict in alone)


def told(case: Case) -> str:
    """Say in a sentence whether a claim's verdict holds under the other readings; nothing where none was tried."""
    choices = case.choices
    if not choices.tried:
        return ""
    number = _compared(case)
    rest = len(choices.tried) - number
    aside = f" {counted(rest, 'more reading')} gave no number that can be compared with the paper." if rest else ""
    if choices.standing == ROBUST:
        return f"The verdict is the same under every other reading {'compared' if rest else 'tried'} ({number}).{aside}"
    if choices.standing == DEPENDENT:
        labels = listed([f"`{label}`" for label in choices.reproducing])
        found = f"reproduces with {labels}" if labels else "reproduces with none"
        return f"The verdict depends on the choice: of {counted(number, 'other reading')} {'compared' if rest else 'tried'}, the claim {found}.{_most(case)}{aside}"
    if number and case.verdict.outcome not in DECIDED:
        return f"Under the chosen readings the claim is not compared with the paper, under {counted(number, 'other reading')} it is.{aside}"
    if number:
        return f"It stays undecided under every other reading {'compared' if rest else 'tried'} ({number}).{aside}"
    return "No other reading gave a number that can be compared with the paper."


def _most(case: Case) -> str:
    """Name the choice that moves the number most."""
    if not case.choices.ranked:
        return ""
    most = case.choices.ranked[0]
    return f" What moves the number most is {most.assumption} (`{most.reading}`: {by_how_much(case, most)})."


def by_how_much(case: Case, choice: Choice) -> str:
    """Return how far a choice moves a claim's number, with sign and unit."""
    return with_unit(signed(choice.moved, case.places), case.unit, difference=True)


def overview(cases: Iterable[Case]) -> str:
    """Say how many verdicts hold whatever is chosen; nothing where no other reading was tried."""
    tried = [case for case in cases if case.choices.tried]
    compared = [case for case in tried if _compared(case)]
    without = counted(len(tried) - len(compared), "claim")
    if not compared:
        return f"No other reading of {without} gave a number that can be compared with the paper." if tried else ""
    whole = all(_compared(case) == len(case.choices.tried) for case in compared)
    standings = [case.choices.standing for case in compared]
    parts = [
        f"{standings.count(ROBUST)} of the verdicts hold under all of them{'' if whole else ' that gave a comparable number'}",
        f"{standings.count(DEPENDENT)} depend on the choice",
    ]
    if missing := sum(case.verdict.outcome not in DECIDED for case in compared):
        parts.append(f"{missing} {_copula(missing)} not decided under the chosen readings")
    if still := standings.count("") - missing:
        parts.append(f"{still} {'stays' if still == 1 else 'stay'} inconclusive under every reading")
    was = "was" if len(compared) == 1 else "were"
    told = f"{counted(len(compared), 'claim')} {was} measured under other readings of the paper too: {listed(parts)}."
    if len(compared) == len(tried):
        return told
    return f"{told} No other reading of {without} more gave a number that can be compared with the paper."


def _compared(case: Case) -> int:
    """Return how many of the other readings gave a number that can be compared with the paper."""
    return sum(tried.verdict.outcome in DECIDED for tried in case.choices.tried)


def _copula(number: int) -> str:
    return "is" if number == 1 else "are"
