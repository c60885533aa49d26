"""How much the page tells of each claim: all of it, unless the page would be too large for a browser to open at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.report import reading_rows, run_rows, verdict_file

LARGEST = 3_000_000
"""Bytes of a page, as far as leaving out what its files hold keeps it to them."""


@dataclass(frozen=True)
class Detail:
    """What a page shows beside each claim's line, sentence, link and command.

    Attributes:
        figures: the folded figures of single claims.
        tables: the runs, and the other readings.
        facts: how it was measured and is judged.
    """

    figures: bool = True
    tables: bool = True
    facts: bool = True

    @property
    def left_out(self) -> str:
        """What the page leaves out, and where it is, in a sentence; empty where it leaves out nothing."""
        if self.figures:
            return ""
        parts = ["the folded figures of measured against printed and of distributions"]
        parts += [] if self.tables else [f"single runs ({run_rows.NAME}) and other readings ({reading_rows.NAME})"]
        parts += [] if self.facts else [f"how each claim was measured ({verdict_file.NAME})"]
        size = f"{LARGEST / 1e6:g} MB"
        return f"So that it stays under {size}, this page leaves out {'; '.join(parts)}. `harness explain` tells one claim whole."


LEVELS = (
    Detail(),
    Detail(figures=False),
    Detail(figures=False, tables=False),
    Detail(figures=False, tables=False, facts=False),
)
"""From all there is to the least."""


def at_most_detail(render: Callable[[Detail], str]) -> str:
    """Return the page with as much detail as fits ``LARGEST``; the least there is, if not even that fits."""
    page = ""
    for detail in LEVELS:
        page = render(detail)
        if len(page.encode()) <= LARGEST:
            break
    return page
