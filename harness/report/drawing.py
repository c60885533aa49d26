"""The one style all figures are drawn in."""

from __future__ import annotations

import io
import textwrap
import warnings
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from harness.judge.verdict import Outcome
from harness.report.svg import INK
from harness.report.words import plain


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


def short(text: str, width: int = 26) -> str:
    """Return text cut to a width from its middle, so that labels which differ at their end still do."""
    text = " ".join(plain(text).split())
    if len(text) <= width:
        return text
    end = width // 3
    return f"{text[: width - end - 1].rstrip()}…{text[-end:].lstrip()}"


def wrapped(text: str, width: int, lines: int = 3) -> str:
    """Return a label broken into lines at spaces and hyphens; only one that needs more lines than these is cut."""
    whole = " ".join(plain(text).split())
    for cut in range(width * lines, width, -1):
        parts = textwrap.wrap(short(whole, cut), width)
        if len(parts) <= lines:
            return "\n".join(parts)
    return short(whole, width)


def svg(figure: Figure) -> str:
    """Return a figure as an SVG document that is the same every time."""
    out = io.StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the text stays text; the reader's fonts draw it
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()
