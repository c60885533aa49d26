"""Tables: an exhibit as the paper arranges it, and the jobs of a record by verb and name (pandas)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from harness.report.case import Case
from harness.report.inexpressible import Inexpressible
from harness.report.provenance import value_in_words
from harness.spec.paper import Exhibit

MADE_FOR = " for "
"""In the name of a job that crafts, between the attack and the model."""


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
