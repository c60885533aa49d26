"""Overflow: text and drawings outside the pages of a PDF, which are not visible (weasyprint)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from harness.errors import plural

SLACK = 1.0
"""Pixels by which a letter may reach over the edge."""
QUOTED = 3
"""Pieces of text quoted."""
DRAWING = "a drawing"
"""Quoted for a figure or a picture."""


def overflowing(pages: Sequence[Any]) -> list[tuple[int, str]]:
    """Return each piece of text, and drawing, that is not wholly on its page, with the page's number from 1.

    Args:
        pages: of a document that WeasyPrint has laid out.
    """
    return [
        (number, text)
        for number, page in enumerate(pages, start=1)
        for text in _beyond(page._page_box)  # noqa: SLF001
    ]


def _beyond(page: Any) -> Iterator[str]:
    width, height = page.margin_width() + SLACK, page.margin_height() + SLACK
    for box in page.descendants(placeholders=True):
        if what := _content(box):
            across = -SLACK <= box.position_x and box.position_x + box.width <= width
            if not across or box.position_y < -SLACK or box.position_y + box.height > height:
                yield what


def _content(box: Any) -> str:
    """Return the text of a box, or that it is a drawing; empty for a box that only holds others."""
    text = getattr(box, "text", None)
    if isinstance(text, str):
        return text.strip()
    return DRAWING if hasattr(box, "replacement") else ""


def note(found: Sequence[tuple[int, str]]) -> str:
    """Return a sentence on what overflows."""
    quoted = ", ".join(f"{text[:30]!r}" for _, text in found[:QUOTED])
    more = " …" if len(found) > QUOTED else ""
    where = sorted({number for number, _ in found})
    pages = f"page {where[0]}" if len(where) == 1 else f"{len(where)} pages, the first page {where[0]}"
    return f"The PDF cannot show {plural(len(found), 'part')} of the page, beyond the edge of {pages} ({quoted}{more}); index.html shows everything."
