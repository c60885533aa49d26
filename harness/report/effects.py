"""Figure of the effect of each other reading: the change of each claim's number, as a fraction of the margin."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from harness.errors import plural
from harness.report.calibration import ticks_between
from harness.report.drawing import SIZE, STYLE, WIDTH, labels, space_for, svg
from harness.report.shares import ReadingEffect
from harness.report.svg import INK, inline

LEAST = 5
"""Least number of effects for a figure."""
FLOOR = 0.01
"""Of a margin: smaller effects are drawn here."""
AXIS, LINE = 0.62, 0.4
"""Inches: the height of the axis and its title, and of one reading's line."""
MOST = 8
"""Maximum number of readings in a drawing; two drawings are side by side."""
SPREAD, GOLDEN = 0.5, 0.618033988749895
"""Part of a line's height over which marks are spread, and the step between neighbours, so that few overlap."""


def effects_figures(effects: Sequence[ReadingEffect], prefix: str) -> tuple[str, ...]:
    """Draw the effects of readings, in parts that are side by side.

    Args:
        effects: one for each line, from top to bottom.
        prefix: begins the drawings' ids.

    Returns:
        SVG elements on one scale: a mark for each claim, by its outcome under that reading, and a line at one margin.
        None if there are few effects.
    """
    if sum(len(effect.moves) for effect in effects) < LEAST:
        return ()
    most = max(effect.moves[0].share for effect in effects)
    ends = (FLOOR * 0.8, max(1.6 * most, 2.0))
    parts = -(-len(effects) // MOST)
    size = -(-len(effects) // parts)
    blocks = [effects[first : first + size] for first in range(0, len(effects), size)]
    return tuple(_drawing(block, ends, f"{prefix}{number}") for number, block in enumerate(blocks, start=1))


def _drawing(effects: Sequence[ReadingEffect], ends: tuple[float, float], prefix: str) -> str:
    names = labels([effect.label for effect in effects], 20)
    with style.context(["default", STYLE]):
        figure = Figure(figsize=(WIDTH, AXIS + LINE * len(effects)), layout="constrained")
        space_for(figure, names, SIZE)
        axes = figure.add_subplot()
        axes.set_xscale("log")
        axes.set_xlim(*ends)
        axes.axvline(1, color=INK, linewidth=0.8, alpha=0.55, zorder=0)
        for line, effect in enumerate(effects):
            axes.axhline(line, color=INK, linewidth=0.5, alpha=0.12, zorder=0)
            _marks(axes, line, effect)
        axes.set_ylim(len(effects) - 0.45, -0.55)
        axes.set_yticks(range(len(effects)), names)
        axes.xaxis.set_major_locator(FixedLocator(ticks_between(FLOOR, ends[1])))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{'≤ ' if value <= FLOOR else ''}{value:g}"))
        axes.set_xlabel("effect, in margins")
        return inline(svg(figure), prefix, _in_words(effects))


def _marks(axes: Axes, line: int, effect: ReadingEffect) -> None:
    """Draw one reading's effects: a mark for each claim, and a bar at their median."""
    middle = max(effect.median, FLOOR)
    axes.plot([middle, middle], [line - 0.34, line + 0.34], color=INK, linewidth=1.3, solid_capstyle="butt")
    for look in dict.fromkeys(move.verdict.outcome.look for move in effect.moves):
        places = [n for n, move in enumerate(effect.moves) if move.verdict.outcome.look == look]
        drawn = axes.plot(
            [max(effect.moves[n].share, FLOOR) for n in places],
            [line + SPREAD * ((n + 1) * GOLDEN % 1 - 0.5) for n in places],
            look.marker, color=look.colour, markersize=3.8, markeredgewidth=0.8, linewidth=0, clip_on=False,
            markerfacecolor=look.colour if look.filled else "none",
        )  # fmt: skip
        drawn[0].set_gid(f"class:{look.css}{'' if look.filled else ' hollow'}")


def _in_words(effects: Sequence[ReadingEffect]) -> str:
    """Describe what is drawn, reading by reading."""
    lines = [
        f"{effect.label}: {plural(len(effect.moves), 'claim')}, median {effect.median:.2g}, largest {effect.moves[0].share:.2g} "
        f"({effect.moves[0].case.name}), {effect.beyond} beyond one margin"
        for effect in effects
    ]
    return f"Effect of each other reading on the claims, in margins. {'; '.join(lines)}."
