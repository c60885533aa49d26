"""The content of one claim: what is measured, the printed number, the relation and the margin."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import product
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from harness.kinds.gallery import Gallery
from harness.kinds.picture import Picture
from harness.kinds.recipe import Frozen, unused
from harness.kinds.relation import OneOfRelations, Relation, relation_named
from harness.kinds.unit import UNITS, UnitWord
from harness.spec.sample import Sample

RelationWord = Annotated[str, OneOfRelations()]
"""How a measurement is compared with what the paper says: the word of a relation in ``harness/relations/``."""

MOST_RUNS = 10_000
"""Limit for the number of runs behind a printed number."""
SEVERAL = re.compile(r",| and | to |–")
"""Matches if several tables, figures or sections are named: ``3 and 4``."""
Names = str | Annotated[tuple[str, ...], Field(min_length=1)]
"""One name, or several: a list means the mean over its members."""


class Source(Frozen):
    """Where in the paper a claim is printed."""

    table: int | str | None = None
    """Number of the table."""
    figure: int | str | None = None
    """Number of the figure."""
    section: str | None = None
    """Number of the section, for a claim in prose."""
    page: int | None = Field(None, ge=1)
    """Page of the version named in paper.yaml."""

    @property
    def place(self) -> str:
        """The place without the page; empty if unknown."""
        named = [("Table", self.table), ("Figure", self.figure), ("Section", self.section)]
        return ", ".join(
            f"{word}{'s' if SEVERAL.search(str(number)) else ''} {number}"
            for word, number in named
            if number is not None
        )

    def __str__(self) -> str:
        return f"{self.place}, p. {self.page}" if self.page else self.place


class Sampling(Frozen):
    """A margin that follows from the size of the paper's own sample."""

    images: int = Field(ge=2)
    """Number of images behind the printed rate or mean."""


class Margin(Frozen):
    """How far a measured mean may lie from the printed number and still count as equal; exactly one width.

    Widths are in the printed unit. At least half a printed unit.
    """

    absolute: float | None = Field(None, gt=0)
    """Half-width, in the printed unit."""
    relative: float | None = Field(None, gt=0)
    """Half-width as a fraction of the printed number (refused for a printed 0)."""
    sampling: Sampling | None = None
    """Half-width from the sampling error of the paper's number, and from the variance between pilot runs beyond
    their sampling error. For randomly drawn images, at least as many as in the paper."""
    same_images: Literal[True] | None = None
    """Half-width only from the spread between pilot runs: 2.8 standard deviations. In 95 % of cases two runs on the
    same images differ by less. For whole splits that the paper used too."""
    because: str = Field(min_length=1)
    """The reason for this margin."""


class PrintedIs(Frozen):
    """The origin of a printed number that is neither a single run nor a mean over runs."""

    best_of: int = Field(ge=2, le=MOST_RUNS)
    """The best of this many runs: the lowest or the highest value, depending on the metric."""


class Expected(Frozen):
    """What the paper prints."""

    printed: str | None = None
    """The number exactly as printed; null for relations between two measures and for ``all``."""
    unit: UnitWord = "number"
    """Unit of the printed number and of the margin."""
    decimals: int | None = Field(None, ge=0)
    """Decimals of the printed column; 2 for a printed unit of 0.01. Default: those of the number itself."""
    relation: RelationWord = "close_to"
    """How the measurement is compared with the printed number or with the other measure."""
    margin: Margin | None = None
    """Not needed for less_than, greater_than and all."""
    each: Literal[True] | None = None
    """Whether every member of the measure's lists must satisfy the relation, instead of their mean."""
    printed_runs: int | None = Field(None, ge=2, le=MOST_RUNS)
    """The printed number is the mean of this many runs; by default it is a single run."""
    printed_sd: str | None = None
    """The printed standard deviation between those runs, exactly as printed. It is not the standard error, which
    is smaller by the square root of their number."""
    printed_is: PrintedIs | None = None
    """What the printed number is, if it is the best of several runs: ``{best_of: 5}``."""

    @property
    def relates(self) -> Relation:
        """The relation as a value."""
        return relation_named(self.relation)

    @property
    def scale(self) -> float:
        """The size of one printed unit in the metric's natural unit."""
        return UNITS[self.unit].scale

    @property
    def number(self) -> float | None:
        """The printed number as a float, in the printed unit."""
        return None if self.printed is None else float(self.printed)

    @property
    def half_unit(self) -> float:
        """Half a unit of the last printed place, in the printed unit: 0.05 for 7.4, 50 for 1.5e3; 0 without a number."""
        return 0.0 if self.printed is None else half_place(self.printed, self.decimals)

    @property
    def spread(self) -> float | None:
        """The largest standard deviation that is printed as ``printed_sd``: half of its last place above it."""
        return None if self.printed_sd is None else float(self.printed_sd) + half_place(self.printed_sd)


