"""CSV in which no cell can be taken for a formula by a spreadsheet; numbers stay numbers."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from harness.report.words import plain

Cell = str | float | bool | None
"""What a cell holds: text, a whole number or a fraction, yes or no, or nothing."""
Row = Mapping[str, Cell]
"""Column -> cell; a column that is left out holds nothing."""
_FORMULA = ("=", "+", "-", "@", "\t", "\n", "\r", "＝", "＋", "－", "＠")
"""Characters that begin a formula in a spreadsheet; full-width signs are read as the plain ones."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def csv_text(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Return rows as CSV with a line of headings; fractions have ten digits.

    Raises:
        ValueError: if a row has a column that is not among them.
    """
    text = io.StringIO()
    table = csv.DictWriter(text, columns, lineterminator="\n")
    table.writeheader()
    table.writerows({name: cell_text(cell) for name, cell in row.items()} for row in rows)
    return text.getvalue()


def cell_text(cell: Cell) -> str:
    """Return the text of a cell, unquoted."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.10g}"
    return guarded(cell) if isinstance(cell, str) else str(cell)


def guarded(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe is put before a formula's first character.

    Spaces, and characters that leave no mark, before that character do not hide it.
    """
    text = plain(text)
    seen = "".join(letter for letter in text if unicodedata.category(letter) != "Cf").lstrip()
    if not (text.startswith(_FORMULA) or seen.startswith(_FORMULA)) or _NUMBER.fullmatch(text):
        return text
    return f"'{text}"
