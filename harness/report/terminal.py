"""Verdicts, and the story of one claim, as tables in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.judge.verdict import Outcome, Verdict
from harness.spec.claim import AGAINST_OTHER

STYLE = {
    Outcome.REPRODUCED: "green",
    Outcome.NOT_REPRODUCED: "red",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.NOT_COMPARABLE: "cyan",
    Outcome.NOT_RUN: "dim",
}


def verdict_table(verdicts: Sequence[Verdict], title: str | None = None) -> Table:
    """Return one line a claim: printed, measured, margin, verdict and reason."""
    table = Table(title=title, title_justify="left", pad_edge=False, box=None)
    table.add_column("claim", overflow="fold", ratio=3)
    for name in ("printed", "measured", "margin"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("why", overflow="fold", ratio=2)
    for verdict in verdicts:
        style = STYLE[verdict.outcome]
        why = ", ".join([verdict.reason, *verdict.qualifiers, *([] if verdict.primary else ["secondary"])])
        table.add_row(
            escape(verdict.claim),
            escape(verdict.printed or ""),
            _measured(verdict),
            "" if verdict.margin is None else f"±{verdict.margin:.2g}",
            f"[{style}]{verdict.outcome.value}[/]",
            escape(why),
        )
    return table


def tell(lines: Iterable[tuple[str, str]], console: Console) -> None:
    """Print headings, each with its text; a pipe has no width, so that no command in a text is broken there."""
    lines = list(lines)
    if not console.is_terminal:
        width = max(len(heading) for heading, _ in lines)
        for heading, text in lines:
            console.print(f"{heading:<{width}}  {text}", markup=False, emoji=False, highlight=False, soft_wrap=True)
        return
    table = Table(show_header=False, pad_edge=False, box=None)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for heading, text in lines:
        table.add_row(escape(heading), escape(text))
    console.print(table)


def _measured(verdict: Verdict) -> str:
    """Write the measured mean with its unit; for a comparison of two measures it is their difference."""
    if verdict.mean is None:
        return ""
    unit = " %" if verdict.unit == "%" else ""
    if verdict.relation in AGAINST_OTHER:
        return f"{verdict.mean:+.4g}{' points' if unit else ''} apart"
    return f"{verdict.mean:.4g}{unit}"