def half_place(printed: str, decimals: int | None = None) -> float:
    """Return half a unit of the last place of a printed number, in a column with this many decimals, if known."""
    exponent = int(Decimal(printed).as_tuple().exponent)
    # A number with an exponent shows its own last place; the decimals of its column do not apply.
    if "e" not in printed.lower():
        exponent = -decimals if decimals is not None else min(exponent, 0)
    return float(0.5 * 10.0**exponent)


def as_tuple(names: Names) -> tuple[str, ...]:
    """Return one name, or several, as a tuple."""
    return names if isinstance(names, tuple) else (names,)


class Member(NamedTuple):
    """One member of the mean of a measure with lists."""

    data: str
    """The split of the images."""
    model: str
    """The model that classifies the images."""
    victim: str
    """The model an attack is made for."""


class Measure(Frozen):
    """What is measured. A list of models (or ``crafted_on``) means the mean over all pairs of different models."""

    metric: str
    """Kind of the metric."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Fields of the metric."""
    data: Names
    """The split of the images, as data-set/split."""
    model: Names
    """The model that classifies the images."""
    attack: str | None = None
    """The attack on the images; ``none`` for no attack; in a table, ``row`` or ``column`` for the attack named
    there."""
    crafted_on: Names | None = None
    """The model that was attacked (to measure transfer); by default the model itself."""
    sample: Sample = Sample()
    """Which images. The default is the paper's ``sample`` for measures with an attack, else the whole split."""
    limit: str | None = None
    """An exact attack whose result is a lower bound, if it supports the model; shown for comparison."""

    @property
    def members(self) -> tuple[Member, ...]:
        """The members of the mean that lists stand for; a single member if there is no list.

        If models are listed, no model is paired with itself: the number measures the transfer of examples.
        """
        if self.crafted_on is None:
            return tuple(
                Member(data, model, model) for data, model in product(as_tuple(self.data), as_tuple(self.model))
            )
        pairs = map(Member._make, product(as_tuple(self.data), as_tuple(self.model), as_tuple(self.crafted_on)))
        if isinstance(self.model, str) and isinstance(self.crafted_on, str):
            return tuple(pairs)
        return tuple(pair for pair in pairs if pair.victim != pair.model)


class Another(Frozen):
    """What differs from the paper's measurement: exactly one of three, with a description.

    Such a claim is shown next to the paper's number and decides nothing.
    """

    network: str | None = Field(None, min_length=1, exclude_if=unused)
    """The network that is measured instead of the paper's."""
    data: str | None = Field(None, min_length=1, exclude_if=unused)
    """The images that are used instead of the paper's."""
    metric: str | None = Field(None, min_length=1, exclude_if=unused)
    """The measure."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self._given) != 1:
            raise ValueError("expected exactly one of network, data and metric")
        return self

    @property
    def _given(self) -> dict[str, str]:
        return {name: value for name, value in self if value is not None}

    @property
    def what(self) -> str:
        """Which part differs: ``network``."""
        return next(iter(self._given))

    @property
    def described(self) -> str:
        """What is used instead."""
        return self._given[self.what]


class Claim(Frozen):
    """One statement of the paper that a measurement can refute."""

    id: str
    """``<file>/<row>/<column>`` or ``<file>/<name>``."""
    source: Source
    says: str = ""
    """The claim in your own words; for a table's cell, generated from its row and column."""
    measure: Measure
    expected: Expected
    other: Measure | None = None
    """The measure compared with, for less_than, greater_than and equivalent_to."""
    primary: bool = True
    """Whether the verdict counts towards the exit status."""
    deviates_because: str | None = None
    """Declares that this claim is known not to reproduce, and why. If it reproduces nevertheless, the exit status
    fails."""
    another: Another | None = Field(None, exclude_if=unused)
    """What differs from the paper's measurement, which makes it NOT_COMPARABLE; null if nothing does."""
    infeasible: str | None = Field(None, exclude_if=unused)
    """Why no available machine can measure it, and what it would cost. It is NOT_RUN unless selected by name."""
    same_as: str | None = None
    """Id of the claim that states the same number elsewhere; counted once."""
    picture: Picture | None = None
    """A grid of images, each next to its adversarial example."""
    gallery: Gallery | None = None
    """A grid of top-activating images."""

    @property
    def shows(self) -> Picture | Gallery | None:
        """The grid shown with the claim: pairs for an attack, top-activating images for a metric without an attack."""
        return self.picture or self.gallery
