"""Finds the labels of figures that a PDF shows otherwise than they are written: WeasyPrint sets them letter by letter."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence

from harness.report.glyphs import leaves_no_mark, script
from harness.report.words import counted, listed

COMBINING = "combining marks"
"""Of marks that go with letters of any script."""
_LABEL = re.compile(r"<text\b[^>]*>([^<]*)</text>")
_JOINED = frozenset({"Mongolian", "Phags-pa"})
"""Scripts that join their letters, though they have no marks and run from left to right."""


def unshaped(page: str) -> list[str]:
    """Return each label of a page's drawings that has letters of which one set by itself is not as it is written."""
    labels = dict.fromkeys(html.unescape(text) for text in _LABEL.findall(page))
    return [label for label in labels if any(map(_is_shaped, label))]


def _is_shaped(letter: str) -> bool:
    """Whether a character runs from right to left, or has another form or place beside others."""
    if leaves_no_mark(letter):
        return False
    leftward = unicodedata.bidirectional(letter) in {"R", "AL"}
    return leftward or unicodedata.category(letter).startswith("M") or script(letter) in _JOINED


def in_words(labels: Sequence[str]) -> str:
    """Say which scripts the labels of a PDF's figures do not show as they are written."""
    scripts = dict.fromkeys(script(letter) for label in labels for letter in label if _is_shaped(letter))
    named = listed([COMBINING if name == "Combining" else name for name in scripts])
    return (
        f"The PDF sets {counted(len(labels), 'label')} of its figures letter by letter from left to right, which is not "
        f"how {named} {'are' if len(scripts) > 1 or 'Combining' in scripts else 'is'} written; index.html shows them as they are."
    )
