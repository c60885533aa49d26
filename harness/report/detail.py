"""How much detail the page shows of each claim: all, unless the page would be too large for a browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.report import reading_rows, run_rows, verdict_file

LARGEST = 3_000_000
"""Maximum size of a page in bytes; details that are in the report's files are left out to meet it."""


@dataclass(frozen=True)
class Detail:
    """What a page shows in addition to each claim's line, sentence, link and command.

    Attributes:
        figures: the collapsed figures of single claims.
        tables: the runs, and the other readings.
        facts: how it was measured and judged.
    """

    figures: bool = True
    tables: bool = True
    facts: bool = True

    @property
    def left_out(self) -> str:
        """What the page leaves out, and where it is, in a sentence; empty if it leaves out nothing."""
        if self.figures:
            return ""
        parts = ["the collapsed figures of measured against printed and of distributions"]
        parts += [] if self.tables else [f"single runs ({run_rows.NAME}) and other readings ({reading_rows.NAME})"]
        parts += [] if self.facts else [f"how each claim was measured ({verdict_file.NAME})"]
        size = f"{LARGEST / 1e6:g} MB"
        return f"To stay under {size}, this page leaves out {'; '.join(parts)}. `harness explain` shows every detail of one claim."


LEVELS = (
    Detail(),
    Detail(figures=False),
    Detail(figures=False, tables=False),
    Detail(figures=False, tables=False, facts=False),
)
"""From full detail to the least."""


def at_most_detail(render: Callable[[Detail], str]) -> str:
    """Return the page with as much detail as fits ``LARGEST``; with the least detail if not even that fits."""
    page = ""
    for detail in LEVELS:
        page = render(detail)
        if len(page.encode()) <= LARGEST:
            break
    return page
