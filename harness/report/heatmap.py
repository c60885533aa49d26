"""Draws a table of differences, measured minus printed, as a heat map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from harness.report.case import Case
from harness.report.drawing import SIZE, STYLE, labels, space_for, svg
from harness.report.svg import INK, inline
from harness.report.words import signed, with_unit
from harness.spec.paper import Axis, Exhibit

LEAST = 3
"""Least number of rows, and of columns of one unit, for a heat map."""
COLOURS = LinearSegmentedColormap.from_list("difference", ["#2a5a9c", "#f4f3ef", "#e8943a"])
"""From less than printed through equal to more; without colour the lower end is by far the darker one."""
DARK, LIGHT = "#000000", "#ffffff"
"""Written on light and on dark cells; the cells look alike in both themes."""
CELL, LABELS = (0.8, 0.42), 1.35
"""Inches: a cell's width and height, and the room for the rows' labels."""
LETTERS = 10
"""Letters that fit a cell."""
BLOCK = 12, 13
"""The most columns and rows of one drawing: what fits a landscape page in legible letters."""


@dataclass(frozen=True)
class HeatMap:
    """A heat map and what its caption needs.

    Attributes:
        drawings: SVG elements, each of some rows and columns; one where all fit a page.
        columns: names of the columns it shows.
        width: of the widest drawing, in inches.
        largest: the largest difference either way, with its unit.
        full: the difference at which the colours end, with its unit; never less than the widest margin.
        missing: whether a cell has no number.
    """

    drawings: tuple[str, ...]
    columns: tuple[str, ...]
    width: float
    largest: str
    full: str
    missing: bool


Grid = Mapping[tuple[str, str], Case | None]
"""The case of each (row, column); None where nothing is printed."""


def heat_map(exhibit: Exhibit, grid: pd.DataFrame, prefix: str) -> HeatMap | None:
    """Draw a table's differences; None where it is too small for that, or nothing was measured.

    Args:
        exhibit: the table.
        grid: its cases as ``tables.arranged`` gives them.
        prefix: begins the drawings' ids.
    """
    columns = [axis for axis in exhibit.columns if axis.name in _alike(exhibit, grid)]
    cases = {(row.name, column.name): grid.loc[row.name, column.name] for row in exhibit.rows for column in columns}
    found = [case for case in cases.values() if case is not None and case.deviation is not None]
    if len(columns) < LEAST or len(exhibit.rows) < LEAST or not found:
        return None
    largest = max(found, key=_distance)
    widest = max(found, key=lambda case: case.verdict.margin or 0.0)
    full = max(_distance(largest), widest.verdict.margin or 0.0)
    blocks = [(rows, some) for rows in _blocks(exhibit.rows, BLOCK[1]) for some in _blocks(columns, BLOCK[0])]
    drawings = [
        _drawing(rows, some, cases, full, exhibit.title, prefix if len(blocks) == 1 else f"{prefix}{number}")
        for number, (rows, some) in enumerate(blocks, start=1)
    ]
    farthest = _written(largest, largest.deviation or 0.0)
    margin_wins = full > _distance(largest) and widest.margin is not None
    return HeatMap(
        drawings=tuple(drawings),
        columns=tuple(axis.name for axis in columns),
        width=LABELS + CELL[0] * max(len(some) for _, some in blocks),
        largest=farthest,
        full=f"{widest.margin}, the widest margin" if margin_wins else f"±{farthest.lstrip('+−')}",
        missing=any(case is not None and case.deviation is None for case in cases.values()),
    )


def _distance(case: Case) -> float:
    return abs(case.deviation or 0.0)


def _blocks(axes: Sequence[Axis], most: int) -> list[Sequence[Axis]]:
    """Cut rows or columns into as few blocks of about one size as fit a page."""
    size = -(-len(axes) // -(-len(axes) // most))
    return [axes[first : first + size] for first in range(0, len(axes), size)]


def _drawing(rows: Sequence[Axis], columns: Sequence[Axis], cases: Grid, full: float, title: str, prefix: str) -> str:
    """Draw some rows and columns."""
    names = labels([axis.label for axis in rows], 22, 2)
    with style.context(["default", STYLE]):
        size = (LABELS + CELL[0] * len(columns), 0.5 + CELL[1] * len(rows))
        figure = Figure(figsize=size, layout="constrained")
        space_for(figure, names, SIZE)
        axes = figure.add_subplot()
        for down, row in enumerate(rows):
            for across, column in enumerate(columns):
                _cell(axes, across, down, cases[row.name, column.name], full)
        _label(axes, names, labels([axis.label for axis in columns], 12))
        return inline(svg(figure), prefix, _in_words(title, rows, columns, cases))


def _alike(exhibit: Exhibit, grid: pd.DataFrame) -> frozenset[str]:
    """Return the columns of the unit that most columns share."""
    units = {axis.name: {case.unit for case in _printed(grid[axis.name])} for axis in exhibit.columns}
    single = {name: next(iter(found)) for name, found in units.items() if len(found) == 1}
    most = Counter(single.values()).most_common(1)
    return frozenset(name for name, unit in single.items() if unit == most[0][0])


def _printed(column: Iterable[Case | None]) -> list[Case]:
    return [case for case in column if case is not None and case.claim.expected.number is not None]


def _cell(axes: Axes, across: int, down: int, case: Case | None, full: float) -> None:
    """Draw one cell: the colour of its difference, deepest at ``full``, the difference, and a mark of its verdict."""
    if case is None:
        return
    size, corner = case.deviation, (across - 0.48, down - 0.48)
    if size is None:
        axes.add_patch(Rectangle(corner, 0.96, 0.96, facecolor="none", edgecolor=INK, linewidth=0.4, alpha=0.35))
        axes.text(across, down, "–", ha="center", va="center")
        return
    fill = COLOURS(0.5 + 0.5 * size / full if full else 0.5)
    ink = ink_on(fill[:3])
    axes.add_patch(Rectangle(corner, 0.96, 0.96, facecolor=fill, edgecolor="none"))
    axes.text(across, down - 0.13, _number(case, size), ha="center", va="center", color=ink, fontsize=7.8)
    look = case.look
    axes.plot(
        across, down + 0.27, look.marker, color=ink, markersize=4.6, markeredgewidth=0 if look.filled else 0.8, linewidth=0,
        markerfacecolor=ink if look.filled else "none",
    )  # fmt: skip


def ink_on(colour: Sequence[float]) -> str:
    """Return the ink of the greater contrast: between the two there is always one of at least 4.5 (WCAG 2.2, 1.4.3)."""
    ground = brightness(colour)
    return LIGHT if 1.05 / (ground + 0.05) > (ground + 0.05) / 0.05 else DARK


def brightness(colour: Sequence[float]) -> float:
    """Return the relative luminance of an sRGB colour (WCAG 2.2): white is 1."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _label(axes: Axes, rows: Sequence[str], columns: Sequence[str]) -> None:
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(range(len(columns)), columns)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _in_words(title: str, rows: Sequence[Axis], columns: Sequence[Axis], cases: Grid) -> str:
    lines = []
    for row in rows:
        cells = ((column, cases[row.name, column.name]) for column in columns)
        words = [f"{column.label} {_cell_in_words(case)}" for column, case in cells if case is not None]
        lines.append(f"{row.label}: {', '.join(words)}")
    return f"{title}, measured minus printed. {'; '.join(lines)}."


def _cell_in_words(case: Case) -> str:
    return case.look.word if case.deviation is None else f"{_written(case, case.deviation)} {case.look.word}"


def _number(case: Case, size: float) -> str:
    """Return a difference that fits its cell: points with one decimal; two significant digits of long numbers."""
    text = signed(size, 1 if case.unit == "%" else case.decimals)
    return text if len(text) <= LETTERS else f"{size:+.2g}".replace("-", "−")


def _written(case: Case, size: float) -> str:
    return with_unit(_number(case, size), case.unit, difference=True)
