"""Layout of tables in print: widths of columns, and the parts a table too wide for a page is cut into."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.report.case import Case
from harness.report.cells import column_decimals, ours
from harness.report.inexpressible import Inexpressible
from harness.report.letters import ems

PAGE = 493.0
"""Points between the margins of an A4 page; the style sheet's ``@page`` sets them."""

ExhibitCell = Case | Inexpressible | None
"""A cell of a table: a claim, what is not expressible, or nothing."""


@dataclass(frozen=True)
class TableStyle:
    """Letter size of a table; the style sheet has the same under its class.

    Attributes:
        css: class of the table's section; empty for the usual one.
        size: points, the letter height.
        padding: points, left and right of a cell.
    """

    css: str
    size: float
    padding: float


USUAL = TableStyle("", 8.0, 8.0)
TABLE_STYLES = (USUAL, TableStyle("compact", 7.5, 5.0))
"""From the most legible to the one with the most room."""
LABELS = (7.0, 20.0)
"""Letter heights: the least and the greatest width of the column of row labels; longer labels are broken."""
HEADING = 5.4
"""Letter heights: the minimum width of a column, so that its heading breaks between words, not letters."""
BOLD, MARK, SLACK = 1.12, 1.5, 0.2
"""Of bold letters; letter heights of the mark before a number, and to spare."""


@dataclass(frozen=True)
class TablePart:
    """Some neighbouring columns of a table, set as a table of their own with the row labels.

    Attributes:
        first: the place of its first column, from 0.
        end: the place after its last column.
        shares: width of the label column and of each column in percent.
    """

    first: int
    end: int
    shares: tuple[float, ...]


def parts(
    rows: Sequence[tuple[str, Sequence[ExhibitCell]]], headings: Sequence[str]
) -> tuple[TableStyle, tuple[TablePart, ...]]:
    """Cut a table into parts that fit a page; most tables fit as they are and make one part.

    Args:
        rows: a label and a cell for each column; None if nothing is printed.
        headings: of the columns.

    Returns:
        How the table is set, and its parts from left to right.
    """
    if not headings:
        return USUAL, ()
    for style in TABLE_STYLES:
        label, columns = _label(rows, style), _columns(rows, headings, style)
        if sum(columns) <= PAGE - label[0]:
            return style, (_part(label, columns, 0, len(columns)),)
    cuts = _cuts(columns, PAGE - label[0])
    return style, tuple(_part(label, columns, first, end) for first, end in cuts)


def _part(label: tuple[float, float], columns: Sequence[float], first: int, end: int) -> TablePart:
    """Return a part in which the labels have what the columns leave, as far as they need it."""
    left = PAGE - sum(columns[first:end])
    widths = (min(max(left, label[0]), label[1]), *columns[first:end])
    return TablePart(first, end, tuple(round(100 * width / sum(widths), 3) for width in widths))


def _cuts(columns: Sequence[float], available: float) -> list[tuple[int, int]]:
    """Return the ends of the parts: as few as can be, and of as many columns each where they fit."""
    fewest = _filled(columns, available, len(columns))
    return _filled(columns, available, -(-len(columns) // len(fewest)))


def _filled(columns: Sequence[float], available: float, most: int) -> list[tuple[int, int]]:
    ends, first, used = [], 0, 0.0
    for place, width in enumerate(columns):
        if place > first and (used + width > available or place - first == most):
            ends.append((first, place))
            first, used = place, 0.0
        used += width
    return [*ends, (first, len(columns))]


def _label(rows: Sequence[tuple[str, Sequence[ExhibitCell]]], style: TableStyle) -> tuple[float, float]:
    """Return the least width of the column of row labels, and the greatest that is of use, in points."""
    least, most = LABELS
    whole = max((BOLD * ems(label) for label, _ in rows), default=0.0)
    word = max((BOLD * ems(word) for label, _ in rows for part in broken(label) for word in part.split()), default=0.0)
    ends = (min(max(word, least), most), min(max(whole, least), most))
    return ends[0] * style.size + style.padding, ends[1] * style.size + style.padding


def _columns(
    rows: Sequence[tuple[str, Sequence[ExhibitCell]]], headings: Sequence[str], style: TableStyle
) -> list[float]:
    """Return the width of each column, in points; at most what a page has left beside the labels."""
    most = PAGE - _label(rows, style)[0]
    columns = []
    for place, heading in enumerate(headings):
        word = max((BOLD * ems(word) for part in broken(heading) for word in part.split()), default=0.0)
        column = [cells[place] for _, cells in rows]
        decimals = column_decimals(column)
        need = max(min(word, 2 * HEADING), HEADING, *(_cell(cell, decimals) for cell in column), 0.0)
        columns.append(min(need * style.size + style.padding, most))
    return columns


def broken(label: str) -> list[str]:
    """Return a label in parts between which a line may end: after a hyphen, and before a bracket."""
    return re.findall(r"\(?[^-(]*-|\(?[^-(]+|\(", label)


def _cell(case: ExhibitCell, decimals: int) -> float:
    """Return how wide a cell must be for neither of its numbers to be broken, in letter heights."""
    if case is None:
        return 0.0
    if isinstance(case, Inexpressible):
        return max(ems(case.printed), ems(f"note {case.note}")) + SLACK
    return max(ems(case.verdict.printed or "–"), MARK + BOLD * ems(ours(case, decimals))) + SLACK
