"""Turns the expectation keys of a claim into an expectation whose margin can decide the claim."""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from decimal import Decimal

from harness.kinds.metric import MEANS, PROPORTION, MetricRecipe, best_of
from harness.kinds.relation import WIDTHS, Relation, relations
from harness.kinds.unit import PLAIN, UNITS, UnitWord, units_of
from harness.naming import shortened
from harness.spec.claim import Expected, Margin
from harness.spec.reading.idle import report_idle
from harness.spec.reading.keys import EXPECTED
from harness.spec.reading.node import Node, Problems
from harness.spec.reading.numerals import NUMBER, meant
from harness.spec.reading.origin import report_origin
from harness.spec.reading.validate import Missing, validate
from harness.spec.rules.claims import SAYS_NOTHING
from harness.spec.rules.numbers import (
    DECIMALS_DISAGREE,
    MARGIN_BELOW_PRINT,
    MARGIN_HAS_ONE_WIDTH,
    NOT_AS_PRINTED,
    RELATION_DOES_NOT_USE,
    RELATION_NEEDS,
    SAMPLING_MARGIN,
    UNIT_DOES_NOT_FIT,
)

NUMBERS = frozenset({"printed", "unit", "decimals", "relation"})
"""Keys of an expectation that describe the printed number, not how it is judged."""
DEFAULT: str = Expected.model_fields["relation"].default
"""The default relation of a claim."""


def expected(
    keys: Mapping[str, Node],
    home: Node,
    missing: Missing,
    metric: type[MetricRecipe] | None,
    problems: Problems,
) -> Expected | None:
    """Build an expectation.

    Args:
        keys: every key of the claim; those of expectations are taken.
        home: the node the claim is written at.
        missing: where to report that a key is missing.
        metric: the metric measured, if it is known; its unit is the default.
        problems: receives every mistake.
    """
    built = _built(EXPECTED, keys, home, missing, metric, problems)
    if built is None:
        return None
    built.all(metric, attacked="attack" in keys and not keys["attack"].unset)
    return built.expected if built.legible else None


def number(
    keys: Mapping[str, Node],
    home: Node,
    missing: Missing,
    metric: type[MetricRecipe] | None,
    problems: Problems,
) -> Expected | None:
    """Build the printed number of a part that is not expressible: number, unit and decimals; arguments as above."""
    built = _built(NUMBERS, keys, home, missing, metric, problems)
    if built is None:
        return None
    if metric is not None:
        built.unit(metric)
    built.decimals()
    return built.expected if built.legible else None


def _built(
    wanted: AbstractSet[str],
    keys: Mapping[str, Node],
    home: Node,
    missing: Missing,
    metric: type[MetricRecipe] | None,
    problems: Problems,
) -> _Check | None:
    """Build an unchecked expectation from some of its keys; None if a key is wrong."""
    mine = {key: node for key, node in keys.items() if key in wanted and not node.unset}
    mine |= {key: _printed(mine[key], problems) for key in ("printed", "printed_sd") if key in mine}
    legible = not any(mine[key].bad for key in ("printed", "printed_sd") if key in mine)
    if metric is not None and "unit" not in mine:
        word = mine["relation"].value if "relation" in mine else DEFAULT
        mine["unit"] = replace(home, value=_units(relations().get(str(word)), metric)[-1])
    built = validate(Expected, home.with_entries(mine), problems, missing)
    return None if built is None else _Check(built, mine, missing, problems, legible)


def _printed(node: Node, problems: Problems) -> Node:
    """Return the printed number as text; report a text that is not a number, and a number that may have lost a zero."""
    if isinstance(node.value, dict | list) or node.bad:
        return node  # pydantic says what is wrong, or it was said before
    if isinstance(node.value, int | float) and not isinstance(node.value, bool) and NUMBER.fullmatch(node.text):
        problems.at(
            node,
            NOT_AS_PRINTED,
            f"expected the number exactly as printed, in quotes; found {node.text} without quotes, for which YAML "
            f'drops trailing zeros; write "{node.text}"',
        )
        return replace(node, value=node.text, quoted=True)
    if not isinstance(node.value, str) or not NUMBER.fullmatch(node.value):
        problems.at(
            node,
            NOT_AS_PRINTED,
            f'expected a number as printed, such as "7.40"; found {shortened(node.text)}{_hint(node.text)}',
        )
        return replace(node, value="0", quoted=True, bad=True)
    return node


def _units(relation: Relation | None, metric: type[MetricRecipe]) -> tuple[UnitWord, ...]:
    """Return the units in which a claim's number may be printed, the default last; a ratio has no unit."""
    return units_of(metric.unit if relation is None or relation.quantity.own_unit else PLAIN)


def _hint(text: str) -> str:
    """Say what to write instead, if that can be guessed."""
    return meant(text).repair if text.strip() else "; write null where the paper prints nothing"


