"""Our number next to the paper's, with as many decimals as its column; the rest is in the cell's tooltip."""

from __future__ import annotations

from collections.abc import Iterable

from harness.judge.numbers import numeral
from harness.report.case import Case
from harness.report.inexpressible import Inexpressible
from harness.report.words import signed, spaced, with_unit


def column_decimals(column: Iterable[Case | Inexpressible | None]) -> int:
    """Return the number of decimals of our numbers in a column: the largest of them; 0 if there is no number."""
    return max((cell.decimals for cell in column if isinstance(cell, Case) and cell.mean is not None), default=0)


def ours(case: Case, decimals: int | None = None) -> str:
    """Return our mean with a column's decimals, or with the claim's own; a dash if nothing was measured."""
    mean = case.verdict.mean
    if mean is None or case.mean is None:
        return "–"
    if case.universal or decimals is None:
        return case.mean
    return signed(mean, decimals) if case.paired else numeral(mean, decimals)


def in_full(case: Case) -> str:
    """Return in one line what a table's cell leaves out: outcome, spread, interval, difference, margin."""
    parts = [case.look.word + (f" ({spaced(case.verdict.reason)})" if case.verdict.reason else "")]
    if case.mean is not None:
        spread = f" ± {case.sd}" if case.sd else ""
        parts.append(f"ours {with_unit(case.mean + spread, case.unit, difference=case.paired)}")
    parts += [f"{case.level} interval {case.interval}"] if case.interval else []
    parts += [f"difference {case.difference}"] if case.difference is not None else []
    parts += [f"margin {case.margin}"] if case.margin else []
    parts += [f"{case.times_limit:.3f} × the exact minimum"] if case.times_limit else []
    parts += [f"without an attack {case.clean_number}"] if case.clean_number is not None else []
    return "; ".join(parts)
