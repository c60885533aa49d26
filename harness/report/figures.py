"""Draws what tables cannot show: measured against printed with the margin, and how distortions are distributed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import blended_transform_factory
from numpy.typing import NDArray

from harness.judge.record import Sampled
from harness.judge.verdict import Outcome
from harness.report.cases import Case
from harness.report.svg import INK, inline
from harness.report.words import LOOKS, with_unit


@dataclass(frozen=True)
class Shape:
    """How a mean is marked."""

    marker: str
    filled: bool


WIDTH = 3.4
"""Inches: two drawings stand side by side on a page, one fills a telephone."""
COLOURS = {
    Outcome.REPRODUCED: "#0a6b50",
    Outcome.NOT_REPRODUCED: "#b02a1c",
    Outcome.INCONCLUSIVE: "#8a5a00",
    Outcome.NOT_COMPARABLE: "#5a4a9c",
    Outcome.NOT_RUN: "#5c6470",
}
"""The light theme's colours; the page's style sheet replaces them by class in the dark."""
MARKERS = {
    Outcome.REPRODUCED: Shape("o", filled=True),
    Outcome.NOT_REPRODUCED: Shape("X", filled=True),
    Outcome.INCONCLUSIVE: Shape("o", filled=False),
    Outcome.NOT_COMPARABLE: Shape("s", filled=False),
}
"""Outcomes differ in shape as well."""
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "harness",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.unicode_minus": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


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
    with style.context(["default", STYLE]):
        figure = Figure(figsize=(WIDTH, 0.62 + 0.3 * len(cases)), layout="constrained")
        axes = figure.add_subplot()
        for line, case in enumerate(cases):
            _numbers(axes, line, case)
        axes.margins(x=0.06)
        axes.set_xlim(axes.get_xlim())
        axes.set_ylim(len(cases) - 0.45, -0.55)
        for line, case in enumerate(cases):
            _accepted(axes, line, case)
        axes.set_yticks(range(len(cases)), [_short(case.row) for case in cases])
        axes.set_xlabel(_short(_axis_title(title, cases[0]), 52))
        crowded = max(len(case.row) for case in cases) > 14
        axes.xaxis.set_major_locator(MaxNLocator(4 if crowded else 6))
        return inline(_svg(figure), prefix, _in_words(title, cases))


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
    if verdict.limit is not None:
        axes.plot(verdict.limit, line + 0.17, marker=6, markersize=5.5, color=INK, alpha=0.75, linewidth=0)
    if verdict.mean is None:
        across = blended_transform_factory(axes.transAxes, axes.transData)
        axes.text(1, line, case.look.word, transform=across, ha="right", va="center", style="italic")
        return
    colour, shape = COLOURS[verdict.outcome], MARKERS[verdict.outcome]
    if verdict.interval is not None:
        whisker = axes.plot(verdict.interval, [line, line], color=colour, linewidth=1.5, solid_capstyle="butt")
        whisker[0].set_gid(f"class:{case.look.css}")
    dot = axes.plot(
        verdict.mean, line, shape.marker, color=colour, markersize=6.2, markeredgewidth=1.2, linewidth=0,
        markerfacecolor=colour if shape.filled else "none",
    )  # fmt: skip
    dot[0].set_gid(f"class:{case.look.css}{'' if shape.filled else ' hollow'}")
    for end in _band(case):
        if np.isfinite(end):
            axes.update_datalim([(end, line)])


def _accepted(axes: Axes, line: int, case: Case) -> None:
    """Shade where the mean would agree with the paper, as far as the axis goes."""
    low, high = np.clip(_band(case), *axes.get_xlim())
    axes.barh(line, high - low, left=low, height=0.56, color=INK, alpha=0.11, linewidth=0, zorder=0.5)


def _band(case: Case) -> tuple[float, float]:
    """Return the ends of the values that agree with the paper; equal ends where there are none to show."""
    relation, printed, margin = case.claim.expected.relation, case.claim.expected.number, case.verdict.margin
    centre = 0.0 if case.paired else printed
    if relation in {"at_most", "less_than"} and centre is not None:
        return -np.inf, centre
    if relation in {"at_least", "greater_than"} and centre is not None:
        return centre, np.inf
    if centre is None or margin is None:
        return 0.0, 0.0
    return centre - margin, centre + margin


def distribution(case: Case, prefix: str) -> str | None:
    """Draw how a measure is distributed over images, run by run, beside the exact limit's; None without histograms."""
    runs = [run.measured for run in case.measurement.runs if run.measured.histogram]
    if not runs:
        return None
    limits = [run.limit for run in case.measurement.runs if run.limit is not None and run.limit.histogram]
    scale = case.claim.expected.scale
    with style.context(["default", STYLE]):
        figure = Figure(figsize=(WIDTH, 1.75), layout="constrained")
        axes = figure.add_subplot()
        for edges, density in _pooled(runs, scale):
            axes.stairs(density, edges, fill=True, color=INK, alpha=0.18, linewidth=0)
            axes.stairs(density, edges, color=INK, alpha=0.55, linewidth=0.7)
        for edges, density in _pooled(limits, scale):
            axes.stairs(density, edges, color=INK, linewidth=0.9, linestyle=(0, (2, 1.2)))
        _mark_numbers(axes, case)
        axes.set_yticks([])
        axes.set_ylim(bottom=0)
        axes.set_xlabel(_short(case.name if case.column else f"{case.row}: {case.claim.measure.metric}", 52))
        axes.xaxis.set_major_locator(MaxNLocator(6))
        return inline(_svg(figure), prefix, _distribution_in_words(case, len(runs), bool(limits)))


