"""Draws a table of differences as a heat map: in margins, on one scale for all tables, with a colour bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from harness.report.case import Case
from harness.report.drawing import SIZE, STYLE, labels, space_for, svg
from harness.report.margins import in_margins
from harness.report.svg import INK, inline
from harness.report.words import signed
from harness.spec.paper import Axis, Exhibit

LEAST = 3
"""Least number of rows, and of columns with differences in margins, for a heat map."""
FULL = 3.0
"""Margins: end of the colour scale in every heat map; beyond it only the number shows the difference."""
COLOURS = LinearSegmentedColormap.from_list("difference", ["#2a5a9c", "#f4f3ef", "#e8943a"])
"""From less than printed through equal to more; in greyscale the lower end is much darker."""
DARK, LIGHT = "#000000", "#ffffff"
"""Ink on light and on dark cells; the cells have the same colours in both themes."""
CELL, LABELS = (0.74, 0.36), 1.6
"""Inches: a cell's width and height, and the room for the rows' labels."""
BAR = 0.52
"""Inches: the height of the colour bar with its numbers and title."""
STEPS = 24
"""How many colours the bar shows."""
LETTERS = 10
"""Letters that fit a cell."""
LINES = 5
"""Maximum number of lines of a label; enough that a label of usual length is not shortened."""
BLOCK = 7, 20
"""The most columns and rows of one drawing: what fits a page in legible letters."""


@dataclass(frozen=True)
class HeatMap:
    """A heat map and what its caption needs.

    Attributes:
        drawings: SVG elements, each of some rows and columns; one where all fit a page.
        columns: names of the columns it shows.
        width: of the widest drawing, in inches.
        largest: the largest difference either way, in margins.
        missing: whether a cell has no number.
    """

    drawings: tuple[str, ...]
    columns: tuple[str, ...]
    width: float
    largest: str
    missing: bool


Grid = Mapping[tuple[str, str], Case | None]
"""The case of each (row, column); None if nothing is printed."""


def heat_map(exhibit: Exhibit, grid: pd.DataFrame, prefix: str) -> HeatMap | None:
    """Draw a table's differences; None if it is too small for that, or nothing was measured.

    Args:
        exhibit: the table.
        grid: its cases as ``tables.arranged`` gives them.
        prefix: begins the drawings' ids.
    """
    columns = [axis for axis in exhibit.columns if any(map(_has_margin, grid[axis.name]))]
    cases = {(row.name, column.name): grid.loc[row.name, column.name] for row in exhibit.rows for column in columns}
    found = [size for case in cases.values() if case is not None and (size := in_margins(case)) is not None]
    if len(columns) < LEAST or len(exhibit.rows) < LEAST or not found:
        return None
    blocks = [(rows, some) for rows in _blocks(exhibit.rows, BLOCK[1]) for some in _blocks(columns, BLOCK[0])]
    drawings = [
        _drawing(rows, some, cases, exhibit.title, prefix if len(blocks) == 1 else f"{prefix}{number}")
        for number, (rows, some) in enumerate(blocks, start=1)
    ]
    return HeatMap(
        drawings=tuple(drawings),
        columns=tuple(axis.name for axis in columns),
        width=LABELS + CELL[0] * max(len(some) for _, some in blocks),
        largest=_number(max(found, key=abs)),
        missing=any(case is not None and in_margins(case) is None for case in cases.values()),
    )


def _has_margin(case: Case | None) -> bool:
    """Whether a cell's claim has a printed number to meet within a margin."""
    return case is not None and case.claim.expected.number is not None and case.claim.expected.relates.two_sided


def _blocks(axes: Sequence[Axis], most: int) -> list[Sequence[Axis]]:
    """Cut rows or columns into as few blocks of about one size as fit a page."""
    size = -(-len(axes) // -(-len(axes) // most))
    return [axes[first : first + size] for first in range(0, len(axes), size)]


def _drawing(rows: Sequence[Axis], columns: Sequence[Axis], cases: Grid, title: str, prefix: str) -> str:
    """Draw some rows and columns, and the colour bar beneath them."""
    names, headings = (
        labels([axis.label for axis in rows], 24, LINES),
        labels([axis.label for axis in columns], 11, LINES),
    )
    with style.context(["default", STYLE]):
        above = 0.15 + 0.14 * max(heading.count("\n") + 1 for heading in headings)
        heights = [CELL[1] * len(rows), BAR]
        figure = Figure(figsize=(LABELS + CELL[0] * len(columns), above + sum(heights)), layout="constrained")
        space_for(figure, names, SIZE)
        axes, bar = figure.subplots(2, 1, height_ratios=[heights[0] + above, BAR - 0.3])
        for down, row in enumerate(rows):
            for across, column in enumerate(columns):
                _cell(axes, across, down, cases[row.name, column.name])
        _label(axes, names, headings)
        _bar(bar)
        return inline(svg(figure), prefix, _in_words(title, rows, columns, cases))


def _cell(axes: Axes, across: int, down: int, case: Case | None) -> None:
    """Draw one cell: the colour of its difference, the difference in margins, and a mark of its verdict."""
    if case is None:
        return
    size, corner = in_margins(case), (across - 0.48, down - 0.48)
    if size is None:
        axes.add_patch(Rectangle(corner, 0.96, 0.96, facecolor="none", edgecolor=INK, linewidth=0.4, alpha=0.35))
        axes.text(across, down, "–", ha="center", va="center")
        return
    fill = colour_of(size)
    ink = ink_on(fill[:3])
    axes.add_patch(Rectangle(corner, 0.96, 0.96, facecolor=fill, edgecolor="none"))
    axes.text(across - 0.08, down, _number(size), ha="center", va="center", color=ink, fontsize=SIZE)
    look = case.look
    axes.plot(
        across + 0.34, down, look.marker, color=ink, markersize=4.6, markeredgewidth=0 if look.filled else 0.8, linewidth=0,
        markerfacecolor=ink if look.filled else "none",
    )  # fmt: skip


def _bar(axes: Axes) -> None:
    """Draw the colours with the differences they mean."""
    width = 2 * FULL / STEPS
    for step in range(STEPS):
        left = -FULL + step * width
        axes.add_patch(Rectangle((left, 0), width, 1, facecolor=colour_of(left + width / 2), edgecolor="none"))
    for margin in (-1, 1):
        axes.plot([margin, margin], [0, 1], color=DARK, linewidth=0.6)
    axes.set_xlim(-FULL, FULL)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    ticks = range(int(-FULL), int(FULL) + 1)
    signs = {int(-FULL): "≤\u202f", int(FULL): "≥\u202f"}
    axes.set_xticks(ticks, [signs.get(tick, "") + signed(tick, 0) for tick in ticks])
    axes.set_xlabel("difference, in margins")
    axes.spines[:].set_visible(False)


def colour_of(size: float) -> tuple[float, float, float, float]:
    """Return the colour of a difference in margins; the same in every heat map."""
    red, green, blue, alpha = COLOURS(0.5 + 0.5 * min(max(size / FULL, -1.0), 1.0))
    return red, green, blue, alpha


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
    return f"{title}, measured minus printed, in margins. {'; '.join(lines)}."


def _cell_in_words(case: Case) -> str:
    size = in_margins(case)
    return case.look.word if size is None else f"{_number(size)} {case.look.word}"


def _number(size: float) -> str:
    """Return a difference in margins that fits its cell; two significant digits of long numbers."""
    text = signed(size, 1)
    return text if len(text) <= LETTERS else f"{size:+.2g}".replace("-", "−")
