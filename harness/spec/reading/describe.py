"""Describes what a claim may contain, from its types: keys, relations, units and margins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from harness.kinds.describe import Field, fields_of
from harness.kinds.relation import Relation, relations
from harness.kinds.unit import UNITS
from harness.spec.claim import Expected, Margin, Measure, Sampling
from harness.spec.reading.keys import EXPECTED, MEASURE, OWN, Own
from harness.spec.sample import Sample


@dataclass(frozen=True)
class Relating:
    """One relation.

    Attributes:
        name: as a claim writes it.
        says: what it says.
        needs: the keys it requires.
        may: the keys it uses if they are present.
    """

    name: str
    says: str
    needs: tuple[str, ...]
    may: tuple[str, ...]


@dataclass(frozen=True)
class ClaimForm:
    """What a claim may contain.

    Attributes:
        keys: its keys by subject.
        sample: the keys of ``sample``.
        relations: the relations.
        units: unit -> its meaning, and the natural units of metrics it fits.
        margins: the keys of a margin; exactly one width is given.
    """

    keys: Mapping[str, tuple[Field, ...]]
    sample: tuple[Field, ...]
    relations: tuple[Relating, ...]
    units: Mapping[str, str]
    margins: tuple[Field, ...]


def claim_form() -> ClaimForm:
    """Return what a claim may contain."""
    return ClaimForm(
        keys={
            "what is measured": _of(Measure, MEASURE),
            "what the paper prints": _of(Expected, EXPECTED),
            "the claim itself": _of(Own, OWN),
        },
        sample=fields_of(Sample),
        relations=tuple(map(_relating, relations().values())),
        units={
            word: f"{unit.means}; for a metric whose value is {_value_in(unit.natural)}" for word, unit in UNITS.items()
        },
        margins=(*fields_of(Margin), *(_within("sampling", field) for field in fields_of(Sampling))),
    )


def _of(model: type[BaseModel], keys: frozenset[str]) -> tuple[Field, ...]:
    return tuple(field for field in fields_of(model) if field.name in keys)


def _within(key: str, field: Field) -> Field:
    return Field(f"{key}.{field.name}", field.type, field.required, field.default, field.doc)


def _relating(relation: Relation) -> Relating:
    needs = {
        "printed": relation.printed,
        "other": relation.paired,
        "margin": relation.takes_margin == "required",
    }
    may = ("margin",) if relation.takes_margin == "optional" else ()
    return Relating(relation.word, relation.says, tuple(key for key, needed in needs.items() if needed), may)


def _value_in(natural: str) -> str:
    return "a time" if natural == "seconds" else f"a {natural}"
