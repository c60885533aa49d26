"""Combines the keys of a row, a column and a cell of a table into the keys of one claim."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.spec.reading.node import Keys, Node, Place, Problems
from harness.spec.reading.reach import Reach
from harness.spec.reading.taken import NONE, OF_ATTACK, TableLine, settled, word
from harness.spec.rules.claims import WHOSE_ATTACK
from harness.spec.rules.entries import SET_TWICE


@dataclass(frozen=True)
class Crossing:
    """The cell of a row and a column.

    Attributes:
        row: the row.
        column: the column.
        problems: receives every mistake.
    """

    row: TableLine
    column: TableLine
    problems: Problems

    @property
    def _both(self) -> tuple[tuple[TableLine, TableLine], tuple[TableLine, TableLine]]:
        return (self.row, self.column), (self.column, self.row)

    def refuse_clashes(self) -> None:
        """Report every key that both the row and the column set."""
        given = self._given({})
        for key in given["column"].keys() & given["row"].keys():
            pairs = [pair for pair in self._both if key == "attack" and pair[0].keys[key].unset]
            line, other = pairs[0] if pairs else (self.row, self.column)
            repair = "write 'attack: none' to exclude it" if pairs else "keep one of the two"
            place = f"{other.axis} {other.name!r} (line {other.keys[key].key.line})"
            self.problems.at_key(line.keys[key], SET_TWICE, f"set by this {line.axis} and by {place}; {repair}")

    def join(self, cell: Node, own: Keys, reach: Reach) -> dict[str, Node]:
        """Return the keys of the claim in a cell.

        Args:
            cell: where the claim is written.
            own: the cell's own keys.
            reach: receives the attack's keys that would apply to a number without an attack, unless the pack confirms
                them.
        """
        given = self._given(own)
        keys = {**given["column"], **given["row"], **own}
        for line, other in self._both:
            if word(own) == line.axis:
                keys["attack"] = self._taken(line, own["attack"], cell.place, "this cell takes")
            elif "attack" not in own and other.says == line.axis and line.says != NONE:
                who = f"{other.axis} {other.name!r} takes"
                keys["attack"] = self._taken(line, other.keys["attack"], line.node.key, who)
            else:
                for key in reach.check(line, other, given[line.axis], own, keys):
                    del keys[key]
        return settled(keys, self.problems)

    def _given(self, own: Keys) -> dict[str, dict[str, Node]]:
        """Return, by axis, the keys that row and column give a cell, with ``none``, ``row``, ``column`` resolved."""
        given: dict[str, dict[str, Node]] = {line.axis: dict(line.keys) for line, _ in self._both}
        for line, other in self._both:
            said = word(own) if "attack" in own else other.says
            if said == NONE and line.says != NONE:
                # A sample beside a metric belongs to the metric, unless an attack is beside it too.
                kept = {"sample"} if "metric" in line.keys and not line.attacks else set()
                for key in OF_ATTACK - kept:
                    given[line.axis].pop(key, None)
            elif said == line.axis:
                given[other.axis].pop("attack", None)
        return given

    def _taken(self, line: TableLine, written: Node, place: Place, who: str) -> Node:
        """Return the attack of a row or column; report one that has none."""
        if line.attacks:
            return line.keys["attack"]
        self.problems.at_place(
            place.within("attack"),
            WHOSE_ATTACK,
            f"missing; {who} the attack of its {line.axis}, and {line.axis} {line.name!r} names none; "
            "name one there, or write 'attack: none'",
        )
        return replace(written, bad=True)
