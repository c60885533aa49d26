"""Selects claims by a pattern."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase

from harness.errors import UsageError
from harness.spec.paper import Paper


def inexpressible(papers: Iterable[Paper]) -> dict[str, str]:
    """Return the reasons of the parts that a pack marks as not expressible, by ``pack/id``."""
    return {f"{paper.name}/{name}": stated.why for paper in papers for name, stated in paper.not_expressible.items()}


def matching(pattern: str, names: Iterable[str], without: Mapping[str, str]) -> list[str]:
    """Return the claims that match a pattern, in their order.

    A whole id, with or without its pack, selects only the claims with that id. Any other text selects the claims that
    contain it, or that match it as a glob.

    Args:
        pattern: what the user wrote.
        names: each ``pack/id``.
        without: ids that are not expressible, and why.

    Raises:
        UsageError: if none matches; gives the reason, or suggests the nearest name.
    """
    known = list(names)
    found = _fitting(pattern, known)
    if not found:
        for name in _fitting(pattern, without):
            raise UsageError(f"{pattern}: {name} has no claim, because it is not expressible: {without[name]}")
        near = get_close_matches(pattern, [*known, *map(_id, known)], 1, 0.4)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"{pattern}: no claim of {len(known)} matches{hint}")
    return found


def fits(claim_id: str, pattern: str) -> bool:
    """Whether a claim's id equals a pattern, or matches it as a glob."""
    return claim_id == pattern or fnmatchcase(claim_id, pattern)


def set_aside(claim_id: str, paper: Paper) -> str:
    """Return why the budget sets a claim aside, so that it is only measured if selected; empty if it does not."""
    return next((why for pattern, why in paper.sets_aside.items() if fits(claim_id, pattern)), "")


def _fitting(pattern: str, names: Iterable[str]) -> list[str]:
    known = list(names)
    exact = [name for name in known if pattern in (name, _id(name))]
    return exact or [name for name in known if pattern in name or fits(name, pattern) or fits(_id(name), pattern)]


def _id(name: str) -> str:
    return name.partition("/")[2]
