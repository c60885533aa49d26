"""Tables: every claim as one row of results.csv, and an exhibit as the paper arranges it (pandas).

In results.csv ``mean`` and ``runs`` are always what the claim's own measure gave. ``difference`` is that minus the
printed number; for a claim that compares two measures it is that
minus the other measure, run by run. There ``sd``, ``interval_low``, ``interval_high`` and ``margin`` are of that
difference, which is what was judged; everywhere else they are of the mean. ``sd`` is that of the runs as they are,
``p_value`` that of the hypothesis that the true mean lies at the edge of the margin (``Verdict`` documents both). What
is not expressible has no outcome, the reason ``not-expressible``, and a sentence that says why.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

import pandas as pd

from harness.report.case import Case
from harness.report.inexpressible import Inexpressible
from harness.report.provenance import value_in_words
from harness.report.words import plain
from harness.spec.paper import Exhibit

_FORMULA = ("=", "+", "-", "@", "\t", "\n", "\r", "＝", "＋", "－", "＠")
"""Characters that begin a formula in a spreadsheet; full-width signs are read as the plain ones."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)

MADE_FOR = " for "
"""In the name of a job that crafts, between the attack and the model."""


def results(stated: Iterable[Case | Inexpressible]) -> pd.DataFrame:
    """Return one row for each claim and for what is not expressible; numbers in the printed unit, empty where there is none."""
    rows = [_inexpressible(each) if isinstance(each, Inexpressible) else _row(each) for each in stated]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _inexpressible(found: Inexpressible) -> dict[str, object]:
    """Return the row of what is not expressible: no outcome, and a sentence that says why."""
    stated = found.stated
    return {
        "claim": stated.id,
        "source": str(stated.source),
        "row": found.row,
        "column": found.column,
        "says": stated.says,
        "reason": "not-expressible",
        "primary": False,
        "relation": stated.relation,
        "printed": stated.printed,
        "unit": stated.unit,
        "n": 0,
        "sentence": stated.why,
    }


def _row(case: Case) -> dict[str, object]:
    claim, verdict = case.claim, case.verdict
    low, high = verdict.interval or (None, None)
    values = [run.measured.value / claim.expected.scale for run in case.measurement.runs]
    mean, difference = verdict.mean, case.deviation
    if case.paired:
        mean, difference = (sum(values) / len(values) if values else None), verdict.mean
    return {
        "claim": claim.id,
        "source": str(claim.source),
        "row": case.row,
        "column": case.column,
        "says": claim.says,
        "outcome": verdict.outcome.value,
        "reason": verdict.reason,
        "primary": verdict.primary,
        "relation": verdict.relation,
        "printed": verdict.printed,
        "unit": verdict.unit,
        "mean": mean,
        "sd": verdict.sd,
        "n": verdict.n,
        "interval_low": low,
        "interval_high": high,
        "difference": difference,
        "margin": verdict.margin,
        "limit": verdict.limit,
        "times_limit": case.times_limit,
        "p_value": verdict.p_value,
        "qualifiers": " ".join(verdict.qualifiers),
        "deviates_because": claim.deviates_because,
        "budget": case.measurement.budget,
        "runs": " ".join(f"{value:.10g}" for value in values),
        "sentence": verdict.sentence,
    }


COLUMNS: Mapping[str, str] = {
    "claim": "str",
    "source": "str",
    "row": "str",
    "column": "str",
    "says": "str",
    "outcome": "str",
    "reason": "str",
    "primary": "bool",
    "relation": "str",
    "printed": "str",
    "unit": "str",
    "mean": "float64",
    "sd": "float64",
    "n": "int64",
    "interval_low": "float64",
    "interval_high": "float64",
    "difference": "float64",
    "margin": "float64",
    "limit": "float64",
    "times_limit": "float64",
    "p_value": "float64",
    "qualifiers": "str",
    "deviates_because": "str",
    "budget": "str",
    "runs": "str",
    "sentence": "str",
}
"""Columns of results.csv and their types, in order."""


