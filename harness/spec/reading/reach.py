"""Reports an attack of a row that changes a column of clean numbers without a word there, or the other way round."""

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
"""Rows or columns that one message names."""


@dataclass(frozen=True)
class Reached:
    """A column, row or cell that the key of an attack reaches.

    Attributes:
        place: where it would say so.
        what: which of the three it is.
        metric: what is measured there.
        key: the key.
        axis: whether rows or columns give it.
    """

    place: Place
    what: str
    metric: str
    key: str
    axis: str

    def message(self, givers: list[str]) -> str:
        """Say what reaches it, and both ways to repair that."""
        more = f" and {len(givers) - SHOWN} more" if len(givers) > SHOWN else ""
        who = f"'{self.key}' of {plural_noun(len(givers), self.axis)} {', '.join(map(repr, givers[:SHOWN]))}{more}"
        first = (
            f"{who} reaches this {self.what} in silence: its metric {self.metric} needs no attack; write 'attack: none'"
        )
        if self.key == "attack":
            return f"{first} here if its images are not attacked, 'attack: {self.axis}' if they are"
        return f"{first} here to keep it out, or move it to the cells it is meant for"


@dataclass
class Reach:
    """What reaches clean numbers in one table, gathered so that it is said once for each column, row or cell.

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
        """Note the keys of an attack that a row or column gives a number without one, unless that is written.

        It is written where the attack is beside the metric, where the metric needs one, and where the other axis or the
        cell has a key of an attack.

        Args:
            line: the row or column that gives the keys.
            other: the column or row it crosses.
            given: the keys it gives.
            own: the cell's own keys.
            keys: the keys of the claim.

        Returns:
            The keys noted that nothing more need be said of.
        """
        metric, beside = keys.get("metric"), "metric" in given and "metric" not in own
        cls = metric_named(metric, self.metrics)
        if metric is None or cls is None or "made" in cls.needs or beside or line.says or "attack" in other.keys:
            return frozenset()
        mine = {key for key in OF_ATTACK - own.keys() if key in given and not given[key].unset}
        if "attack" in own:  # what an attack needs is asked for elsewhere
            mine &= {"sample"} if own["attack"].unset else set()
        elif "attack" in mine:
            mine = {"attack"}  # the other keys apply only with it
        place, what = (metric.key, "cell") if "metric" in own else (other.node.key, other.axis)
        for key in mine:
            found = Reached(place.within("attack"), what, cls.kind, key, line.axis)
            self._found.setdefault(found, []).append(line.name)
        return mine - {"attack"}

    def report(self, problems: Problems) -> None:
        """Report all that was found."""
        for found, givers in self._found.items():
            problems.at_place(found.place, ATTACK_IN_SILENCE, found.message(givers))
