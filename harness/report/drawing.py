"""The style of all figures, and their labels."""

from __future__ import annotations

import io
import re
import textwrap
import warnings
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from harness.report.letters import FONT, ems, excess
from harness.report.svg import INK
from harness.report.words import plain

WIDTH = 3.4
"""Inches: a page holds two drawings side by side, a telephone one."""
TALLEST = 5.9
"""Inches: a drawing cannot continue on the next page, and a taller one would leave much of the previous page empty."""
SIZE = 7.8
"""Points: font size; slightly smaller in print, where two drawings are side by side."""
USUAL = 0.62
"""Letter heights: the average width of a letter; a line holds fewer wider letters."""
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": FONT,
    "font.size": SIZE,
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


def cut_to_width(text: str, width: int = 26) -> str:
    """Return text shortened in the middle, so that labels that differ at their end still differ."""
    text = " ".join(plain(text).split())
    if len(text) <= width:
        return text
    end = width // 3
    return f"{text[: width - end - 1].rstrip()}…{text[-end:].lstrip()}"


def wrapped(text: str, width: int, lines: int = 3) -> str:
    """Return a label broken into lines at spaces and hyphens; only one that needs more lines than these is cut.

    Args:
        text: the label.
        width: of a line, in letters of usual width; of wider ones (Chinese) it holds fewer.
        lines: the most there may be.
    """
    whole = " ".join(plain(text).split())
    average = ems(whole) / max(len(whole), 1)
    width = width if average <= USUAL else max(4, int(width * USUAL / average))
    for cut in range(width * lines, width, -1):
        parts = _Wrapper(width).wrap(cut_to_width(whole, cut))
        if len(parts) <= lines:
            return "\n".join(parts)
    return cut_to_width(whole, width)


class _Wrapper(textwrap.TextWrapper):
    """Breaks lines at spaces and after every hyphen, between digits too."""

    def _split(self, text: str) -> list[str]:
        return [part for chunk in super()._split(text) for part in re.findall("[^-]*-|[^-]+", chunk)]


def labels(texts: Sequence[str], width: int, lines: int = 3) -> list[str]:
    """Return labels as ``wrapped`` gives them; different labels that are equal after shortening are numbered."""
    drawn = [wrapped(text, width, lines) for text in texts]
    for label in {label for label in drawn if drawn.count(label) > 1}:
        alike = [place for place, other in enumerate(drawn) if other == label]
        if len({texts[place] for place in alike}) > 1:
            for number, place in enumerate(alike, start=1):
                drawn[place] = wrapped(f"{number}: {texts[place]}", width, lines)
    return drawn


def space_for(figure: Figure, texts: Sequence[str], size: float) -> None:
    """Widen the left margin for labels with letters that matplotlib has no font for, whose width it underestimates.

    Args:
        figure: with a constrained layout; is made as much wider.
        texts: the labels as drawn, lines and all.
        size: of the letters, in points.
    """
    more = max((excess(line) for text in texts for line in text.split("\n")), default=0.0) * size / 72
    engine = figure.get_layout_engine()
    if more and isinstance(engine, ConstrainedLayoutEngine):
        width = figure.get_figwidth() + more
        figure.set_figwidth(width)
        engine.set(rect=(more / width, 0.0, 1 - more / width, 1.0))


def svg(figure: Figure) -> str:
    """Return a figure as an SVG document that is the same every time."""
    out = io.StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # text stays text, in the reader's fonts
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()
