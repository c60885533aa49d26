"""The attack of a claim in a table: the words ``none``, ``row`` and ``column`` in its rows and columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from harness.spec.reading.node import Node, Problems
from harness.spec.rules.claims import WHOSE_ATTACK

NONE = "none"
"""The word for no attack, even if the other axis of the table names one."""
AXES = ("row", "column")
"""The words for the attack of the row, or of the column."""
RESERVED = frozenset({NONE, *AXES})
"""Words with a special meaning, which cannot be the name of an attack."""
OF_ATTACK = frozenset({"attack", "crafted_on", "limit", "picture", "sample"})
"""Keys of a claim that belong to its attack; ``none`` excludes all of them."""


@dataclass(frozen=True)
class TableLine:
    """A row or a column of a table.

    Attributes:
        axis: row or column.
        name: its name.
        node: where it is written.
        keys: the keys that all its cells share.
    """

    axis: Literal["row", "column"]
    name: str
    node: Node
    keys: Mapping[str, Node]

    @property
    def says(self) -> str | None:
        """The special word that it has instead of an attack's name."""
        return word(self.keys)

    @property
    def attacks(self) -> bool:
        """Whether it names an attack."""
        return "attack" in self.keys and not self.keys["attack"].unset and self.says is None

    def refuse_own(self, problems: Problems) -> None:
        """Report ``row`` in a row, or ``column`` in a column."""
        if self.says == self.axis:
            across = AXES[1 - AXES.index(self.axis)]
            problems.at(
                self.keys["attack"],
                WHOSE_ATTACK,
                f"a {self.axis} can only take the attack of its {across}; write {across!r}",
            )


def word(keys: Mapping[str, Node]) -> str | None:
    """Return the special word that keys have instead of an attack's name; None if there is none."""
    value = keys["attack"].value if "attack" in keys else None
    return value if isinstance(value, str) and value in RESERVED else None


def settled(keys: Mapping[str, Node], problems: Problems) -> dict[str, Node]:
    """Return a claim's keys with ``attack: none`` resolved to no attack, also in the measure to compare with.

    Args:
        keys: every key of the claim, with the attacks of its row and column substituted.
        problems: receives words without a meaning here: ``row`` outside a table, ``None`` instead of ``none``.
    """
    plain = dict(keys)
    if "attack" in plain:
        plain["attack"] = _settled(plain["attack"], problems)
    other = plain.get("other")
    if other is not None and "attack" in other.entries:
        written = other.entries["attack"]
        # Without an attack there is no model it was crafted on.
        freed = {"crafted_on": _unset(written)} if written.value == NONE else {}
        plain["other"] = other.with_entries({**freed, **other.entries, "attack": _settled(written, problems)})
    return plain


def _settled(node: Node, problems: Problems) -> Node:
    if not isinstance(node.value, str) or node.bad:
        return node
    if node.value == NONE:
        return _unset(node)
    if node.value in AXES:
        problems.at(
            node, WHOSE_ATTACK, f"there is no {node.value} here to take an attack from; name an attack, or write 'none'"
        )
    elif node.value.lower() in RESERVED:
        problems.at(node, WHOSE_ATTACK, f"found {node.value!r}; write {node.value.lower()!r}")
    else:
        return node
    return replace(node, bad=True)


def _unset(node: Node) -> Node:
    return replace(node, value=None, text="", quoted=False)
