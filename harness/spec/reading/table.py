"""Reads a printed table: the claim of each cell combines the keys of row, column and cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.kinds.recipe import Recipe
from harness.spec.paper import Axis
from harness.spec.reading.cells import Crossing
from harness.spec.reading.draft import Draft, Entry, claim_keys, claims_in
from harness.spec.reading.inexpressible import Gap, reason
from harness.spec.reading.names import check_names
from harness.spec.reading.node import Node, Place, Problems
from harness.spec.reading.reach import Reach
from harness.spec.reading.taken import TableLine
from harness.spec.reading.validate import Missing
from harness.spec.reading.wording import found
from harness.spec.rules.claims import CELLS_DO_NOT_FIT, NOTHING_TO_JUDGE
from harness.spec.rules.entries import WRONG_VALUE


class Table:
    """A printed table: a claim is row ∪ column ∪ cell."""

    def __init__(self, name: str, node: Node, metrics: Mapping[str, type[Recipe]], problems: Problems) -> None:
        self.name, self.problems, self.reach = name, problems, Reach(metrics)
        self.columns, self.rows = node.entries["columns"], node.entries["rows"]
        self.column_keys = self._axis(self.columns, "a column", frozenset({"label"}))
        for column, keys in self.column_keys.items():
            if printed := keys.pop("printed", None):
                problems.at_key(
                    printed, CELLS_DO_NOT_FIT, f"write the numbers of column {column!r} in 'printed' of each row"
                )
        self.row_keys = self._axis(self.rows, "a row", frozenset({"label", "printed"}))
        self.set_by_rows = {key for keys in self.row_keys.values() for key in keys}
        for line in (*map(self._in_row, self.row_keys), *map(self._in_column, self.column_keys)):
            line.refuse_own(problems)

    def _axis(self, node: Node, what: str, besides: frozenset[str]) -> dict[str, dict[str, Node]]:
        check_names(node, what, self.problems)
        if not node.entries and not node.bad and isinstance(node.value, dict):
            self.problems.at_key(node, NOTHING_TO_JUDGE, f"expected at least {what.replace('a ', 'one ')}; found none")
        found_keys = {name: claim_keys(entry, besides, self.problems) for name, entry in node.entries.items()}
        return {name: keys for name, keys in found_keys.items() if keys is not None}

    def read(self) -> tuple[list[Entry], dict[str, Any]]:
        """Return the content of each cell, and the exhibit's axes and the cells with a claim."""
        entries: list[Entry] = []
        for row in self.row_keys:
            self._row(row, entries)
        self.reach.report(self.problems)
        parts = {
            "shape": "table",
            "rows": self._labels(self.rows),
            "columns": self._labels(self.columns),
            "cells": {entry.id.split("/", 1)[1]: entry.id for entry in entries if isinstance(entry, Draft)},
        }
        return entries, parts

    def _labels(self, node: Node) -> tuple[Axis, ...]:
        axes = []
        for name, entry in node.entries.items():
            label = entry.entries.get("label")
            if label is not None and (not isinstance(label.value, str) or not label.value.strip()):
                self.problems.at(
                    label, WRONG_VALUE, f"expected text; found {found(label)}; write it in quotes, or delete 'label'"
                )
            axes.append(Axis(name=name, label=label.value if label and isinstance(label.value, str) else name))
        return tuple(axes)

    def _in_row(self, name: str) -> TableLine:
        return TableLine("row", name, self.rows.entries[name], self.row_keys[name])

    def _in_column(self, name: str) -> TableLine:
        return TableLine("column", name, self.columns.entries[name], self.column_keys[name])

    def _row(self, row: str, entries: list[Entry]) -> None:
        """Add the content of a row's cells."""
        node = self.rows.entries[row]
        for column, keys in self.column_keys.items():
            if reason({}, self.row_keys[row], keys) is None:
                Crossing(self._in_row(row), self._in_column(column), self.problems).refuse_clashes()
        printed = node.entries.get("printed")
        names = list(self.columns.entries)
        if printed is None:
            self.problems.at_place(
                node.key.within("printed"),
                CELLS_DO_NOT_FIT,
                f"missing; expected a list of {len(names)} cells ({', '.join(names)})",
            )
            return
        if not isinstance(printed.value, list):
            self.problems.at(
                printed,
                CELLS_DO_NOT_FIT,
                f"expected a list of {len(names)} cells ({', '.join(names)}); found {found(printed)}",
            )
            return
        if len(printed.members) != len(names):
            few = "few" if len(printed.members) < len(names) else "many"
            self.problems.at(
                printed,
                CELLS_DO_NOT_FIT,
                f"too {few} cells: expected {len(names)} ({', '.join(names)}), found {len(printed.members)}; "
                "write null where the paper prints nothing",
            )
        for column, cell in zip(names, printed.members, strict=False):
            if column in self.column_keys and not cell.unset:
                self._cell(row, column, cell, entries)

    def _cell(self, row: str, column: str, cell: Node, entries: list[Entry]) -> None:
        """Add the claim of a cell, or its part that is not expressible."""
        own: Mapping[str, Node] = {"printed": replace(cell, key=cell.place)}
        if isinstance(cell.value, dict):
            own = claim_keys(cell, frozenset(), self.problems) or {}
        elif isinstance(cell.value, list):
            self.problems.at(
                cell,
                CELLS_DO_NOT_FIT,
                "expected the number as printed, in quotes, or {printed: …, margin: …}; found a list",
            )
            return
        labels = [axis.entries[name].entries.get("label") for axis, name in ((self.rows, row), (self.columns, column))]
        says = ", ".join(str(label.value) if label else name for label, name in zip(labels, (row, column), strict=True))
        cell_id, missing = f"{self.name}/{row}/{column}", self._missing(row, column)
        why = reason(own, self.row_keys[row], self.column_keys[column])
        if why is None:
            crossing = Crossing(self._in_row(row), self._in_column(column), self.problems)
            crossing.refuse_clashes()
            keys = crossing.join(cell, own, self.reach)
            entries.append(Draft(cell_id, cell, keys, missing, says))
        else:
            keys = {**self.column_keys[column], **self.row_keys[row], **own}
            entries.append(Gap(cell_id, cell, keys, missing, why, claims_in(entries), says))

    def _missing(self, row: str, column: str) -> Missing:
        """Report a missing key: at the row if other rows set this key, else at the column."""
        here = {True: self.rows.entries[row].key, False: self.columns.entries[column].key}

        def place(key: str) -> Place:
            return here[key in self.set_by_rows]

        return place