@dataclass(frozen=True)
class _Check:
    """The checks of one expectation that pydantic cannot make."""

    expected: Expected
    keys: Mapping[str, Node]
    missing: Missing
    problems: Problems
    legible: bool
    """Whether the printed text is a number."""

    @property
    def number(self) -> float | None:
        """The printed number, if it can be read."""
        return self.expected.number if self.legible else None

    def all(self, metric: type[MetricRecipe] | None, *, attacked: bool) -> None:
        self.relation()
        if metric is not None:
            self.unit(metric)
        self.decimals()
        if self.expected.margin is not None:
            self.margin(self.expected.margin, self.keys["margin"], metric)
        better = None if metric is None else best_of(metric, attacked=attacked)
        report_origin(self.expected, self.keys, self.missing, better, self.problems)
        if self.legible:
            report_idle(self.expected, self.keys, self.problems)

    def relation(self) -> None:
        """Report keys that the relation needs and the claim lacks, or that the relation does not use."""
        relation, needed = self.expected.relates, self.expected.relates.takes_margin
        named = f"the relation {relation.word}"
        self._need("printed", relation.printed, f"{named} compares with a printed number")
        self._need("margin", needed == "required", f"{named} needs a margin")
        if not relation.printed and "printed" in self.keys:
            partner = relation.against.value.words if relation.paired else "nothing printed"
            self.problems.at_key(
                self.keys["printed"],
                RELATION_DOES_NOT_USE,
                f"{named} compares with {partner}; delete 'printed', or choose {DEFAULT}",
            )
        if needed == "none" and "margin" in self.keys:
            self.problems.at_key(self.keys["margin"], RELATION_DOES_NOT_USE, f"{named} uses no margin; delete it")

    def _need(self, key: str, needed: bool, why: str) -> None:
        if needed and key not in self.keys:
            self.problems.at_place(self.missing(key).within(key), RELATION_NEEDS, f"missing; {why}")

    def unit(self, metric: type[MetricRecipe]) -> None:
        """Report a unit that the metric does not have, and a number that is impossible in its unit."""
        unit, units = self.expected.unit, _units(self.expected.relates, metric)
        if unit not in units:
            choices = " or ".join(f'"{choice}"' for choice in units)
            what = (
                metric.kind if self.expected.relates.quantity.own_unit else f"a {self.expected.relates.quantity.column}"
            )
            self.problems.at(self.keys["unit"], UNIT_DOES_NOT_FIT, f"{what} is measured in {choices}; found {unit!r}")
            return
        number, node = self.number, self.keys.get("printed")
        if number is None or node is None or not self.expected.relates.printed:
            return
        if number < UNITS[unit].least:
            self.problems.at(node, UNIT_DOES_NOT_FIT, f"{metric.kind} cannot be negative; found {number:g}")
        elif metric.unit == "fraction" and number > UNITS[unit].greatest:
            repair = '; did you mean unit: "%"?' if unit == "fraction" and number <= 100 else ""
            self.problems.at(
                node,
                UNIT_DOES_NOT_FIT,
                f"{metric.kind} cannot exceed {'100 %' if unit == '%' else '1'}; found {number:g}{repair}",
            )

    def decimals(self) -> None:
        """Report a number with more decimals than its column has."""
        if self.expected.printed is None or self.expected.decimals is None or not self.legible:
            return
        printed_decimals = max(0, -int(Decimal(self.expected.printed).as_tuple().exponent))
        if printed_decimals > self.expected.decimals:
            self.problems.at(
                self.keys["printed"],
                DECIMALS_DISAGREE,
                f"{self.expected.printed} has {printed_decimals} decimals, but 'decimals' says {self.expected.decimals}; correct one of the two",
            )

    def margin(self, margin: Margin, node: Node, metric: type[MetricRecipe] | None) -> None:
        """Report a margin with no width, with two, or with one that decides nothing."""
        given = [width for width in WIDTHS if getattr(margin, width) is not None]
        if len(given) != 1:
            found = " and ".join(given) if given else "none"
            self.problems.at_key(
                node, MARGIN_HAS_ONE_WIDTH, f"expected exactly one of {', '.join(WIDTHS)}; found {found}"
            )
            return
        if not margin.because.strip():
            self.problems.at(
                node.entries["because"], SAYS_NOTHING, "expected the reason for this margin; found nothing"
            )
        width, relation = node.entries[given[0]], self.expected.relates
        if given[0] not in relation.widths:
            self.problems.at_key(
                width,
                RELATION_DOES_NOT_USE,
                f"the margin of the relation {relation.word} is {relation.margin_is}; write {' or '.join(relation.widths)}",
            )
        elif margin.sampling is not None:
            self._sampling(width, metric)
        elif self.number is not None and not margin.same_images:
            self._wide_enough(margin, width, abs(self.number))

    def _sampling(self, width: Node, metric: type[MetricRecipe] | None) -> None:
        """Report a sampling margin for a number whose sampling error is unknown."""
        if metric is not None and metric.statistic not in {*MEANS, PROPORTION}:
            self.problems.at_key(
                width,
                SAMPLING_MARGIN,
                f"a sampling margin is for rates and for means over images; {metric.kind} is a {metric.statistic}",
            )

    def _wide_enough(self, margin: Margin, width: Node, number: float) -> None:
        if margin.relative is not None and number == 0:
            self.problems.at_key(width, MARGIN_BELOW_PRINT, "a fraction of a printed 0 is 0; write an absolute margin")
            return
        absolute = margin.absolute if margin.absolute is not None else (margin.relative or 0.0) * number
        floor = self.expected.relates.least_margin(self.expected.half_unit, number)
        if absolute < floor * (1 - 1e-9):
            least = floor if margin.absolute is not None else floor / number
            self.problems.at(
                width,
                MARGIN_BELOW_PRINT,
                f"{absolute:g} is less than half a unit of the last printed place of {self.expected.printed!r}, "
                f"{floor:g}; write at least {_rounded_up(least):g}",
            )


def _rounded_up(number: float) -> float:
    """Return a number with three digits, rounded up, so that the suggested width is accepted."""
    shift = 10.0 ** (2 - math.floor(math.log10(number)))
    return math.ceil(number * shift - 1e-8) / shift
