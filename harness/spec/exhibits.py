"""Turns a file of claims, a table or a list, into an exhibit and the keys of each of its claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.spec.claim import Source
from harness.spec.keys import KEYS, ExhibitFile
from harness.spec.naming import check_names
from harness.spec.node import Node, Place, Problems
from harness.spec.paper import Axis, Exhibit
from harness.spec.validate import Missing, unknown_field, validate
from harness.spec.wording import found


@dataclass(frozen=True)
class Draft:
    """One claim as written.

    Attributes:
        id: the claim's id.
        home: the node the claim is written at.
        keys: every key set for it, by its row, its column or itself.
        missing: where to report that a key is missing.
        says: what the claim says where no key says it.
        needs_words: whether the key ``says`` must be there.
    """

    id: str
    home: Node
    keys: Mapping[str, Node]
    missing: Missing
    says: str = ""
    needs_words: bool = False


def exhibit(name: str, node: Node, problems: Problems) -> tuple[Exhibit | None, list[Draft]]:
    """Read one file of claims.

    Args:
        name: the file's name without its ending.
        node: its content.
        problems: receives every mistake.

    Returns:
        The exhibit (None if its head is wrong), and a draft of each claim in the order of the file.
    """
    head = validate(ExhibitFile, node, problems)
    written = {key for key in ("columns", "rows", "claims") if key in node.entries}
    if written not in ({"columns", "rows"}, {"claims"}):
        has = f"found {' and '.join(sorted(written))}" if written else "found neither"
        problems.at(node, f"expected either columns and rows (a table) or claims (a list); {has}")
        return None, []
    if source := node.entries.get("source"):
        check_source(source, problems)
    if "claims" in written:
        drafts = _listed(name, node.entries["claims"], problems)
        parts: dict[str, Any] = {"shape": "list"}
    else:
        drafts, parts = _Table(name, node, problems).read()
    if head is None:
        return None, drafts
    ids = tuple(draft.id for draft in drafts)
    return Exhibit(id=name, title=head.title, source=head.source, claims=ids, **parts), drafts


def check_source(source: Node, problems: Problems) -> None:
    """Report a source that names no table, figure or section."""
    places = [node for key, node in source.entries.items() if key in {"table", "figure", "section"}]
    strange = set(source.entries) - set(Source.model_fields)  # one of which may be a misspelt place
    if isinstance(source.value, dict) and not strange and all(node.unset or node.value == "" for node in places):
        problems.at_key(source, "expected one of table, figure or section; add the one the claim stands in")


def _listed(name: str, claims: Node, problems: Problems) -> list[Draft]:
    """Return the drafts of a list of claims."""
    check_names(claims, "a claim", problems)
    drafts = []
    for key, claim in claims.entries.items():
        keys = _keys(claim, frozenset(), problems)
        if keys is not None:
            drafts.append(Draft(f"{name}/{key}", claim, keys, _at(claim.key), needs_words=True))
    if not claims.entries and not claims.bad:
        problems.at_key(claims, "there is no claim here; write one, or delete the file")
    return drafts


def _keys(node: Node, besides: frozenset[str], problems: Problems) -> dict[str, Node] | None:
    """Return a mapping's keys of claims; report the unknown ones, which could be those of ``besides`` as well."""
    if not isinstance(node.value, dict):
        problems.at(node, f"expected the keys of a claim, such as metric, data, model; found {found(node)}")
        return None
    for key, value in node.value.items():
        if key not in KEYS | besides:
            problems.at_key(value, unknown_field(key, sorted(KEYS | besides)))
    return {key: value for key, value in node.value.items() if key in KEYS and key not in besides}


def _at(place: Place) -> Missing:
    """Report whatever is missing at one place."""
    return lambda _: place


