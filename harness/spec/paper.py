"""A pack as a value: the paper's part, which the record keeps, and the recipes, which the planner needs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, SerializeAsAny, model_validator

from harness.kinds.attack import AttackRecipe
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.model import ModelRecipe
from harness.kinds.recipe import Frozen, Recipe, as_before
from harness.kinds.unit import UnitWord
from harness.spec.checker import Checker
from harness.spec.claim import Claim, RelationWord, Source
from harness.spec.settings import Settings

FORMAT = 1
"""Format of packs that this version reads."""
LEAST_PILOT = 3
"""Smallest number of pilot runs for a spread: with two, it is below a third of the true value in one case of four."""
LOOKS = (3, 5, 10)
"""Default numbers of runs at which claims are tested."""
LEAST_RUNS = 3
"""Smallest number of runs that is tested: an interval over two runs is too wide to be useful."""
_FINITE = 1e100
"""Limit for the numbers of a pilot; their squares must stay finite."""


def _rising(looks: tuple[int, ...]) -> tuple[int, ...]:
    if any(later <= earlier for earlier, later in pairwise(looks)):
        raise ValueError(f"looks must increase, each number of runs once; found {', '.join(map(str, looks))}")
    return looks


Looks = Annotated[
    tuple[Annotated[int, Field(ge=LEAST_RUNS, lt=1000)], ...], Field(min_length=1), AfterValidator(_rising)
]
"""Numbers of runs at which claims are tested, in increasing order; pilot runs are numbered from 1000."""

SetAside = dict[str, Annotated[str, Field(min_length=1)]]
"""Ids of claims, ``*`` allowed -> why a budget does not measure them."""


class Bibliography(Frozen):
    """Which paper, and which version of it."""

    title: str = Field(min_length=1)
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str = ""
    url: str = ""
    version: str = ""
    """Version the numbers were transcribed from (an arXiv version, for example)."""
    note: str = ""
    """Note on this pack for readers of the report, in one or two sentences."""
    demonstration: str = ""
    """Why this pack is a demonstration and not a replication, for example because of other data or networks than
    the paper's. Its report is then called a demonstration. Empty for a replication."""


class Reading(Frozen):
    """One answer to an assumption, with the fields of recipes that it sets."""

    says: str = ""
    """The reading, in a sentence."""
    sets: dict[str, Any] = Field(default_factory=dict)
    """Dotted path -> value. Paths: ``models.<name>.<field>``, ``attacks.…``, ``data.…`` (names may have ``*``),
    ``sample.<field>``."""


class Assumption(Frozen):
    """A detail that the paper does not state, its possible readings, and the one chosen for the whole paper."""

    question: str = Field(min_length=1)
    """The question that the paper does not answer."""
    readings: dict[str, Reading] = Field(min_length=1)
    chosen: str
    """Name of the reading used throughout."""
    because: str = Field(min_length=1)
    """The reason for this choice."""
    fitted_on: tuple[str, ...] = ()
    """Claims (ids, ``*`` allowed) whose printed numbers were used to choose the reading; they are never primary."""


class Budget(Frozen):
    """A named amount of work: the number of runs, and fields with smaller or larger values."""

    runs: int = Field(ge=1)
    says: str = ""
    sets: dict[str, Any] = Field(default_factory=dict)
    """As in a reading."""
    comparable: bool = True
    """Whether results may be compared with the paper; those of a rehearsal may not."""
    looks: Looks = LOOKS
    """Numbers of runs at which claims are tested, declared before the first run. Each look spends a share of the
    error rate, so that ``[10]``, a single look at ten runs, has more power than the last look of ``[3, 5, 10]``.
    More runs than the last look are refused."""
    sets_aside: SetAside = Field(default_factory=dict)
    """Claims (ids, ``*`` allowed) that cost too much for this budget, and what they would cost. They are measured
    only if selected with ``-k``, or under another budget."""

    @model_validator(mode="after")
    def _looks_reach(self) -> Self:
        if self.comparable and self.runs > self.looks[-1]:
            raise ValueError(
                f"its {self.runs} runs are more than the last of its looks, {self.looks[-1]}; write looks: [..., {self.runs}]"
            )
        return self


class Axis(Frozen):
    """One row or column of a printed table."""

    name: str
    label: str


class NotExpressible(Frozen):
    """A printed number or statement that harness cannot express as a claim, and why."""

    id: str
    """Id, as of a claim: ``<file>/<row>/<column>`` or ``<file>/<name>``."""
    source: Source
    says: str = ""
    """What is printed, in your own words; for a table's cell, generated from its row and column."""
    printed: str | None = None
    """The number exactly as printed."""
    unit: UnitWord = "number"
    relation: RelationWord = "close_to"
    """Whether the number is printed as a bound."""
    why: str = Field(min_length=1)
    """Why no claim can be made of it."""
    same_as: str | None = None
    """Id of the claim, or of the number, that states the same number elsewhere; counted once."""
    place: int = Field(0, ge=0)
    """How many claims of its file are printed before it."""


class Sentence(Frozen):
    """One sentence of the paper that states a number or an order, with claims, not_expressible or same_as."""

    name: str
    source: Source
    says: str = Field(min_length=1)
    """What it states, in your own words."""
    claims: tuple[str, ...] = ()
    """Ids of the claims that judge it, or of numbers in a table that are not expressible."""
    ours: tuple[str, ...] = ()
    """Ids of related claims that the paper does not make, such as controls."""
    not_expressible: NotExpressible | None = None
    """Why no claim can be made of it; a number that it prints is then counted here."""
    same_as: str | None = None
    """Name of the sentence that states the same elsewhere."""


