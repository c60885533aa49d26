"""What `harness compare` shows of two records, printed or as a JSON document."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table

from harness.errors import plural
from harness.judge.comparing import ClaimComparison, Comparison, tally_of
from harness.judge.exits import as_json
from harness.judge.verdict import Verdict
from harness.kinds.unit import UNITS
from harness.naming import some
from harness.terminal.breaking import Breakable

SHOWN = 12
"""The most divergences that are printed; the document has all."""


def print_comparison(found: Comparison, a: str, b: str, console: Console) -> None:
    """Print what else differs, where the records diverge, each claim, and what really changed."""
    console.print(f"[bold]A[/] {escape(a)}\n[bold]B[/] {escape(b)}\n", highlight=False, soft_wrap=True)
    if found.provenance:
        table = _table("what differs", "A", "B")
        for each in found.provenance:
            table.add_row(*map(Breakable, (each.what, each.a, each.b)))
        console.print(table)
    else:
        console.print("nothing recorded differs: pack, data, recipes, sources, software and machine", highlight=False)
    console.print()
    for divergence in found.divergences[:SHOWN]:
        console.print(escape(divergence.sentence), highlight=False)
    if len(found.divergences) > SHOWN:
        console.print(f"and at {len(found.divergences) - SHOWN} more places (--json lists them)", highlight=False)
    if found.divergences:
        console.print()
    table = _table("claim", "A", "B", "B - A", "likeness", "why", whole=("A", "B", "likeness"))
    for claim in found.claims:
        table.add_row(*_row(claim))
    console.print(table)
    console.print(tally_of(found.claims), highlight=False)
    changed = found.changed
    result = (
        f"{plural(len(changed), 'claim')} really changed: {some(changed, 5)}" if changed else "no claim really changed"
    )
    console.print(f"[{'red' if changed else 'green'}]{escape(result)}[/]", highlight=False, soft_wrap=True)


def comparison_document(found: Comparison, a: str, b: str) -> dict[str, Any]:
    """Return the comparison as values that JSON can hold."""
    return {
        "a": a,
        "b": b,
        "claims": [_document(each) for each in found.claims],
        "provenance": [{"what": each.what, "a": each.a, "b": each.b} for each in found.provenance],
        "divergences": [
            {
                "verb": each.verb,
                "name": each.name,
                "how": each.how,
                "because": list(each.because),
                "runs": list(each.runs),
                "claims": list(each.claims),
            }
            for each in found.divergences
        ],
        "changed": list(found.changed),
        "exit_status": found.status,
    }


def _table(*columns: str, whole: Collection[str] = ()) -> Table:
    """Return a table without rows; the cells of some columns are never broken."""
    table = Table(pad_edge=False, box=None)
    for name in columns:
        table.add_column(name, no_wrap=name in whole)
    return table


def _row(each: ClaimComparison) -> tuple[RenderableType, ...]:
    verdict = each.a or each.b
    unit = UNITS[verdict.unit].after_difference if verdict is not None else ""
    difference = ""
    if each.shown is not None:
        interval = f" [{each.shown.interval[0]:+.3g}, {each.shown.interval[1]:+.3g}]" if each.shown.interval else ""
        difference = f"{each.shown.difference:+.3g}{unit}{interval}" if each.shown.difference or interval else "0"
    because = f"{each.because}; the verdict flipped" if each.flipped else each.because
    style = each.likeness.style
    return (
        Breakable(each.claim),
        _number(each.a),
        _number(each.b),
        escape(difference),
        f"[{style}]{each.likeness}[/]",
        Breakable(because),
    )


def _number(verdict: Verdict | None) -> str:
    """Return a measured number, with the mark of its verdict."""
    if verdict is None or verdict.mean is None:
        return ""
    unit = UNITS[verdict.unit]
    after = unit.after_difference if verdict.relates.paired else unit.after
    look = verdict.outcome.look
    return f"{verdict.mean:.4g}{after} [{look.style}]{look.mark}[/]"


def _document(each: ClaimComparison) -> dict[str, Any]:
    shown = each.shown
    verdicts = {
        side: as_json([verdict])[0] if verdict is not None else None for side, verdict in (("a", each.a), ("b", each.b))
    }
    bounds = [None if abs(end) == float("inf") else end for end in each.bounds] if each.bounds is not None else None
    return {
        "claim": each.claim,
        "likeness": str(each.likeness),
        "because": each.because,
        "flipped": each.flipped,
        "difference": shown.difference if shown is not None else None,
        "interval": shown.interval if shown is not None else None,
        "p_value": shown.p_value if shown is not None else None,
        "bounds": bounds,
        **verdicts,
    }
