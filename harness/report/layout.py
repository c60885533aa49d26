"""How wide the columns of a printed table are set, and into how many parts a table too wide for a page is cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.report.cases import Case
from harness.report.letters import ems
from harness.report.runs import Runs

PORTRAIT, LANDSCAPE = 493.0, 762.0
"""Points between the margins of an A4 page; the style sheet's ``@page`` sets them."""
WIDE = 6
"""From this many columns on, a table is set on a landscape page."""
SIZE = {False: 7.4, True: 6.0}
"""Points: the letter height of a table on a portrait and on a landscape page, as in the style sheet."""
PADDING = {False: 12.0, True: 6.0}
"""Points: left and right of a cell."""
LABELS = (7.0, 20.0)
"""Letter heights: the least and the greatest width of the column of row labels; what is longer is broken."""
HEADING = 6.0
"""Letter heights: the least width of a column, so that its heading breaks into words rather than letters."""
RUN_PADDING, BESIDE = 9.0, 0.55
"""Points: right of a cell in a table of runs; and the share of a page such a table may take beside the facts."""
BOLD, LARGE, SMALL, GAP = 1.12, 1.08, 0.9, 0.8
"""Of bold letters, of printed and measured numbers, of the lines beneath them, and between key and number."""


@dataclass(frozen=True)
class Part:
    """Some neighbouring columns of a table, set as a table of their own beside the row labels.

    Attributes:
        first: the place of its first column, from 0.
        end: the place after its last column.
        shares: width of the label column and of each column in percent.
    """

    first: int
    end: int
    shares: tuple[float, ...]


def parts(rows: Sequence[tuple[str, Sequence[Case | None]]], headings: Sequence[str]) -> tuple[bool, tuple[Part, ...]]:
    """Cut a table into parts that fit a page; most tables fit as they are and make one part.

    Args:
        rows: a label and a cell for each column; None where nothing is printed.
        headings: of the columns.

    Returns:
        Whether the table is set on landscape pages, and its parts from left to right.
    """
    if not headings:
        return False, ()
    for wide in (False, True):
        label, columns = _widths(rows, headings, wide=wide)
        room = (LANDSCAPE if wide else PORTRAIT) - label
        if sum(columns) <= room and (wide or len(columns) < WIDE):
            return wide, (_part(label, columns, 0, len(columns)),)
    return True, tuple(_part(label, columns, first, end) for first, end in _cuts(columns, room))


def broad(runs: Runs) -> bool:
    """Return whether a table of runs is too wide to stand beside the facts of its claim."""
    columns = zip(runs.headings, *runs.rows, strict=True)
    width = sum(max(map(ems, column)) * SIZE[False] + RUN_PADDING for column in columns)
    return width > BESIDE * PORTRAIT


def _part(label: float, columns: Sequence[float], first: int, end: int) -> Part:
    widths = (label, *columns[first:end])
    return Part(first, end, tuple(round(100 * width / sum(widths), 3) for width in widths))


def _cuts(columns: Sequence[float], room: float) -> list[tuple[int, int]]:
    """Return the ends of the parts: as few as can be, and of as many columns each where they fit."""
    fewest = _filled(columns, room, len(columns))
    return _filled(columns, room, -(-len(columns) // len(fewest)))


def _filled(columns: Sequence[float], room: float, most: int) -> list[tuple[int, int]]:
    ends, first, used = [], 0, 0.0
    for place, width in enumerate(columns):
        if place > first and (used + width > room or place - first == most):
            ends.append((first, place))
            first, used = place, 0.0
        used += width
    return [*ends, (first, len(columns))]


def _widths(
    rows: Sequence[tuple[str, Sequence[Case | None]]], headings: Sequence[str], *, wide: bool
) -> tuple[float, list[float]]:
    """Return the width of the label column and of each column, in points."""
    size, padding = SIZE[wide], PADDING[wide]
    room = LANDSCAPE if wide else PORTRAIT
    longest = max((BOLD * ems(label) for label, _ in rows), default=0.0)
    label = min(max(longest, LABELS[0]), LABELS[1]) * size + padding
    columns = []
    for place, heading in enumerate(headings):
        word = max((BOLD * ems(word) for word in heading.split()), default=0.0)
        cells = [_cell(cells[place], wide=wide) for _, cells in rows]
        need = max(min(word, 2 * HEADING), HEADING, *cells, 0.0) * size + padding
        columns.append(min(need, room - label))
    return label, columns


def _cell(case: Case | None, *, wide: bool) -> float:
    """Return how wide a cell must be for none of its numbers to be broken, in letter heights."""
    if case is None:
        return 0.0
    lines = [("printed", case.verdict.printed or "–", LARGE)]
    if case.mean is not None:
        spread = f" ± {case.sd}" if case.sd else ""
        minor = [(case.interval_name, case.interval), ("difference", case.difference)]
        minor += [] if wide else [("margin", case.margin)]
        lines.append(("measured", f"{case.mean}{spread}", LARGE * BOLD))
        lines += [(key, number, SMALL) for key, number in minor if number]
    keys = max(SMALL * ems(key) for key, _, _ in lines)
    outcome = BOLD * (1.5 + ems(case.look.word))
    return max(keys + SMALL * GAP + max(scale * ems(number) for _, number, scale in lines), outcome) + 0.3
