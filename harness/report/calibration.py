"""Figure of printed against measured over the whole paper, one drawing for each printed unit."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from harness.judge.outcome import RANKED
from harness.report.case import Case
from harness.report.drawing import STYLE, WIDTH, svg
from harness.report.svg import INK, inline
from harness.report.words import listed, with_unit

LEAST = 5
"""Least number of claims that share a printed unit for a drawing."""
WIDE = 4.0
"""From this ratio of the largest to the smallest number on, axes are logarithmic."""
NEAR_ZERO = 0.1
"""Of the smallest positive printed number: where a number is less, axes are linear up to that one."""
NAMED = 3
"""How many of the numbers farthest from the printed ones the text alternative names."""


def comparable(case: Case) -> bool:
    """Whether a claim has a printed number that it should equal, and a measured one."""
    relation = case.claim.expected.relates
    return relation.printed and relation.two_sided and case.deviation is not None


def by_unit(cases: Iterable[Case]) -> dict[str, list[Case]]:
    """Return the claims to be drawn by printed unit; none of a unit that few claims share."""
    units: dict[str, list[Case]] = {}
    for case in cases:
        if comparable(case):
            units.setdefault(case.unit, []).append(case)
    return {unit: shared for unit, shared in units.items() if len(shared) >= LEAST}


def calibration(cases: Sequence[Case], prefix: str) -> str:
    """Draw measured over printed for claims that share a unit.

    Args:
        cases: the claims, each with both numbers; at least one.
        prefix: begins the drawing's ids.

    Returns:
        An SVG element: the line of equality, and a mark for each claim by its outcome.
    """
    unit = cases[0].unit
    with style.context(["default", STYLE, {"axes.spines.left": True, "ytick.major.size": 3}]):
        figure = Figure(figsize=(WIDTH, WIDTH), layout="constrained")
        axes = figure.add_subplot()
        axes.set_box_aspect(1)
        _scale(axes, points(cases))
        ends = axes.get_xlim()
        axes.plot(ends, ends, color=INK, linewidth=0.8, alpha=0.55, zorder=0)
        for outcome in RANKED:
            _marks(axes, [case for case in cases if case.verdict.outcome is outcome])
        axes.set_xlabel(_title("printed", unit))
        axes.set_ylabel(_title("measured", unit))
        return inline(svg(figure), prefix, _in_words(cases))


def points(cases: Iterable[Case]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return (printed, measured) of each claim, in the printed unit; shape (claims, 2)."""
    return np.array([(case.claim.expected.number, case.verdict.mean) for case in cases], dtype=np.float64)


def _title(what: str, unit: str) -> str:
    after = with_unit("", unit).strip() or (unit if unit != "number" else "")
    return f"{what}, {after}" if after else what


def _scale(axes: Axes, numbers: np.ndarray[Any, np.dtype[np.float64]]) -> None:
    """Give both axes the same ends and scale: logarithmic over a wide range, linear near 0 if a number is 0."""
    low, high = float(numbers.min()), float(numbers.max())
    printed = numbers[:, 0]
    least = float(printed[printed > 0].min()) if (printed > 0).any() else 0.0
    if low < 0 or not least or high < WIDE * least:
        room = 0.06 * (high - low or abs(high) or 1.0)
        for axis, limit in ((axes.xaxis, axes.set_xlim), (axes.yaxis, axes.set_ylim)):
            limit(low - room, high + room)
            axis.set_major_locator(MaxNLocator(5))
        return
    if zero := low < NEAR_ZERO * least:
        given: dict[str, Any] = {"value": "symlog", "linthresh": least, "linscale": 0.35}
        ends = (-0.25 * least, 1.25 * high)
    else:
        given, ends = {"value": "log"}, (0.8 * low, 1.25 * high)
    ticks = ticks_between(least if zero else ends[0], ends[1])
    for axis, rescale, limit in (
        (axes.xaxis, axes.set_xscale, axes.set_xlim),
        (axes.yaxis, axes.set_yscale, axes.set_ylim),
    ):
        rescale(**given)
        limit(*ends)
        axis.set_major_locator(FixedLocator([0.0, *ticks] if zero else ticks))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def ticks_between(low: float, high: float) -> list[float]:
    """Return powers of ten between two numbers, and over few decades also their multiples by 2 and 5."""
    few = math.log10(high / low) < 2.5
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [
        each for power in powers for step in ((1, 2, 5) if few else (1,)) if low <= (each := step * 10.0**power) <= high
    ]


def _marks(axes: Axes, cases: Sequence[Case]) -> None:
    """Draw the claims of one outcome."""
    if not cases:
        return
    look = cases[0].look
    across, up = points(cases).T
    drawn = axes.plot(
        across, up, look.marker, color=look.colour, markersize=5.2, markeredgewidth=1.0, linewidth=0,
        markerfacecolor=look.colour if look.filled else "none", zorder=3 if look.filled else 2,
    )  # fmt: skip
    drawn[0].set_gid(f"class:{look.css}{'' if look.filled else ' hollow'}")


def _in_words(cases: Sequence[Case]) -> str:
    """Describe what is drawn: how many claims, on which side of the line, and which lie farthest from it."""
    found = Counter(case.verdict.outcome for case in cases)
    counted = listed([f"{found[outcome]} {outcome.look.clause}" for outcome in RANKED if found[outcome]])
    sides = [case.deviation or 0.0 for case in cases]
    above, below = sum(side > 0 for side in sides), sum(side < 0 for side in sides)
    farthest = sorted(cases, key=lambda case: -abs(case.deviation or 0.0))[:NAMED]
    named = [
        f"{case.name}: printed {with_unit(case.verdict.printed or '', case.unit)}, measured {with_unit(case.mean or '', case.unit)}"
        for case in farthest
    ]
    return (
        f"Measured over printed of {len(cases)} numbers{_in(cases[0].unit)}: {counted}. {above} measured are larger than printed, "
        f"{below} smaller. Farthest apart: {'; '.join(named)}."
    )


def _in(unit: str) -> str:
    title = _title("", unit).removeprefix(", ")
    return f" in {title}" if title else ""
