"""Writes the verdicts of the reports in a folder as Markdown, for the summary of a job; needs nothing but Python."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

MARKS = {"REPRODUCED": "✓", "NOT_REPRODUCED": "✗", "INCONCLUSIVE": "?", "NOT_COMPARABLE": "≠", "NOT_RUN": "○"}


def main(folder: str) -> None:
    """Print a heading, a count and a table for each report; a sentence where there is none."""
    reports = sorted(Path(folder).glob("*/verdicts.json"))
    for file in reports:
        print("\n".join(_chapter(json.loads(file.read_text(encoding="utf-8")))))
    if not reports:
        print("No report was written; the log of the step before says why.")


def _chapter(found: dict[str, Any]) -> list[str]:
    claims = found["claims"]
    counts = Counter(claim["outcome"] for claim in claims)
    counted = ", ".join(f"{counts[outcome]} {outcome}" for outcome in MARKS if counts[outcome])
    return [
        f"## {_cell(found['title'])}",
        "",
        f"Pack `{found['pack']}`, {len(claims)} claims: {counted or 'none'}.",
        *([] if found["comparable"] else ["", "A rehearsal: its numbers are not compared with the paper."]),
        "",
        "| | claim | verdict | why |",
        "| --- | --- | --- | --- |",
        *map(_row, claims),
        "",
    ]


def _row(claim: dict[str, Any]) -> str:
    outcome = claim["outcome"]
    return f"| {MARKS[outcome]} | `{claim['claim']}` | {outcome} ({claim['reason']}) | {_cell(claim['sentence'])} |"


def _cell(text: str) -> str:
    """Text in a cell, in which nothing is markup."""
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace("\\", "\\\\")
    return "".join(f"\\{letter}" if letter in "|*_`[]" else letter for letter in plain)


if __name__ == "__main__":
    main(sys.argv[1])
