"""The report's words for qualifiers and codes, and its number formats."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from harness.judge.numbers import numeral, short
from harness.judge.verdict import CONSTRUCTED, EXPLAINED, FITTED, PREDICTED, Verdict
from harness.kinds.unit import UNITS


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
    known = UNITS[unit]
    return text + (known.after_difference if difference else known.after)


def level(confidence: float) -> str:
    """Return a confidence level in percent: ``94 %``."""
    return f"{short(100 * confidence, 1)} %"


def deviations_in_words(verdicts: Iterable[Verdict]) -> list[str]:
    """Return how many of some claims deviate as predicted, and how many were explained afterwards: ``2 predicted``."""
    marks = Counter(map(declaration, verdicts))
    return [f"{marks[mark]} {spaced(mark)}" for mark in (PREDICTED, EXPLAINED) if marks[mark]]


def declaration(verdict: Verdict) -> str:
    """Return the qualifier of a declared deviation; empty if none was measured."""
    return next((mark for mark in (PREDICTED, EXPLAINED) if mark in verdict.qualifiers), "")


def sorted_out(verdicts: Iterable[Verdict]) -> list[str]:
    """Return how many verdicts are true by construction, fitted and tested: ``2 fitted``; empty if all are tested."""
    numbers = Counter(verdict.untested for verdict in verdicts)
    if set(numbers) <= {""}:
        return []
    return [f"{numbers[mark]} {word}" for mark, word in _SORTS.items() if numbers[mark]]


def anchor(claim: str) -> str:
    """Return the link to a claim within the page."""
    return "#" + quote(claim, safe="/-._~")


def plain(text: str) -> str:
    """Return text without what no page may contain: control characters, and marks that reverse the reading order."""
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs", "Co", "Cn"})
    return "".join(c for c in kept if unicodedata.bidirectional(c) not in _REVERSING)


_REVERSING = frozenset({"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"})
_SORTS = {CONSTRUCTED: "true by construction", FITTED: "fitted", "": "tested"}
"""What an agreement is worth, in words, by ``Verdict.untested``."""