def as_csv(frame: pd.DataFrame) -> str:
    """Return the table as CSV in which no cell can be taken for a formula by a spreadsheet; numbers stay numbers."""
    safe = frame.copy()
    for name in safe.columns[safe.dtypes == "str"]:
        safe[name] = safe[name].map(guarded, na_action="ignore")
    text: str = safe.to_csv(index=False, lineterminator="\n", float_format="%.10g")
    return text


def guarded(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe is put before a formula's first character.

    Spaces, and characters that leave no mark, before that character do not hide it.
    """
    text = plain(text)
    seen = "".join(letter for letter in text if unicodedata.category(letter) != "Cf").lstrip()
    if not (text.startswith(_FORMULA) or seen.startswith(_FORMULA)) or _NUMBER.fullmatch(text):
        return text
    return f"'{text}"


def arranged(exhibit: Exhibit, cases: Mapping[str, Case]) -> pd.DataFrame:
    """Return a table exhibit as printed: rows and columns in the paper's order, each cell a Case or None."""
    grid = [
        [cases.get(exhibit.cells.get(f"{row.name}/{column.name}", "")) for column in exhibit.columns]
        for row in exhibit.rows
    ]
    return pd.DataFrame(
        grid,
        index=pd.Index([row.name for row in exhibit.rows], dtype="str"),
        columns=pd.Index([column.name for column in exhibit.columns], dtype="str"),
        dtype="object",
    )


def unit_of(label: str, column: Iterable[Case | Inexpressible | None]) -> str:
    """Return the unit to be added to a column's heading; empty if it is there, or the column has none in common."""
    units = {cell.unit for cell in column if cell is not None and cell.unit}
    return "%" if units == {"%"} and "%" not in label else ""


def durations(jobs: Mapping[str, Mapping[str, object]]) -> list[dict[str, object]]:
    """Return one row for each verb and name: how many jobs, the seconds they took, and the range of their facts.

    The many small jobs, which select images, measure and draw pictures, make one row a verb; those that craft, one an attack.

    Args:
        jobs: facts by content key, as ``Record.jobs`` has them; all but ``verb`` may be missing.
    """
    rows = [
        {"verb": "", "name": "", "seconds": 0.0, "training": {}, "key": key} | dict(job) for key, job in jobs.items()
    ]
    if not rows:
        return []
    frame = pd.DataFrame(rows).sort_values("key", kind="stable")
    frame.loc[frame["verb"].isin(["select", "measure", "show"]), "name"] = ""
    crafted = frame["verb"] == "craft"
    frame.loc[crafted, "name"] = frame.loc[crafted, "name"].astype(str).str.split(MADE_FOR, n=1).str[0]
    order = {verb: place for place, verb in enumerate(("fetch", "select", "train", "craft", "measure", "show"))}
    groups = [
        {
            "verb": verb,
            "name": name,
            "jobs": len(group),
            "seconds": float(pd.to_numeric(group["seconds"], errors="coerce").fillna(0).sum()),
            "facts": _ranges(list(group["training"])),
        }
        for (verb, name), group in frame.groupby(["verb", "name"], sort=True)
    ]
    return sorted(groups, key=lambda row: order.get(str(row["verb"]), len(order)))


def _ranges(facts: list[object]) -> list[tuple[str, str]]:
    """Return each fact of a group of trainings as its range, or as the different things it says."""
    frame = pd.DataFrame([fact for fact in facts if isinstance(fact, Mapping)])
    ranges = []
    for name in frame.columns:
        column = frame[name].dropna()
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            ends = [f"{end:.4g}" for end in (column.min(), column.max())]
            ranges.append((str(name), " … ".join(dict.fromkeys(ends))))
        else:
            ranges.append((str(name), ", ".join(sorted({value_in_words(value) for value in column}))))
    return ranges
