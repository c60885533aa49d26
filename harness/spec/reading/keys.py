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
    """Title of the table or section."""
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
    """The claim in your own words."""
    source: Source | None = None
    """Where this claim is printed, if not where its file says."""
    primary: bool = True
    """Whether the verdict counts towards the exit status."""
    deviates_because: str | None = Field(None, min_length=1)
    """Declares that this claim is known not to reproduce, and why."""
    not_expressible: str | None = Field(None, min_length=1)
    """Why harness cannot express it as a claim. The printed number keeps its place in the report. Nothing is run."""
    another: Another | None = None
    """What is measured instead of the paper's, as ``{network: …}``, ``{data: …}`` or ``{metric: …}``. The number is
    shown next to the printed one and never judged, and the claim is secondary."""
    infeasible: str | None = Field(None, min_length=1)
    """Why no available machine can measure it, and what it would cost. It is NOT_RUN (infeasible), with the size of its
    network, unless ``-k`` selects it."""
    same_as: str | None = None
    """Id of the claim that states the same number elsewhere; counted once."""
    picture: Picture | None = None
    """A grid shown with the claim: the first images of its first run, each with its adversarial example on its right."""
    gallery: Gallery | None = None
    """A grid shown with the claim: top-activating images of the first units or directions of its first run, one row for
    each; those of the measure on the left, those of ``other`` on the right."""
    other: dict[str, Any] | None = None
    """The measure to compare with: keys that replace those of the claim's measure; null unsets a key."""


class SentenceKeys(Frozen):
    """One sentence of sentences.yaml: a number or an order that the paper states, and how the pack covers it.

    Exactly one of ``claims``, ``not_expressible`` and ``same_as``.
    """

    source: Source
    """Where the paper states it."""
    says: str = Field(min_length=1)
    """What it states, in your own words."""
    claims: tuple[str, ...] = Field((), min_length=1)
    """Ids of the claims that judge it; ``*`` allowed."""
    ours: tuple[str, ...] = Field((), min_length=1)
    """Ids of related claims that the paper does not make, such as controls; ``*`` allowed."""
    not_expressible: str | None = Field(None, min_length=1)
    """Why harness cannot express it as a claim."""
    same_as: str | None = None
    """Name of the sentence in this file that states the same elsewhere."""
    printed: str | None = None
    """The number that it prints, exactly as printed, if it is not expressible."""
    unit: UnitWord = "number"
    """Unit of that number."""
    relation: RelationWord = "close_to"
    """Whether that number is printed as a bound."""


OWN = frozenset(Own.model_fields)
KEYS = MEASURE | EXPECTED | OWN
"""All keys of a claim."""
