"""results.csv: a row for each claim, and for what is not expressible.

``mean`` and ``runs`` are always of the quantity that is printed: of the claim's own measure, or of its ratio to another
where a ratio is printed. ``difference`` is the mean minus the printed number; for a claim that compares two measures it is
the measure minus the other, run by run. There ``sd``, ``interval_low``, ``interval_high`` and ``margin`` are of that
difference, which is what was judged; everywhere else they are of the mean. ``sd`` is that of the runs as they are,
``p_value`` that of the hypothesis that the true mean lies at the edge of the margin (``Verdict`` documents both). What
is not expressible has no outcome, the reason ``not-expressible``, and a sentence that says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.report.csv_text import Cell, Row, csv_text
from harness.report.verdict_types import ReportedClaim, ReportedInexpressible, VerdictsFile

NAME = "results.csv"
"""The table's file, in the folder of the report."""
COLUMNS = (
    *("paper", "exhibit", "claim", "source", "row", "column", "says", "outcome", "reason", "primary", "relation"),
    *("printed", "unit", "mean", "sd", "n", "interval_low", "interval_high", "level", "difference", "margin"),
    *("limit", "times_limit", "p_value", "qualifiers", "deviates_because", "budget", "runs", "sentence"),
)
"""Columns, in order."""


def claims_as_csv(document: VerdictsFile, order: Iterable[str]) -> str:
    """Return the table as CSV; its rows are in the order of these ids."""
    rows = {row["claim"]: row for row in (*claim_rows(document), *_inexpressible_rows(document))}
    return csv_text(COLUMNS, (rows[name] for name in order))


def claim_rows(document: VerdictsFile) -> Iterator[Row]:
    """Yield the row of each claim; numbers in the printed unit, empty if there is none."""
    for claim in document.claims:
        yield {"paper": document.pack} | _row(claim)


def _row(claim: ReportedClaim) -> dict[str, Cell]:
    low, high = claim.interval or (None, None)
    same = ("exhibit", "claim", "source", "row", "column", "says", "reason", "primary", "relation", "printed", "unit")
    numbers = ("mean", "sd", "n", "level", "difference", "limit", "times_limit", "p_value")
    return {
        **{name: getattr(claim, name) for name in (*same, *numbers, "deviates_because", "budget", "sentence")},
        "outcome": claim.outcome.value,
        "interval_low": low,
        "interval_high": high,
        "margin": claim.margin.value if claim.margin is not None else None,
        "qualifiers": " ".join(claim.qualifiers),
        "runs": " ".join(f"{value:.10g}" for value in claim.runs),
    }


def _inexpressible_rows(document: VerdictsFile) -> Iterator[Row]:
    for found in document.not_expressible:
        yield {"paper": document.pack} | _inexpressible(found)


def _inexpressible(found: ReportedInexpressible) -> dict[str, Cell]:
    """Return the row of what is not expressible: no outcome, and a sentence that says why."""
    same = ("exhibit", "source", "row", "column", "says", "relation", "printed", "unit")
    return {
        **{name: getattr(found, name) for name in same},
        "claim": found.id,
        "reason": "not-expressible",
        "primary": False,
        "n": 0,
        "sentence": found.why,
    }
