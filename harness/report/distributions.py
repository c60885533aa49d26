"""Figures of the distribution of a measure over images, with the distribution of the exact minimum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from harness.errors import plural
from harness.record.measurement import Sampled
from harness.report.case import Case
from harness.report.drawing import SIZE, STYLE, WIDTH, svg, wrapped
from harness.report.svg import INK, inline
from harness.report.words import spaced, with_unit

MOST_BINS = 10_000
"""Maximum number of bins: more cannot be distinguished, and would not fit in memory for runs far apart."""


def distribution(case: Case, prefix: str) -> str | None:
    """Draw the distribution of a measure over images, with that of the exact limit; None without histograms."""
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
        axes.set_xlabel(wrapped(case.name if case.column else f"{case.label}: {spaced(case.claim.measure.metric)}", 52))
        axes.xaxis.set_major_locator(MaxNLocator(6))
        return inline(svg(figure), prefix, _distribution_in_words(case, len(runs), bool(limits)))


def caption(cases: Sequence[Case]) -> str:
    """Return a caption for the distributions of some claims, with the marks that occur in at least one."""
    drawn = [case for case in cases if any(run.measured.histogram for run in case.measurement.runs)]
    rules = [_ruled(case) for case in drawn]
    marks = []
    if any(printed is not None for printed, _ in rules):
        marks.append("solid line: the printed mean")
    if any(measured is not None for _, measured in rules):
        marks.append("dashed line: our mean")
    if any(run.limit and run.limit.histogram for case in drawn for run in case.measurement.runs):
        marks.append("dashed outline: the exact minimum for the same images")
    key = "; ".join(marks)
    return "Distribution of the measure over the images of all runs." + (f" {key[0].upper()}{key[1:]}." if key else "")


def _ruled(case: Case) -> tuple[float | None, float | None]:
    """Return the printed number and the measured mean to be marked; none if the number judged is of two measures."""
    return (None, None) if case.claim.other is not None else (case.claim.expected.number, case.verdict.mean)


Bins = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Edges in the printed unit, and the fraction of images per unit of width."""


def _pooled(sides: Sequence[Sampled], scale: float) -> list[Bins]:
    """Return the distribution over all runs, in bins as wide as the widest run's; empty if nothing was counted."""
    histograms = [side.histogram for side in sides if side.histogram is not None and any(side.histogram[1])]
    if not histograms:
        return []
    runs = [(np.asarray(edges) / scale, np.asarray(counts, dtype=np.float64)) for edges, counts in histograms]
    low, high = min(edges[0] for edges, _ in runs), max(edges[-1] for edges, _ in runs)
    width = max(float(np.diff(edges).max()) for edges, _ in runs)
    common = np.linspace(low, high, max(1, round(min((high - low) / width, MOST_BINS))) + 1)
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
    number, measured = _ruled(case)
    if number is None and measured is None:
        return
    top = axes.get_ylim()[1]
    axes.set_ylim(top=1.3 * top)
    leftmost = min((x for x in (measured, number) if x is not None), default=0.0)
    if number is not None:
        axes.plot([number, number], [0, 1.2 * top], color=INK, linewidth=1.3)
        _name(axes, number, 1.24 * top, "printed", left=number == leftmost)
    if measured is not None:
        line = axes.plot(
            [measured, measured],
            [0, 1.2 * top],
            color=case.look.colour,
            linewidth=1.5,
            linestyle=(0, (4, 1.5)),
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
        fontsize=SIZE,
    )


def _distribution_in_words(case: Case, runs: int, limited: bool) -> str:
    """Describe what is drawn: of a claim on a difference that is the measure itself, without a rule."""
    of = f"the {case.claim.measure.metric} measured for {case.name}" if case.claim.other is not None else case.name
    beside = ", with that of the exact minimum" if limited else ""
    number, measured = _ruled(case)
    rules = [
        f" {word} {with_unit(text, case.unit)}."
        for word, mark, text in (("Mean", measured, case.mean), ("Printed", number, case.verdict.printed))
        if mark is not None and text is not None
    ]
    return f"Distribution over images of {of}, {plural(runs, 'run')}{beside}.{''.join(rules)}"
