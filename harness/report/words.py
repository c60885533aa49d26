"""The report's words for outcomes, relations and qualifiers, and its number formats."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from harness.judge.numbers import numeral, short
from harness.judge.statistics import confidence
from harness.judge.verdict import CONSTRUCTED, EXPLAINED, PREDICTED, Outcome, Verdict


@dataclass(frozen=True)
class Look:
    """How an outcome is written: never by colour alone.

    Attributes:
        word: in a table's cell.
        mark: one character, in the fonts of screen and PDF.
        css: class of the elements that carry the colour.
        clause: after a number of claims: "2 did not reproduce".
    """

    word: str
    mark: str
    css: str
    clause: str


LOOKS = {
    Outcome.REPRODUCED: Look("reproduced", "✓", "is-reproduced", "reproduced"),
    Outcome.NOT_REPRODUCED: Look("not reproduced", "✗", "is-refuted", "did not reproduce"),
    Outcome.INCONCLUSIVE: Look("inconclusive", "?", "is-open", "inconclusive"),
    Outcome.NOT_COMPARABLE: Look("not comparable", "≠", "is-incomparable", "not comparable"),
    Outcome.NOT_RUN: Look("not run", "○", "is-missing", "not run"),
}
"""In the order a report counts them."""

JUDGED = frozenset({Outcome.REPRODUCED, Outcome.NOT_REPRODUCED, Outcome.INCONCLUSIVE})
"""Outcomes of what was measured and compared with the paper."""

RELATIONS = {
    "close_to": "equals, within the margin, the printed",
    "at_most": "is at most the printed",
    "at_least": "is at least the printed",
    "less_than": "is less than that of",
    "greater_than": "is greater than that of",
    "equivalent_to": "equals, within the margin, that of",
    "all": "holds for every image",
}


def listed(parts: Sequence[str]) -> str:
    """Return ``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def spaced(code: str) -> str:
    """Return a reason or relation code as words: ``within-margin`` becomes ``within margin``."""
    return code.replace("-", " ").replace("_", " ")


def signed(value: float, decimals: int) -> str:
    """Return a number with its sign, plus included; zero has none."""
    text = numeral(value, decimals)
    return text if text.startswith("−") or not text.strip("0.") else f"+{text}"


def with_unit(text: str, unit: str, *, difference: bool = False) -> str:
    """Return a numeral followed by its unit; a difference of percentages is in points."""
    if unit != "%":
        return text
    return f"{text} points" if difference else f"{text} %"


def level(runs: int) -> str:
    """Return the confidence level of the interval of a mean over a number of runs: ``94 %``."""
    return f"{short(100 * confidence(runs), 1)} %"


def deviations_in_words(verdicts: Iterable[Verdict]) -> list[str]:
    """Return how many of some claims deviate as predicted, and how many were explained afterwards: ``2 predicted``."""
    marks = Counter(map(declaration, verdicts))
    return [f"{marks[mark]} {spaced(mark)}" for mark in (PREDICTED, EXPLAINED) if marks[mark]]


def declaration(verdict: Verdict) -> str:
    """Return the qualifier of a declared deviation; empty where none was measured."""
    return next((mark for mark in (PREDICTED, EXPLAINED) if mark in verdict.qualifiers), "")


def constructed(reproduced: Iterable[Verdict]) -> str:
    """Return how many of the claims that reproduced are true by construction; empty where none is."""
    marked = [CONSTRUCTED in verdict.qualifiers for verdict in reproduced]
    if not any(marked):
        return ""
    if all(marked):
        return f"{'all of them ' if len(marked) > 1 else ''}true by construction"
    return f"{sum(marked)} of them true by construction"


def anchor(claim: str) -> str:
    """Return the link to a claim within the page."""
    return "#" + quote(claim, safe="/-._~")


def plain(text: str) -> str:
    """Return text without what no page may contain: control characters, and marks that reverse the reading order."""
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs", "Co", "Cn"})
    return "".join(c for c in kept if unicodedata.bidirectional(c) not in _REVERSING)


_REVERSING = frozenset({"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"})
