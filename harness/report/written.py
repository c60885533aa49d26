"""Compares verdicts with those that stand in a report's results.csv; reads it without pandas."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.files import read_regular
from harness.judge.verdict import Verdict

RESULTS = "results.csv"
"""The file whose verdicts are compared with those of the record."""
MOST_RESULTS = 2**27
"""Largest size of ``results.csv``."""
CLOSE = 1e-6
"""Relative difference of two numbers that count as the same: another processor rounds otherwise."""
_NUMBERS = ("n", "sd", "interval_low", "interval_high", "margin", "p_value")


@dataclass(frozen=True)
class ChangedVerdict:
    """A verdict that is not the one in results.csv.

    Attributes:
        claim: its id.
        written: what results.csv says; empty where it has no such claim.
        judged: what the record says now; empty where it has no such claim.
    """

    claim: str
    written: str
    judged: str


def _written(folder: Path) -> dict[str, Mapping[str, str]]:
    """Return claim -> its row of results.csv; what is not expressible has no verdict and is left out.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is no such table.
    """
    text = read_regular(folder / RESULTS, MOST_RESULTS, follow=False).decode()
    try:
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise ValueError(f"no table: {error}") from error
    needed = {"claim", "outcome", "reason", "qualifiers", *_NUMBERS}
    if not rows or not needed <= rows[0].keys() or any(None in row or None in row.values() for row in rows):
        raise ValueError("no table of verdicts")
    return {row["claim"]: row for row in rows if row["outcome"]}


def differing_verdicts(folder: Path, verdicts: Iterable[Verdict]) -> Iterator[ChangedVerdict]:
    """Yield each verdict that is not as it was written, in the record's order, then those the record does not have.

    Args:
        folder: of the report.
        verdicts: of its record, as it is judged now.

    Raises:
        OSError: if results.csv cannot be read.
        ValueError: if it is no table of verdicts.
    """
    written = _written(folder)
    judged = {verdict.claim: verdict for verdict in verdicts}
    for claim, verdict in judged.items():
        row = written.get(claim)
        if row is None:
            yield ChangedVerdict(claim, "", _words(_said(verdict)))
            continue
        now = _said(verdict)
        before = {name: row[name] for name in now}
        parted = [name for name in now if not _alike(name, before[name], now[name])]
        if parted:
            shown = ["outcome", "reason"] if parted[0] in {"outcome", "reason"} else parted
            yield ChangedVerdict(claim, _words(before, shown), _words(now, shown))
    for claim in sorted(written.keys() - judged.keys()):
        yield ChangedVerdict(claim, _words(written[claim]), "")


def _said(verdict: Verdict) -> dict[str, str]:
    """Return what a row of results.csv says of a verdict."""
    low, high = verdict.interval or (None, None)
    numbers = (verdict.n, verdict.sd, low, high, verdict.margin, verdict.p_value)
    return {
        "outcome": verdict.outcome.value,
        "reason": verdict.reason,
        "qualifiers": " ".join(verdict.qualifiers),
        **{name: "" if each is None else f"{each:.10g}" for name, each in zip(_NUMBERS, numbers, strict=True)},
    }


def _alike(name: str, before: str, now: str) -> bool:
    if before == now or name not in _NUMBERS:
        return before == now
    try:
        return math.isclose(float(before), float(now), rel_tol=CLOSE)
    except ValueError:
        return False


def _words(said: Mapping[str, str], names: Sequence[str] = ("outcome", "reason")) -> str:
    """Return some of what is said of a verdict, the numbers with their names."""
    parts = (said[name] if name in {"outcome", "reason"} else f"{name} {said[name] or 'none'}" for name in names)
    return " ".join(filter(None, parts))