class _Table:
    """A printed table: a claim is row ∪ column ∪ cell."""

    def __init__(self, name: str, node: Node, problems: Problems) -> None:
        self.name, self.problems = name, problems
        self.columns, self.rows = node.entries["columns"], node.entries["rows"]
        self.column_keys = self._axis(self.columns, "a column", frozenset({"label"}))
        for column, keys in self.column_keys.items():
            if printed := keys.pop("printed", None):
                problems.at_key(printed, f"write the numbers of column {column!r} in 'printed' of each row")
        self.row_keys = self._axis(self.rows, "a row", frozenset({"label", "printed"}))
        self.set_by_rows = {key for keys in self.row_keys.values() for key in keys}

    def _axis(self, node: Node, what: str, besides: frozenset[str]) -> dict[str, dict[str, Node]]:
        check_names(node, what, self.problems)
        if not node.entries and not node.bad and isinstance(node.value, dict):
            self.problems.at_key(node, f"expected at least {what.replace('a ', 'one ')}; found none")
        found_keys = {name: _keys(entry, besides, self.problems) for name, entry in node.entries.items()}
        return {name: keys for name, keys in found_keys.items() if keys is not None}

    def read(self) -> tuple[list[Draft], dict[str, Any]]:
        """Return a draft for each cell with a claim, and the exhibit's axes and cells."""
        drafts = [draft for row in self.row_keys for draft in self._row(row)]
        parts = {
            "shape": "table",
            "rows": self._labels(self.rows),
            "columns": self._labels(self.columns),
            "cells": {draft.id.split("/", 1)[1]: draft.id for draft in drafts},
        }
        return drafts, parts

    def _labels(self, node: Node) -> tuple[Axis, ...]:
        axes = []
        for name, entry in node.entries.items():
            label = entry.entries.get("label")
            if label is not None and (not isinstance(label.value, str) or not label.value.strip()):
                self.problems.at(label, f"expected text; found {found(label)}; write it in quotes, or delete 'label'")
            axes.append(Axis(name=name, label=label.value if label and isinstance(label.value, str) else name))
        return tuple(axes)

    def _row(self, row: str) -> list[Draft]:
        node = self.rows.entries[row]
        self._refuse_clashes(row)
        printed = node.entries.get("printed")
        names = list(self.columns.entries)
        if printed is None:
            self.problems.at_place(
                node.key.within("printed"), f"missing; expected a list of {len(names)} cells ({', '.join(names)})"
            )
            return []
        if not isinstance(printed.value, list):
            self.problems.at(
                printed, f"expected a list of {len(names)} cells ({', '.join(names)}); found {found(printed)}"
            )
            return []
        if len(printed.members) != len(names):
            few = "few" if len(printed.members) < len(names) else "many"
            self.problems.at(
                printed,
                f"too {few} cells: expected {len(names)} ({', '.join(names)}), found {len(printed.members)}; "
                "write null where the paper prints nothing",
            )
        cells = zip(names, printed.members, strict=False)
        drafts = [self._cell(row, column, cell) for column, cell in cells if column in self.column_keys]
        return [draft for draft in drafts if draft is not None]

    def _refuse_clashes(self, row: str) -> None:
        for column, keys in self.column_keys.items():
            for key in keys.keys() & self.row_keys[row].keys():
                mine, theirs = self.row_keys[row][key], keys[key]
                self.problems.at_key(
                    mine, f"set by this row and by column {column!r} (line {theirs.key.line}); keep one of the two"
                )

    def _cell(self, row: str, column: str, cell: Node) -> Draft | None:
        if cell.unset:
            return None
        keys = {**self.column_keys[column], **self.row_keys[row]}
        if isinstance(cell.value, dict):
            own = _keys(cell, frozenset(), self.problems) or {}
            keys.update(own)
        elif isinstance(cell.value, list):
            self.problems.at(
                cell, "expected the number as printed, in quotes, or {printed: …, margin: …}; found a list"
            )
            return None
        else:
            keys["printed"] = replace(cell, key=cell.place)
        labels = [axis.entries[name].entries.get("label") for axis, name in ((self.rows, row), (self.columns, column))]
        says = ", ".join(str(label.value) if label else name for label, name in zip(labels, (row, column), strict=True))
        return Draft(f"{self.name}/{row}/{column}", cell, keys, self._missing(row, column), says)

    def _missing(self, row: str, column: str) -> Missing:
        """Report a key that other rows set at the row, any other at the column."""
        here = {True: self.rows.entries[row].key, False: self.columns.entries[column].key}

        def place(key: str) -> Place:
            return here[key in self.set_by_rows]

        return place
