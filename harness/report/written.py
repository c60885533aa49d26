"""Compares the verdicts in a report's files with those of the record now; reads the files without pandas."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from harness.files import read_regular
from harness.judge.verdict import Verdict
from harness.record.model import Record
from harness.report import claim_rows, reading_rows, run_rows, verdict_file
from harness.report.cases import cases_of
from harness.report.csv_text import Row, cell_text
from harness.report.record_file import NO_FILE
from harness.report.verdict_types import VerdictsFile

MOST_BYTES = 2**27
"""Largest size of a file that is compared."""
CLOSE = 1e-6
"""Relative difference of two numbers that count as the same: another processor rounds otherwise."""
Said = Mapping[str, str]
"""Column -> text of its cell."""


@dataclass(frozen=True)
class ChangedVerdict:
    """A verdict, or a number behind it, that is not what a file says.

    Attributes:
        file: the file.
        claim: its id, and the readings and the run, if the file has them.
        written: what the file says; empty if it has no such row.
        judged: what the record says now; empty if it has no such row.
    """

    file: str
    claim: str
    written: str
    judged: str


@dataclass(frozen=True)
class ComparedFile:
    """A file of a report that is compared with the record.

    Attributes:
        name: of the file.
        keys: the columns that identify a row.
        words: the columns that must be equal.
        numbers: the columns that must be equal up to the rounding of another processor.
        rows_of: gives the rows of its text, which must have these columns.
    """

    name: str
    keys: tuple[str, ...]
    words: tuple[str, ...]
    numbers: tuple[str, ...]
    rows_of: Callable[[str, Collection[str]], Sequence[Said]]

    @property
    def facts(self) -> tuple[str, ...]:
        """The columns compared."""
        return *self.words, *self.numbers

    def key(self, row: Said) -> tuple[str, ...]:
        """Return the key of a row."""
        return tuple(row[name] for name in self.keys)


def _rows_of_csv(text: str, columns: Collection[str]) -> Sequence[Said]:
    """Return the rows of a table; ValueError if it is none, or lacks a column."""
    table = csv.DictReader(io.StringIO(text), strict=True)
    try:
        rows = list(table)
    except csv.Error as error:
        raise ValueError(f"no table: {error}") from error
    if not set(columns) <= set(table.fieldnames or ()) or any(None in row or None in row.values() for row in rows):
        raise ValueError("no table of verdicts")
    return rows


def _rows_of_document(text: str, columns: Collection[str]) -> Sequence[Said]:
    """Return the claims of a document of verdicts, as rows of results.csv; ValueError if it is none."""
    try:
        return [_said(row) for row in claim_rows.claim_rows(VerdictsFile.model_validate_json(text))]
    except ValidationError as error:
        first, *_ = error.errors(include_url=False, include_input=False)
        place = ".".join(map(str, first["loc"])) or "the document"
        raise ValueError(f"no document of verdicts: {place}: {first['msg'].lower()}") from error


_VERDICT = ("outcome", "reason", "qualifiers")
_NUMBERS = ("n", "mean", "sd", "interval_low", "interval_high", "margin", "p_value")
_OF_READINGS = ("n", "mean", "interval_low", "interval_high", "margin")
COMPARED = (
    ComparedFile(claim_rows.NAME, ("claim",), _VERDICT, _NUMBERS, _rows_of_csv),
    ComparedFile(verdict_file.NAME, ("claim",), _VERDICT, _NUMBERS, _rows_of_document),
    ComparedFile(reading_rows.NAME, ("claim", "readings"), _VERDICT, _OF_READINGS, _rows_of_csv),
    ComparedFile(run_rows.NAME, ("claim", "readings", "run"), ("role",), ("value",), _rows_of_csv),
)
"""The files that are compared with the record."""


def rows_now(record: Record, verdicts: Sequence[Verdict]) -> dict[str, Sequence[Said]]:
    """Return file -> the rows that it has, if the record says the same as when it was written."""
    document = verdict_file.verdicts_file(record, cases_of(record, verdicts), NO_FILE)
    claims = [_said(row) for row in claim_rows.claim_rows(document)]
    return {
        claim_rows.NAME: claims,
        verdict_file.NAME: claims,
        reading_rows.NAME: [_said(row) for row in reading_rows.reading_rows(document)],
        run_rows.NAME: [_said(row) for row in run_rows.run_rows(record)],
    }


def _said(row: Row) -> Said:
    return {name: cell_text(cell) for name, cell in row.items()}


def differing_verdicts(folder: Path, compared: ComparedFile, now: Iterable[Said]) -> Iterator[ChangedVerdict]:
    """Yield each row that is not as it was written, in the record's order, then those the record does not have.

    Args:
        folder: of the report.
        compared: the file in it.
        now: its rows, as the record gives them now.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it is no such file.
    """
    written = _written(folder, compared)
    judged = {compared.key(row): row for row in now}
    for key, row in judged.items():
        before = written.get(key)
        if before is None:
            yield ChangedVerdict(compared.name, _name(key), "", _words(row, compared.words[:2]))
        elif parted := [name for name in compared.facts if not _alike(name in compared.words, before[name], row[name])]:
            shown = compared.words[:2] if parted[0] in compared.words[:2] else parted
            yield ChangedVerdict(compared.name, _name(key), _words(before, shown), _words(row, shown))
    for key in sorted(written.keys() - judged.keys()):
        yield ChangedVerdict(compared.name, _name(key), _words(written[key], compared.words[:2]), "")


def _written(folder: Path, compared: ComparedFile) -> dict[tuple[str, ...], Said]:
    """Return the rows of a file by key; what is not expressible has no verdict and is left out."""
    text = read_regular(folder / compared.name, MOST_BYTES, follow=False).decode()
    rows = compared.rows_of(text, {*compared.keys, *compared.facts})
    judged = [row for row in rows if row[compared.words[0]]]
    found = {compared.key(row): row for row in judged}
    if len(found) < len(judged):
        raise ValueError("two rows about one thing")
    return found


def _alike(exact: bool, before: str, now: str) -> bool:
    if before == now or exact:
        return before == now
    try:
        return math.isclose(float(before), float(now), rel_tol=CLOSE)
    except ValueError:
        return False


def _name(key: tuple[str, ...]) -> str:
    """Return the claim a row is about, with its readings and run where the row has them."""
    claim, *rest = key
    readings = f" ({rest[0]})" if rest and rest[0] else ""
    return f"{claim}{readings}{f', run {rest[1]}' if rest[1:] else ''}"


def _words(said: Said, names: Sequence[str]) -> str:
    """Return some of what a row says, the numbers and notes with their names."""
    parts = (
        said[name] if name in {"outcome", "reason", "role"} else f"{name} {said[name] or 'none'}" for name in names
    )
    return " ".join(filter(None, parts))
