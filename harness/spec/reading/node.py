"""Nodes of YAML with their position, and the list of problems found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.errors import Problem, SpecError
from harness.spec.rules.rule import Rule

YamlScalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a pack.

    Attributes:
        file: the file.
        line: line, counted from 1 (0 when the file as a whole is meant).
        column: column in characters, counted from 1 (0 when the file as a whole is meant).
        where: dotted path within the file, for example ``rows.fc10.printed[1]``.
    """

    file: Path
    line: int = 0
    column: int = 0
    where: str = ""

    def within(self, name: str) -> Place:
        """Return the same position with one more step in its path."""
        return replace(self, where=f"{self.where}.{name}" if self.where else name)


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a YAML file.

    Attributes:
        value: the scalar, or the nodes below by key or in order.
        place: position of the value.
        key: position of its key; position of the value if there is no key.
        text: a scalar as written (quotes and escapes resolved).
        quoted: whether a scalar was written in quotes or as a block, and is therefore text.
        bad: whether a problem was already reported here; no further problem is reported.
    """

    value: YamlScalar | dict[str, Node] | list[Node]
    place: Place
    key: Place
    text: str = ""
    quoted: bool = False
    bad: bool = False

    @property
    def entries(self) -> Mapping[str, Node]:
        """The nodes below by key; empty if this is no mapping."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def members(self) -> list[Node]:
        """The nodes of a list; empty if this is no list."""
        return self.value if isinstance(self.value, list) else []

    @property
    def names(self) -> list[Node]:
        """The node itself if it is text, the texts in it if it is a list."""
        candidates = self.members if isinstance(self.value, list) else [self]
        return [node for node in candidates if isinstance(node.value, str)]

    @property
    def unset(self) -> bool:
        """Whether a null was written here, and no mistake was reported."""
        return self.value is None and not self.bad

    def plain(self) -> Any:
        """Return the value as plain Python data."""
        if isinstance(self.value, dict):
            return {name: node.plain() for name, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def with_entries(self, entries: Mapping[str, Node]) -> Node:
        """Return the mapping with new entries, at the same place."""
        return replace(self, value=dict(entries))


Keys = Mapping[str, Node]
"""Keys of a claim, each with the node that sets it."""


@dataclass
class Problems:
    """The mistakes found so far, each once."""

    _found: dict[Problem, None] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Problem]:
        return iter(sorted(self._found))

    def at(self, node: Node, rule: Rule, message: str) -> None:
        """Report a broken rule at a value, unless a mistake was already reported for this value."""
        if not node.bad:
            self.at_place(node.place, rule, message)

    def at_key(self, node: Node, rule: Rule, message: str) -> None:
        """Report a broken rule at a value's key."""
        self.at_place(node.key, rule, message)

    def at_place(self, place: Place, rule: Rule, message: str) -> None:
        """Report a broken rule at a place."""
        self._found[Problem(place.file, place.line, place.column, place.where, message, rule.id)] = None

    def add(self, others: Problems) -> None:
        """Add problems that were found elsewhere."""
        self._found |= others._found

    def raise_any(self) -> None:
        """Raise SpecError with every problem, if there is one."""
        if self._found:
            raise SpecError(list(self._found))
