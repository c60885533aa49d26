"""Describes what a claim may say, from the types it is read into: its keys, relations, units and margins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import get_args

from pydantic import BaseModel

from harness.kinds.describe import Field, fields_of
from harness.spec.claim import AGAINST_OTHER, AGAINST_PRINTED, Expected, Margin, Measure, Relation, Sampling, Unit
from harness.spec.reading.expectations import NEEDS_MARGIN, UNITS
from harness.spec.reading.keys import EXPECTED, MEASURE, OWN, Own
from harness.spec.sample import Sample

MEANING: Mapping[str, str] = MappingProxyType(
    {
        "close_to": "the mean over runs equals the printed number, within the margin",
        "at_most": "the mean over runs is at most the printed number; refuted where it exceeds that by the margin",
        "at_least": "the mean over runs is at least the printed number; refuted where it is less by the margin",
        "less_than": "the measure is less than the other, paired by run; refuted where it is more (by the margin, if any)",
        "greater_than": "the measure is more than the other, paired by run; refuted where it is less (by the margin, if any)",
        "equivalent_to": "the measure equals the other, paired by run, within the margin",
        "all": "what the rate counts holds for every image of every run; one exception refutes it",
    }
)
"""Relation -> what it says."""
OF_UNITS: Mapping[str, str] = MappingProxyType(
    {
        "%": "percent of images, as printed; 1 is one image in a hundred",
        "fraction": "share of images, from 0 to 1",
        "distortion": "root mean square over pixels in [0, 1]",
        "number": "a plain number",
    }
)
"""Unit -> what one is."""


@dataclass(frozen=True)
class Relating:
    """One relation.

    Attributes:
        name: as a claim writes it.
        says: what it says.
        needs: the keys without which it decides nothing.
        may: the keys it looks at where they are there.
    """

    name: str
    says: str
    needs: tuple[str, ...]
    may: tuple[str, ...]


@dataclass(frozen=True)
class ClaimForm:
    """What a claim may say.

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
    """Return what a claim may say."""
    return ClaimForm(
        keys={
            "what is measured": _of(Measure, MEASURE),
            "what the paper prints": _of(Expected, EXPECTED),
            "the claim itself": _of(Own, OWN),
        },
        sample=fields_of(Sample),
        relations=tuple(_relating(name) for name in get_args(Relation)),
        units={unit: f"{OF_UNITS[unit]}; of a metric whose value is a {_natural(unit)}" for unit in get_args(Unit)},
        margins=(*fields_of(Margin), *(_within("sampling", field) for field in fields_of(Sampling))),
    )


def _of(model: type[BaseModel], keys: frozenset[str]) -> tuple[Field, ...]:
    return tuple(field for field in fields_of(model) if field.name in keys)


def _within(key: str, field: Field) -> Field:
    return Field(f"{key}.{field.name}", field.type, field.required, field.default, field.doc)


def _relating(name: str) -> Relating:
    needs = [
        *(["printed"] if name in AGAINST_PRINTED else []),
        *(["other"] if name in AGAINST_OTHER else []),
        *(["margin"] if name in NEEDS_MARGIN else []),
    ]
    may = ["margin"] if name in AGAINST_OTHER - NEEDS_MARGIN else []
    return Relating(name, MEANING[name], tuple(needs), tuple(may))


def _natural(unit: str) -> str:
    return next(natural for natural, units in UNITS.items() if unit in units)
