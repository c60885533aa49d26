"""Width of text in DejaVu Sans, the font of tables and figures."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from matplotlib.font_manager import findfont
from matplotlib.ft2font import FT2Font, LoadFlags

FONT = "DejaVu Sans"
"""Comes with matplotlib, so every machine has it."""
BOX = 0.6
"""Letter heights: the width of the box drawn for a letter the font lacks."""


def ems(text: str) -> float:
    """Return the width of text in letter heights."""
    return sum(map(_em, text))


def excess(text: str) -> float:
    """Return by how many letter heights text is wider than matplotlib assumes.

    It measures a box for every letter that DejaVu Sans lacks.
    """
    return max(0.0, sum(_em(letter) - BOX for letter in text if not _has(letter)))


@lru_cache(maxsize=4096)
def _em(letter: str) -> float:
    if _has(letter):
        return _advance(_font().load_char(ord(letter), flags=LoadFlags.NO_SCALE).horiAdvance)
    return 0.0 if unicodedata.combining(letter) else 1.0  # another font's, of which the widest are those of Chinese


def _has(letter: str) -> bool:
    return ord(letter) in _charmap()


def _advance(units: float) -> float:
    return units / _font().units_per_EM


@cache
def _font() -> FT2Font:
    return FT2Font(findfont(FONT))


@cache
def _charmap() -> frozenset[int]:
    return frozenset(_font().get_charmap())