Bins = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Edges in the printed unit, and the fraction of images per unit of width."""


def _pooled(sides: Sequence[Sampled], scale: float) -> list[Bins]:
    """Return the distribution over all runs, in bins as wide as the widest run's; empty where nothing was counted."""
    told = [side.histogram for side in sides if side.histogram is not None and any(side.histogram[1])]
    if not told:
        return []
    runs = [(np.asarray(edges) / scale, np.asarray(counts, dtype=np.float64)) for edges, counts in told]
    low, high = min(edges[0] for edges, _ in runs), max(edges[-1] for edges, _ in runs)
    width = max(float(np.diff(edges).max()) for edges, _ in runs)
    common = np.linspace(low, high, max(1, round((high - low) / width)) + 1)
    cumulative = sum(np.interp(common, edges, np.concatenate([[0.0], np.cumsum(counts)])) for edges, counts in runs)
    return [_density(common, np.diff(cumulative))]


def _density(edges: NDArray[np.float64], counts: NDArray[np.float64]) -> Bins:
    """Cut the empty bins off both ends, and divide by the bins' widths."""
    occupied = np.flatnonzero(counts > 0)
    first, last = int(occupied[0]), int(occupied[-1]) + 1
    edges, kept = edges[first : last + 1], counts[first:last]
    return edges, kept / np.maximum(np.diff(edges) * counts.sum(), np.finfo(np.float64).tiny)


def _mark_numbers(axes: Axes, case: Case) -> None:
    """Mark the printed number and the measured mean above the axis, each with its name."""
    verdict, number = case.verdict, case.claim.expected.number
    top = axes.get_ylim()[1]
    axes.set_ylim(top=1.3 * top)
    measured = verdict.mean if not case.paired else None
    leftmost = min((x for x in (measured, number) if x is not None), default=0.0)
    if number is not None and not case.paired:
        axes.plot([number, number], [0, 1.2 * top], color=INK, linewidth=1.3)
        _name(axes, number, 1.24 * top, "printed", left=number == leftmost)
    if measured is not None:
        line = axes.plot(
            [measured, measured], [0, 1.2 * top], color=COLOURS[verdict.outcome], linewidth=1.5, linestyle=(0, (4, 1.5))
        )
        line[0].set_gid(f"class:{case.look.css}")
        _name(
            axes,
            measured,
            1.24 * top,
            "measured",
            left=measured == leftmost and number is not None and number != leftmost,
        )


def _name(axes: Axes, x: float, y: float, word: str, *, left: bool) -> None:
    axes.annotate(
        word,
        (x, y),
        xytext=(3 if not left else -3, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center",
        fontsize=7,
    )


def _short(text: str, width: int = 26) -> str:
    """Return text cut to a width from its middle, so that labels which differ at their end still do."""
    if len(text) <= width:
        return text
    end = width // 3
    return f"{text[: width - end - 1].rstrip()}…{text[-end:].lstrip()}"


def _svg(figure: Figure) -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def _in_words(title: str, cases: Sequence[Case]) -> str:
    parts = []
    for case in cases:
        said = [case.row + ":"]
        if case.verdict.printed is not None:
            said.append(f"printed {with_unit(case.verdict.printed, case.unit)},")
        if case.mean is not None:
            said.append(
                f"{'difference' if case.paired else 'measured'} {with_unit(case.mean, case.unit, difference=case.paired)}"
            )
            said.append(f"({case.interval})," if case.interval else ",")
        said.append(LOOKS[case.verdict.outcome].word)
        parts.append(" ".join(said).replace(" ,", ","))
    return f"{title}. {'; '.join(parts)}."


def _distribution_in_words(case: Case, runs: int, limited: bool) -> str:
    mean = f" Mean {with_unit(case.mean, case.unit)}." if case.mean is not None else ""
    printed = f" Printed {with_unit(case.verdict.printed, case.unit)}." if case.verdict.printed else ""
    beside = ", beside that of the exact minimum" if limited else ""
    return f"Distribution over images of {case.name}, {runs} run{'s' if runs != 1 else ''}{beside}.{mean}{printed}"
