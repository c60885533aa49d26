"""Names in a pack: which are valid, and which one was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from itertools import islice

from harness.errors import shown

NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,78}[a-z0-9])?")
"""Names become ids, parts of paths and anchors of the report, so they are small letters, digits, '-' and '_'."""
SHOWN = 12
"""How many known names an error lists."""
LONGEST = 80
"""Characters of a name that are compared with another's, or listed: those of a foreign file may have millions."""
COMPARED = 1_000
"""How many known names are compared with one that is unknown."""


def refused(name: str, what: str) -> str:
    """Say why a text cannot be a name; empty if it can."""
    if NAME.fullmatch(name):
        return ""
    plain = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:80].strip("-_")
    repair = f"; write {plain!r}" if NAME.fullmatch(plain) else ""
    return (
        f"{shortened(name)} cannot be the name of {what}: "
        f"a name is small letters, digits, '-' and '_', and begins and ends with a letter or digit{repair}"
    )


def shortened(text: str, limit: int = 60) -> str:
    """Return a text in quotes, cut to a length that fits a line."""
    return repr(text if len(text) <= limit else text[: limit - 1] + "…")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that was probably meant, or None.

    Names count as near if they look alike as a whole, or share a part that is half of the shorter one
    ("max_iter" and "iterations").
    """
    plain = {_plain(other): other for other in islice(known, COMPARED)}
    if alike := get_close_matches(_plain(name), plain, 1, 0.6):
        return plain[alike[0]]
    wanted = _plain(name)
    best, size = None, 3
    for other, known_name in plain.items():
        common = SequenceMatcher(None, wanted, other, autojunk=False).find_longest_match().size
        if common > size and 2 * common >= min(len(wanted), len(other)):
            best, size = known_name, common
    return best


def _plain(name: str) -> str:
    return name[:LONGEST].lower().replace("_", "-")


def unknown(what: str, name: str, known: Iterable[str], of: str = "") -> str:
    """Say that a name is unknown, and which are known or which was probably meant."""
    names = sorted(known)
    near = nearest(name, names)
    problem = f"unknown {what} {shortened(name)}{' of ' if of else ''}{of}"
    return (
        f"{problem}; did you mean {shortened(near, LONGEST)}?"
        if near is not None
        else f"{problem}; {known_names(names, what)}"
    )


def known_names(names: Iterable[str], what: str) -> str:
    """List the known names, or say that there are none."""
    names = sorted(names)
    if not names:
        return f"there is no {what} to choose from"
    more = f", … ({len(names)} in all)" if len(names) > SHOWN else ""
    return f"known: {', '.join(shown(name[:LONGEST]) for name in names[:SHOWN])}{more}"


def some(names: Iterable[str], shown: int = 3) -> str:
    """List a few names, and say how many more there are."""
    first = sorted(names)
    more = f" and {len(first) - shown} more" if len(first) > shown else ""
    return ", ".join(first[:shown]) + more
