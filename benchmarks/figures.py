"""Figures as a Markdown table for people and as JSON for programs, with the date, the machine and its load."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from harness.run.environment import find_environment

HERE = Path(__file__).parent
Row = dict[str, Any]
"""Column -> text or number; a column that is left out is shown as a dash."""


@dataclass(frozen=True)
class Table:
    """What one benchmark measured.

    Attributes:
        title: what the figures are of.
        rows: their columns are those of all rows, in the order they first appear.
        notes: sentences a reader of the figures needs.
    """

    title: str
    rows: Sequence[Row]
    notes: Sequence[str] = ()

    def markdown(self) -> str:
        """Return the table as Markdown, the notes under it."""
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        lines = [columns, ["---"] * len(columns)]
        lines += [[written(row.get(name)) for name in columns] for row in self.rows]
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        return "\n\n".join([f"### {self.title}", table, *self.notes])


def written(value: Any) -> str:
    """Write one cell: numbers with four digits that count, thousands apart."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def machine() -> dict[str, Any]:
    """Return the date, the machine, its load just now and the software."""
    facts = find_environment().facts
    for name in ("tensorflow", "jax", "foolbox"):
        try:
            facts["versions"][name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            facts["versions"][name] = None
    load = [round(figure, 1) for figure in os.getloadavg()]
    return {"date": datetime.now(UTC).isoformat(timespec="seconds"), "load": load, **facts}


def asking(doc: str | None) -> argparse.ArgumentParser:
    """Return the options every benchmark has."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer images and rounds, in about a tenth of the time")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    return parser


def publish(asked: argparse.Namespace, *tables: Table) -> None:
    """Print the tables, and write them to the JSON file that was asked for."""
    for table in tables:
        print(f"\n{table.markdown()}", flush=True)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(table) for table in tables], indent=1, ensure_ascii=False) + "\n")


def alone(script: str, *words: object) -> dict[str, Any]:
    """Run one of the scripts here in a process of its own; return the table it would have printed.

    Raises:
        SystemExit: if it fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        command = [sys.executable, str(HERE / script), *map(str, words), "--json", str(result)]
        if status := subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
            sys.exit(f"{' '.join(command)} ended with status {status}")
        return json.loads(result.read_text())[0]


def mib(maxrss: int) -> float:
    """Return a process's peak memory, as the system counts it, in MiB."""
    return maxrss / (2**20 if sys.platform == "darwin" else 1024)
