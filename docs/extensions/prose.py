"""Writes docstrings as Markdown: headings, tables, and text in which only code is code."""

import re
from collections.abc import Iterable, Sequence

_CODE = re.compile(r"(``.+?``|`.+?`)", re.DOTALL)
_SPECIAL = re.compile(r"([\\*_<>$\[\]{}])")


def prose(text: str) -> str:
    """Return text in which everything outside of backticks means itself."""
    parts = _CODE.split(text)
    return "".join(part if part.startswith("`") else _SPECIAL.sub(r"\\\1", part) for part in parts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already; empty where there is no row."""
    lines = [_row(row) for row in rows]
    return "\n".join([_row(head), _row(["---"] * len(head)), *lines]) + "\n\n" if lines else ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", r"\|") for cell in cells) + " |"


def code(text: str) -> str:
    """Return text as code; nothing where there is none."""
    return f"`{text}`" if text else ""
