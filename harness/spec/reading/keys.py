"""The keys a file of claims may have, at its head and in each claim."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from harness.kinds.gallery import Gallery
from harness.kinds.picture import Picture
from harness.kinds.recipe import Frozen
from harness.kinds.unit import UnitWord
from harness.spec.claim import Another, Expected, Measure, RelationWord, Source

MEASURE = frozenset(Measure.model_fields) - {"options"}
"""Keys of a claim that say what is measured."""
EXPECTED = frozenset(Expected.model_fields)
"""Keys of a claim that say what the paper prints."""


class ExhibitFile(Frozen):
    """One file of claims: a table (columns and rows) or a list (claims)."""

    title: str = Field(min_length=1)
    """What the table or section is about."""
    source: Source
    """Where in the paper it is."""
    columns: dict[str, Any] | None = None
    """A table's columns by name, each with the keys that all its cells share."""
    rows: dict[str, Any] | None = None
    """A table's rows by name, each with its printed cells and the keys that all its cells share."""
    claims: dict[str, Any] | None = None
    """A list's claims by name."""


class Own(Frozen):
    """The keys of a claim that are neither its measure's nor its expectation's."""

    says: str = Field("", min_length=1)
    """The claim in our own words."""
    source: Source | None = None
    """Where this claim is printed, if not where its file says."""
    primary: bool = True
    """Whether the verdict counts for the exit status."""
    deviates_because: str | None = Field(None, min_length=1)
    """Declares that this claim is known not to reproduce, and why."""
    not_expressible: str | None = Field(None, min_length=1)
    """Why harness can make no claim of it: what is printed keeps its place in the report, and nothing is run."""
    another: Another | None = None
    """What is measured in place of the paper's own, as ``{network: …}``, ``{data: …}`` or ``{metric: …}``: the claim is shown
    beside the printed number, is never judged, and is secondary."""
    infeasible: str | None = Field(None, min_length=1)
    """Why no machine at hand can measure it, and what that would cost: it is NOT_RUN (infeasible), with the size of its network,
    unless ``-k`` asks for it."""
    same_as: str | None = None
    """Id of the claim that states the same number elsewhere; counted once."""
    picture: Picture | None = None
    """A grid shown beside the claim: the first images of its first run, each left of what the attack made of it."""
    gallery: Gallery | None = None
    """A grid shown beside the claim: top images of the first units or directions of its first run, a row each, those of
    the measure on the left, those of ``other`` on the right."""
    other: dict[str, Any] | None = None
    """The measure compared with: keys that replace those of the measure; null unsets one."""


class SentenceKeys(Frozen):
    """One sentence of sentences.yaml: a number or an order that the paper states, and what became of it.

    Exactly one of ``claims``, ``not_expressible`` and ``same_as``.
    """

    source: Source
    """Where the paper says it."""
    says: str = Field(min_length=1)
    """What it states, in our own words."""
    claims: tuple[str, ...] = Field((), min_length=1)
    """Ids of the claims that judge it; ``*`` allowed."""
    ours: tuple[str, ...] = Field((), min_length=1)
    """Claims that the paper does not make and that stand beside it, such as controls; ids, ``*`` allowed."""
    not_expressible: str | None = Field(None, min_length=1)
    """Why harness can make no claim of it."""
    same_as: str | None = None
    """Name of the sentence of this file that states the same elsewhere."""
    printed: str | None = None
    """The number it prints, exactly as printed, where no claim is made of it."""
    unit: UnitWord = "number"
    """Unit of that number."""
    relation: RelationWord = "close_to"
    """Whether that number is printed as a bound."""


OWN = frozenset(Own.model_fields)
KEYS = MEASURE | EXPECTED | OWN
"""All keys of a claim."""