class Exhibit(Frozen):
    """One file of claims: a table as the paper prints it, or a list of statements."""

    id: str
    """The file's name without its ending."""
    title: str
    source: Source
    shape: Literal["table", "list"]
    rows: tuple[Axis, ...] = ()
    columns: tuple[Axis, ...] = ()
    cells: dict[str, str] = Field(default_factory=dict)
    """``row/column`` -> claim id, for a table."""
    claims: tuple[str, ...] = ()
    """All claim ids of the file, in order."""
    not_expressible: tuple[NotExpressible, ...] = ()
    """The printed parts that are not expressible, in order."""

    @property
    def place(self) -> str:
        """Its place in the paper, without the page; its title if the place is unknown."""
        return self.source.place or self.title


class Pilot(Frozen):
    """The spread of one claim's number between pilot runs, which are never judged; numbers in the printed unit."""

    sd: float = Field(ge=0, le=_FINITE)
    """Standard deviation between pilot runs, at least the resolution of the measurement; of the paired difference, for
    a relation between two measures."""
    mean: float | None = Field(None, ge=-_FINITE, le=_FINITE)
    """Mean of the measure over the pilot runs."""
    images: int | None = Field(None, ge=1)
    """Number of images in one pilot run."""
    images_sd: float | None = Field(None, ge=0, le=_FINITE)
    """Standard deviation over the images of one run, if the number is a mean over images and not a count."""
    other: float | None = Field(None, ge=-_FINITE, le=_FINITE)
    """Mean of the measure to compare with, for a relation between two measures."""
    runs: int = Field(ge=LEAST_PILOT)
    """Number of pilot runs."""
    made: str = ""
    """Day of the last pilot run (ISO 8601); empty if unknown."""
    inputs: str = Field(min_length=1)
    """Hash of everything the claim's number depends on (``Measurement.inputs``); if it has changed, the pilot
    runs are out of date."""


class Paper(Frozen):
    """The paper's part of a pack: plain data, so that a record can be judged and shown without the recipes."""

    name: str
    """The pack's folder name."""
    bibliography: Bibliography
    checked_by: tuple[Checker, ...] = ()
    """Who checked the pack against the paper."""
    seed: int = Field(0, ge=0)
    """Seed from which all random streams of the pack derive."""
    budget: str
    """Name of the budget with which these values were resolved."""
    runs: int
    """Number of requested runs."""
    looks: Looks = LOOKS
    """Numbers of runs at which claims are tested, of this budget."""
    sets_aside: SetAside = Field(default_factory=dict, exclude_if=as_before({}))
    """Claims that this budget sets aside, each with the reason."""
    comparable: bool = True
    assumptions: dict[str, Assumption] = Field(default_factory=dict)
    """The assumptions; ``chosen`` is the reading with which these values were resolved."""
    not_printed: tuple[str, ...] = Field((), exclude_if=as_before(()))
    """The settings that the paper does not print and no assumption varies, as paths; unknown for older records."""
    exhibits: tuple[Exhibit, ...] = ()
    claims: tuple[Claim, ...] = ()
    pilot: dict[str, Pilot] = Field(default_factory=dict)
    """Claim id -> the spread of its pilot runs, up to date or not."""
    printed_numbers: dict[str, int] = Field(default_factory=dict)
    """Exhibit that this pack leaves out -> number of printed numbers in it."""
    sentences: tuple[Sentence, ...] = ()
    """The sentences of the paper that state a number or an order, in order; empty if the pack does not list them."""

    def claim(self, claim_id: str) -> Claim:
        """Return the claim with an id; KeyError if there is none."""
        return self.by_id[claim_id]

    @property
    def by_id(self) -> Mapping[str, Claim]:
        """Claims by id, in the order of the pack."""
        return {claim.id: claim for claim in self.claims}

    @property
    def not_expressible(self) -> Mapping[str, NotExpressible]:
        """The printed parts that are not expressible, by id, in the order of the pack."""
        shown = [each for exhibit in self.exhibits for each in exhibit.not_expressible]
        said = [sentence.not_expressible for sentence in self.sentences if sentence.not_expressible is not None]
        return {each.id: each for each in (*shown, *said)}


class Spec(Frozen):
    """A whole pack, with readings and budget substituted and every name resolved."""

    folder: Path
    paper: Paper
    data: dict[str, SerializeAsAny[DatasetRecipe]] = Field(default_factory=dict)
    models: dict[str, SerializeAsAny[ModelRecipe]] = Field(default_factory=dict)
    attacks: dict[str, SerializeAsAny[AttackRecipe]] = Field(default_factory=dict)
    settings: Settings = Settings()
    """The number of settings, and those that the paper does not print."""

    @property
    def controls(self) -> frozenset[str]:
        """Names of the attacks that are controls."""
        return frozenset(name for name, attack in self.attacks.items() if attack.control)

    def recipes(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Return every recipe as plain data with its kind, for the record and for comparing packs."""
        groups: dict[str, Mapping[str, Recipe]] = {"data": self.data, "models": self.models, "attacks": self.attacks}
        return {
            group: {name: {"kind": recipe.kind, **recipe.model_dump(mode="json")} for name, recipe in entries.items()}
            for group, entries in groups.items()
        }
