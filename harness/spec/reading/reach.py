"""Reports an attack of a row that silently changes a column of clean numbers, or the other way round."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from harness.errors import plural_noun
from harness.kinds.recipe import Recipe
from harness.spec.reading.node import Node, Place, Problems
from harness.spec.reading.pack_entries import metric_named
from harness.spec.reading.taken import OF_ATTACK, TableLine
from harness.spec.rules.claims import ATTACK_IN_SILENCE

SHOWN = 3
"""Number of rows or columns that one message names."""


@dataclass(frozen=True)
class Reached:
    """A column, row or cell that the key of an attack reaches.

    Attributes:
        place: where the pack could confirm it.
        what: column, row or cell.
        metric: the metric there.
        key: the key.
        axis: whether rows or columns set it.
    """

    place: Place
    what: str
    metric: str
    key: str
    axis: str

    def message(self, givers: list[str]) -> str:
        """Say what reaches it, and both ways to repair it."""
        more = f" and {len(givers) - SHOWN} more" if len(givers) > SHOWN else ""
        who = f"'{self.key}' of {plural_noun(len(givers), self.axis)} {', '.join(map(repr, givers[:SHOWN]))}{more}"
        first = (
            f"{who} silently applies to this {self.what}: its metric {self.metric} needs no attack; write "
            "'attack: none'"
        )
        if self.key == "attack":
            return f"{first} here if its images are not attacked, 'attack: {self.axis}' if they are"
        return f"{first} here to exclude it, or move it to the intended cells"


@dataclass
class Reach:
    """The attack keys that reach clean numbers in one table, reported once for each column, row or cell.

    Attributes:
        metrics: the kinds of metric by name.
    """

    metrics: Mapping[str, type[Recipe]]
    _found: dict[Reached, list[str]] = field(default_factory=dict)

    def check(
        self,
        line: TableLine,
        other: TableLine,
        given: Mapping[str, Node],
        own: Mapping[str, Node],
        keys: Mapping[str, Node],
    ) -> AbstractSet[str]:
        """Note the attack keys that a row or column gives to a number without an attack, unless the pack confirms them.

        They are confirmed if the attack is in the same line as the metric, if the metric needs an attack, or if the
        other axis or the cell has a key of an attack.

        Args:
            line: the row or column that sets the keys.
            other: the column or row of the other axis.
            given: the keys that it sets.
            own: the cell's own keys.
            keys: the keys of the claim.

        Returns:
            The noted keys, which need no further message.
        """
        metric, beside = keys.get("metric"), "metric" in given and "metric" not in own
        cls = metric_named(metric, self.metrics)
        if metric is None or cls is None or "made" in cls.needs or beside or line.says or "attack" in other.keys:
            return frozenset()
        mine = {key for key in OF_ATTACK - own.keys() if key in given and not given[key].unset}
        if "attack" in own:  # missing keys of an attack are reported elsewhere
            mine &= {"sample"} if own["attack"].unset else set()
        elif "attack" in mine:
            mine = {"attack"}  # the other keys apply only with an attack
        place, what = (metric.key, "cell") if "metric" in own else (other.node.key, other.axis)
        for key in mine:
            found = Reached(place.within("attack"), what, cls.kind, key, line.axis)
            self._found.setdefault(found, []).append(line.name)
        return mine - {"attack"}

    def report(self, problems: Problems) -> None:
        """Report all findings."""
        for found, givers in self._found.items():
            problems.at_place(found.place, ATTACK_IN_SILENCE, found.message(givers))
