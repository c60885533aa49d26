"""Where data come from: files, an address, a package index; what is published is not used unless its hash is right."""

from __future__ import annotations

import re

from harness.errors import shown

MOST_CHARACTERS = 160
"""Length to which a message of other software is cut."""


class Unsound(Exception):
    """What is at one place is not the data wanted; says what is wrong, as the predicate of a sentence.

    It may quote names that a file gives its parts: none of them may steer the terminal it is shown on.
    """

    def __init__(self, wrong: str) -> None:
        super().__init__(shown(wrong))


def printable(error: BaseException | str) -> str:
    """Return a foreign error as one printable line without passwords, cut to a length that fits a sentence."""
    text = str(error)
    if isinstance(error, BaseException) and (not text or not isinstance(error, OSError)):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    text = re.sub(r"//[^/@\s]+@", "//", " ".join(text.split()))
    text = shown(text)
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
