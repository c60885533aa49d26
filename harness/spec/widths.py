"""Margins in one word, as on the command line and in messages."""

from __future__ import annotations

import math
import re
from typing import Any

from pydantic import ValidationError

from harness.errors import UsageError
from harness.kinds.relation import WIDTHS
from harness.kinds.unit import UNITS
from harness.spec.claim import Expected, Margin

FORMS = "0.3 or absolute:0.3 (the claim's unit), 10% or relative:0.1, sampling:256 (images), or same_images"
"""The accepted forms."""
NUMERAL = re.compile(r"[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?|\.[0-9]+([eE][+-]?[0-9]+)?")
ASKED = "asked for as another question, not declared by the pack"
"""The reason of such a margin."""


def read_width(text: str) -> Margin:
    """Return the margin that a word means; the words are the keys of a margin in a pack.

    Args:
        text: one of ``FORMS``.

    Raises:
        UsageError: for any other text, and for a width that is not positive and finite.
    """
    word, colon, value = (part.strip() for part in text.partition(":"))
    if not colon and word != "same_images":
        word, value = ("relative" if word.endswith("%") else "absolute"), word
    try:
        return Margin(**{word: _value(word, value)}, because=ASKED)
    except (ValueError, ValidationError):
        raise UsageError(f"expected {FORMS}, each above 0; found {text!r}") from None


def _value(word: str, text: str) -> Any:
    """Return the value of one key of a margin; ValueError for an invalid text."""
    if word not in WIDTHS or (word == "same_images") == bool(text):
        raise ValueError(word)
    if word == "same_images":
        return True
    percent = word == "relative" and text.endswith("%")
    digits = text.removesuffix("%").strip() if percent else text
    if not NUMERAL.fullmatch(digits):  # Python itself reads 1_0 as ten, and accepts digits of other scripts
        raise ValueError(text)
    if word == "sampling":
        return {"images": int(digits)}
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(text)
    return number / 100 if percent else number


def width_in_words(margin: Margin | None, expected: Expected) -> str:
    """Return a margin as declared: ``±0.3 points``, ``±10 % of the number``, ``of a sample of 256 images``."""
    if margin is None:
        return "none"
    if margin.absolute is not None:
        return expected.relates.written(margin.absolute, f"{margin.absolute:g}{UNITS[expected.unit].after_difference}")
    if margin.relative is not None:
        return f"±{100 * margin.relative:g} %"
    return f"sampling of {margin.sampling.images} images" if margin.sampling is not None else "same images"
