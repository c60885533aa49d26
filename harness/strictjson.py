"""Reads JSON strictly: numbers are finite and below a limit, text is valid Unicode."""

from __future__ import annotations

import json
from typing import Any, NoReturn

LARGEST = 1e100
"""Largest number; products of numbers must stay finite."""
_SHOWN = 20
"""Number of digits of a number that an error shows."""


class UnwritableError(ValueError):
    """A text is JSON but contains a value that harness never writes; the message says which."""


def loads(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        UnwritableError: for NaN, an infinity, a number beyond ``LARGEST``, or half a surrogate pair.
        json.JSONDecodeError: if it is not JSON.
        RecursionError: if it is nested too deeply.
    """
    value = json.loads(text, parse_constant=_refuse, parse_float=_number, parse_int=_whole)
    if "\\ud" in text.lower():
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise UnwritableError("contains half a surrogate pair, which is not valid text") from error
    return value


def _refuse(constant: str) -> NoReturn:
    raise UnwritableError(f"contains {constant}, which is not a number")


def _number(digits: str) -> float:
    found = float(digits)
    if abs(found) > LARGEST:
        shown = digits if len(digits) <= _SHOWN else f"{digits[:_SHOWN]}…"
        raise UnwritableError(f"contains {shown}, which is larger than any number in a record")
    return found


def _whole(digits: str) -> int:
    _number(digits)
    return int(digits)
