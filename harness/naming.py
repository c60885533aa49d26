"""Names in a pack: which names are valid, and suggestions for unknown names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from itertools import islice

from harness.errors import shown

NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,78}[a-z0-9])?")
"""Names become ids, parts of paths and anchors of the report, so they consist of lower-case letters, digits, '-' and
'_'."""
SHOWN = 12
"""Number of known names that an error lists."""
LONGEST = 80
"""Number of characters of a name that are compared or listed, because a foreign file may have very long names."""
COMPARED = 1_000
"""Number of known names that are compared with an unknown one."""


def refused(name: str, what: str) -> str:
    """Say why a text is not a valid name; empty if it is."""
    if NAME.fullmatch(name):
        return ""
    plain = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:80].strip("-_")
    repair = f"; write {plain!r}" if NAME.fullmatch(plain) else ""
    return (
        f"{shortened(name)} cannot be the name of {what}: "
        f"a name consists of lower-case letters, digits, '-' and '_', and begins and ends with a letter or "
        f"digit{repair}"
    )


def shortened(text: str, limit: int = 60) -> str:
    """Return a text in quotes, shortened to fit a line."""
    return repr(text if len(text) <= limit else text[: limit - 1] + "…")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the nearest known name, or None.

    Names are near if they are similar as a whole, or share a part that is half of the shorter one
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
    """Say that a name is unknown; suggest the nearest known name, or list the known names."""
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
