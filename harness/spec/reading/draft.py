"""A claim as written, not yet checked: its keys, and where to report that one is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.spec.reading.inexpressible import Gap
from harness.spec.reading.keys import KEYS
from harness.spec.reading.node import Node, Problems
from harness.spec.reading.validate import Missing, unknown_field
from harness.spec.reading.wording import found
from harness.spec.rules.entries import UNKNOWN_FIELD, WRONG_VALUE


@dataclass(frozen=True)
class Draft:
    """One claim as written.

    Attributes:
        id: the claim's id.
        home: the node the claim is written at.
        keys: every key set for it, by its row, its column or itself.
        missing: where to report that a key is missing.
        says: the claim's sentence if no key gives it.
        needs_words: whether the key ``says`` must be there.
    """

    id: str
    home: Node
    keys: Mapping[str, Node]
    missing: Missing
    says: str = ""
    needs_words: bool = False


Entry = Draft | Gap
"""The content of one cell of a table, or of one member of a list."""


def claims_in(entries: Iterable[Entry]) -> int:
    """Return how many claims there are."""
    return sum(isinstance(entry, Draft) for entry in entries)


def claim_keys(node: Node, besides: frozenset[str], problems: Problems) -> dict[str, Node] | None:
    """Return a mapping's keys of claims; report unknown keys; suggestions include the keys in ``besides``."""
    if not isinstance(node.value, dict):
        problems.at(
            node, WRONG_VALUE, f"expected the keys of a claim, such as metric, data, model; found {found(node)}"
        )
        return None
    for key, value in node.value.items():
        if key not in KEYS | besides:
            problems.at_key(value, UNKNOWN_FIELD, unknown_field(key, sorted(KEYS | besides)))
    return {key: value for key, value in node.value.items() if key in KEYS and key not in besides}
