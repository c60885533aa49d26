"""Figures of measured against printed: the mean, its confidence interval, and the region that agrees with the paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import blended_transform_factory

from harness.report.case import Case
from harness.report.drawing import (
    SIZE,
    STYLE,
    TALLEST,
    USUAL,
    WIDTH,
    labels,
    space_for,
    svg,
    wrapped,
)
from harness.report.letters import ems
from harness.report.svg import INK, inline
from harness.report.words import with_unit

AXIS, LINE = 0.62, 0.14
"""Inches: the height of the axis and its title, and of one line more."""
LABEL = 20
"""Characters in one line of a claim's label: most of the width is left for the numbers."""
LINES = 4
"""The most lines of a label: a statement is a sentence."""


def comparison(cases: Sequence[Case], title: str, prefix: str) -> str:
    """Draw measured against printed for claims that share a unit: one line a claim.

    Args:
        cases: the claims, from top to bottom; at least one.
        title: what they have in common, for the axis and the text alternative.
        prefix: begins the drawing's ids.

    Returns:
        An SVG element: the margin as a band around the printed number (a short bar), the mean as a dot with its
        interval as a line, the exact limit as a triangle.
    """
    names = labels([case.label for case in cases], LABEL, LINES)
    with style.context(["default", STYLE]):
        axis = wrapped(_axis_title(title, cases[0]), _group(names), 4)
        height = AXIS + LINE * axis.count("\n") + _step(names) * len(cases)
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        space_for(figure, names, SIZE)
        axes = figure.add_subplot()
        for line, case in enumerate(cases):
            _numbers(axes, line, case)
        axes.margins(x=0.06)
        axes.set_xlim(axes.get_xlim())
        axes.set_ylim(len(cases) - 0.45, -0.55)
        for line, case in enumerate(cases):
            _accepted(axes, line, case)
        axes.set_yticks(range(len(cases)), names)
        axes.set_xlabel(axis)
        crowded = max(len(line) for name in names for line in name.split("\n")) > 14
        axes.xaxis.set_major_locator(MaxNLocator(4 if crowded else 6))
        return inline(svg(figure), prefix, _in_words(title, cases))


def paged(cases: Sequence[Case]) -> Iterator[Sequence[Case]]:
    """Yield the claims of a comparison in parts that fit a page."""
    step = _step(labels([case.label for case in cases], LABEL, LINES))
    drawings = -(-len(cases) // int((TALLEST - AXIS) / step))
    most = -(-len(cases) // drawings)
    yield from (cases[first : first + most] for first in range(0, len(cases), most))


def _step(names: Sequence[str]) -> float:
    """Return the height of one claim's line in inches."""
    lines = max(name.count("\n") + 1 for name in names)
    return max(0.3, LINE * lines + 0.05)


def _group(names: Sequence[str]) -> int:
    """Return how many letters fit below the axis, next to the claims' labels."""
    widest = max(ems(line) for name in names for line in name.split("\n"))
    return max(12, min(48, int((72 * WIDTH / SIZE - widest - 2) / USUAL)))


def _axis_title(title: str, case: Case) -> str:
    if case.unit != "%" or "%" in title:
        return title
    return f"{title}, {'points' if case.paired else '%'}"


def _numbers(axes: Axes, line: int, case: Case) -> None:
    """Draw one claim's numbers: printed, measured with its interval, and the limit."""
    verdict, printed = case.verdict, case.claim.expected.number
    axes.axhline(line, color=INK, linewidth=0.5, alpha=0.12, zorder=0)
    if case.paired:
        axes.axvline(0, color=INK, linewidth=0.8, alpha=0.55, zorder=0)
    elif printed is not None:
        axes.plot([printed, printed], [line - 0.28, line + 0.28], color=INK, linewidth=1.3, solid_capstyle="butt")
    if verdict.limit is not None and not case.paired:
        axes.plot(verdict.limit, line + 0.17, marker=6, markersize=5.5, color=INK, alpha=0.75, linewidth=0)
    if verdict.mean is None:
        across = blended_transform_factory(axes.transAxes, axes.transData)
        axes.text(1, line, case.look.word, transform=across, ha="right", va="center", style="italic")
        return
    look = case.look
    if verdict.interval is not None:
        whisker = axes.plot(verdict.interval, [line, line], color=look.colour, linewidth=1.5, solid_capstyle="butt")
        whisker[0].set_gid(f"class:{look.css}")
    dot = axes.plot(
        verdict.mean, line, look.marker, color=look.colour, markersize=6.2, markeredgewidth=1.2, linewidth=0,
        markerfacecolor=look.colour if look.filled else "none",
    )  # fmt: skip
    dot[0].set_gid(f"class:{look.css}{'' if look.filled else ' hollow'}")
    for end in case.band or ():
        if np.isfinite(end):
            axes.update_datalim([(end, line)])


def _accepted(axes: Axes, line: int, case: Case) -> None:
    """Shade where the mean would agree with the paper, as far as the axis goes."""
    low, high = np.clip(case.band or (0.0, 0.0), *axes.get_xlim())
    axes.barh(line, high - low, left=low, height=0.56, color=INK, alpha=0.11, linewidth=0, zorder=0.5)


def _in_words(title: str, cases: Sequence[Case]) -> str:
    """Describe what is drawn, claim by claim."""
    return f"{title}. {'; '.join(f'{case.label}: {_line_in_words(case)}' for case in cases)}."


def _line_in_words(case: Case) -> str:
    parts = []
    if case.verdict.printed is not None and not case.paired:
        parts.append(f"printed {with_unit(case.verdict.printed, case.unit)}")
    if case.mean is not None:
        word = "difference" if case.paired else "measured"
        interval = f" ({case.level} confidence interval {case.interval})" if case.interval else ""
        parts.append(f"{word} {with_unit(case.mean, case.unit, difference=case.paired)}{interval}")
    if case.margin and case.band is not None:
        parts.append(f"margin {case.margin}")
    if case.verdict.limit is not None and not case.paired:
        parts.append(f"exact minimum {case.verdict.limit:.4g}")
    return ", ".join([*parts, case.look.word])
