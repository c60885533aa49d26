"""Text shaping: labels of figures that need it, and that a PDF therefore shows wrongly.

WeasyPrint sets the text of a drawing letter by letter from left to right.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence

from harness.errors import plural
from harness.report.glyphs import leaves_no_mark, script
from harness.report.words import listed

COMBINING = "combining marks"
"""Of marks that go with letters of any script."""
_LABEL = re.compile(r"<text\b[^>]*>([^<]*)</text>")
_JOINED = frozenset({"Mongolian", "Phags-pa"})
"""Scripts that join their letters, though they have no marks and run from left to right."""


def unshaped(page: str) -> list[str]:
    """Return each label of a page's drawings with a character that needs shaping."""
    labels = dict.fromkeys(html.unescape(text) for text in _LABEL.findall(page))
    return [label for label in labels if any(map(_needs_shaping, label))]


def _needs_shaping(letter: str) -> bool:
    """Whether a character runs from right to left, or has another form or place beside others."""
    if leaves_no_mark(letter):
        return False
    leftward = unicodedata.bidirectional(letter) in {"R", "AL"}
    return leftward or unicodedata.category(letter).startswith("M") or script(letter) in _JOINED


def note(labels: Sequence[str]) -> str:
    """Return a sentence on the scripts that a PDF's figures show wrongly."""
    scripts = dict.fromkeys(script(letter) for label in labels for letter in label if _needs_shaping(letter))
    named = listed([COMBINING if name == "Combining" else name for name in scripts])
    return (
        f"The PDF sets {plural(len(labels), 'label')} of its figures letter by letter from left to right, which is not "
        f"how {named} {'are' if len(scripts) > 1 or 'Combining' in scripts else 'is'} written; index.html shows them as they are."
    )
