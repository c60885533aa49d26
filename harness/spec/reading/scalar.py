"""Resolves a YAML scalar by the core schema of YAML 1.2, in which ``1e-4`` is a number and ``yes`` is text."""

from __future__ import annotations

import math
import re

from harness.spec.reading.node import YamlScalar

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""Characters that are refused in a pack: control characters, surrogates, byte-order marks."""


def resolve(text: str, *, quoted: bool) -> tuple[YamlScalar, str]:
    """Resolve a scalar by YAML 1.2's core schema; return its value and what is wrong with it, if anything."""
    if quoted:
        if strange := UNPRINTABLE.search(text):
            return None, f"found the control character U+{ord(strange.group()):04X}, written as an escape; delete it"
        return text, ""
    if text in _WORDS:
        return _WORDS[text], ""
    if _NOT_FINITE.fullmatch(text):
        return None, f"expected a finite number, found {text}"
    if _INTEGER.fullmatch(text):
        number = int(text, 0 if text[:2] in {"0o", "0x"} else 10) if len(text) <= 20 else 2**63
        if abs(number) >= 2**63:
            return None, f"expected an integer below 2**63, found one of {len(text)} digits; quote it if it is text"
        return number, ""
    if _FLOAT.fullmatch(text):
        real = float(text)
        return (real, "") if math.isfinite(real) else (None, f"expected a finite number, found {text[:40]}")
    return text, ""
