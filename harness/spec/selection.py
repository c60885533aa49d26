"""Which claims a pattern means."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatch

from harness.errors import UsageError


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """Return the claims a pattern means, in their order.

    A whole id, with or without its pack, means the claims of that id alone; anything else those that contain it, or fit
    it as a glob.

    Args:
        pattern: what the user wrote.
        names: each ``pack/id``.

    Raises:
        UsageError: if none fits; names the one that was probably meant.
    """
    known = list(names)
    ids = {name: name.partition("/")[2] for name in known}
    exact = [name for name in known if pattern in (name, ids[name])]
    found = exact or [
        name for name in known if pattern in name or fnmatch(name, pattern) or fnmatch(ids[name], pattern)
    ]
    if not found:
        near = get_close_matches(pattern, [*known, *ids.values()], 1, 0.4)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"{pattern}: no claim of {len(known)} matches{hint}")
    return found
