"""The appendix of a report: every claim once, in its own numbered row; other chapters refer to the number."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from harness.report.case import Case
from harness.report.exhibits import ExhibitView
from harness.report.words import spaced

SECONDARY = "secondary"
"""The note of a claim that is not primary."""


@dataclass(frozen=True)
class ClaimLine:
    """One claim on its line; its numbers are the case's own.

    Attributes:
        number: its place in the report, from 1.
        case: the claim.
        label: what distinguishes it from the other lines of its group.
        notes: qualifiers of the verdict, as (abbreviation, whole words); the table's caption explains the abbreviations.
    """

    number: int
    case: Case
    label: str
    notes: tuple[tuple[str, str], ...]

    @property
    def margin(self) -> str:
        """The margin without its unit, which is that of the other numbers; empty if there is none."""
        return (self.case.margin or "").split(" ", maxsplit=1)[0]


@dataclass(frozen=True)
class LineGroup:
    """Claims that are listed together: a row of a table, or a list.

    Attributes:
        title: the exhibit's place, and the row's label.
        anchor: id of the exhibit's section.
        lines: a line for each claim.
    """

    title: str
    anchor: str
    lines: tuple[ClaimLine, ...]


def numbers(cases: Iterable[Case]) -> dict[str, int]:
    """Return the number of every claim, in the order of the exhibits."""
    return {case.claim.id: number for number, case in enumerate(cases, start=1)}


def claim_lines(
    exhibits: Sequence[ExhibitView], numbered: Mapping[str, int], short: Mapping[str, str]
) -> tuple[LineGroup, ...]:
    """Return every claim once, in groups and in the order of the exhibits.

    Args:
        exhibits: with their claims.
        numbered: claim id -> its number.
        short: note -> its abbreviation, as ``notes_of`` returns it.
    """
    groups = []
    for exhibit in exhibits:
        for row, own in groupby(exhibit.cases, key=lambda case: case.row if case.column else ""):
            lines = [
                ClaimLine(
                    numbered[case.claim.id],
                    case,
                    case.column or case.statement,
                    tuple((short[note], note) for note in _notes(case)),
                )
                for case in own
            ]
            groups.append(
                LineGroup(f"{exhibit.called}: {row}" if row else exhibit.called, exhibit.anchor, tuple(lines))
            )
    return tuple(groups)


def notes_of(cases: Iterable[Case]) -> dict[str, str]:
    """Return every note of some claims -> its abbreviation: its shortest unique beginning."""
    found = list(dict.fromkeys(note for case in cases for note in _notes(case)))
    return {note: _beginning(note, {other for other in found if other != note}) for note in found}


def _notes(case: Case) -> list[str]:
    return [*([] if case.verdict.primary else [SECONDARY]), *map(spaced, case.verdict.qualifiers)]


def _beginning(note: str, others: Collection[str]) -> str:
    """Return the shortest beginning of a note that no other one has; all of it where one begins with it."""
    return next((note[:end] for end in range(1, len(note)) if not any(o.startswith(note[:end]) for o in others)), note)
