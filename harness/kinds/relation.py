"""What a relation is: its regions, its margin, its reason codes and its sentences, as one value; and the registry of all.

Let d be a measured number minus its reference: a measure, or the ratio of two, minus the printed number; or a measure
minus another one. A claim is reproduced if the confidence interval of d lies wholly within the accepting region, refuted if
it lies wholly outside the refuting region, and inconclusive otherwise.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from harness.errors import UsageError
from harness.kinds.quantity import DIFFERENCE, MEASURED, RATIO, Bounds, Quantity
from harness.naming import refused

WIDTHS = ("absolute", "relative", "sampling", "same_images")
"""The ways to declare a margin."""


class Compared(NamedTuple):
    """What is compared, and with what.

    Attributes:
        words: what it is compared with.
        quantity: the number that one run contributes.
        printed: whether that is compared with a printed number; else with 0, or image by image.
        paired: whether it takes a second measure, paired by run.
        neighbours: whether each member of the claim's list is compared with the one before it.
    """

    words: str
    quantity: Quantity
    printed: bool = False
    paired: bool = False
    neighbours: bool = False


class Against(Enum):
    """What a relation compares a measurement with, in the order relations are listed."""

    PRINTED = Compared("a printed number", MEASURED, printed=True)
    OTHER = Compared("another measure", DIFFERENCE, paired=True)
    RATIO = Compared("a printed ratio to another measure", RATIO, printed=True, paired=True)
    NEIGHBOUR = Compared("the member before it in its list", DIFFERENCE, neighbours=True)
    IMAGES = Compared("every image", MEASURED)


@dataclass(frozen=True)
class Told:
    """Values that the clauses of a relation may use.

    Attributes:
        says: who states the claim, and a verb: ``the paper says``.
        margin: the margin as the relation writes it: ``±0.5 points``.
        width: the margin as a number with its unit: ``0.5 points``.
        difference: measured minus its reference, in the printed unit.
        error: the random error of the printed number, if it is known: ``the paper's sampling error``.
    """

    says: str
    margin: str
    width: str
    difference: float
    error: str = "the paper's sampling error"


class Relation(ABC):
    """A relation. Authors declare its facts and write its regions and clauses; it is a value without fields.

    A clause continues ``Measured 7.4 % over 3 runs, printed 7.4 %: …`` and has no full stop.
    """

    word: ClassVar[str]
    """The name a claim gives it by; set by the decorator."""
    against: ClassVar[Against]
    """What it compares with."""
    says: ClassVar[str]
    """What it says, and what refutes it, as a sentence without a full stop."""
    phrase: ClassVar[str]
    """The same as a predicate before the printed number or the name of the other measure: ``is at most the printed``."""
    takes_margin: ClassVar[Literal["required", "optional", "none"]] = "required"
    """Whether a claim must, may or must not declare a margin."""
    margin_is: ClassVar[str] = "a half-width in the printed unit"
    """What an absolute margin is."""
    widths: ClassVar[tuple[str, ...]] = WIDTHS
    """The ways to declare its margin."""
    reason: ClassVar[str]
    """Reason code of a claim that is reproduced."""
    refuted_reason: ClassVar[str] = ""
    """Reason code of a claim that is refuted; empty if the direction of the difference gives it."""
    two_sided: ClassVar[bool] = False
    """Whether there is one true number if the paper is right, so a wider margin makes the claim easier to reproduce. For
    a bound or an order the paper does not state the distance, and a wider margin only makes it harder to refute."""
    ordinal: ClassVar[bool] = False
    """Whether it states an order between two measures, which printed numbers can contradict."""
    exception_refutes: ClassVar[bool] = False
    """Whether it is a finite statement on every image: one exception refutes it, and there is no interval, no margin
    and no spread between runs."""
    signs: ClassVar[tuple[str, ...]] = ()
    """Signs before a printed number that mean it; the first is shown."""
    before: ClassVar[str] = ""
    """Words before a printed number, a space after them: ``at most`` and a space."""
    edge: ClassVar[str] = "the margin"
    """What a refuted mean lies beyond."""
    near: ClassVar[str] = "the mean is too close to the edge"
    """Why no number of runs decides an inconclusive claim, before ``for 10 runs to decide it``."""

    @abstractmethod
    def accepts(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return the accepting region of the difference, open.

        Args:
            margin: Δ; 0 if none is declared.
            slack: half a printed unit; 0 if nothing is printed.
            reference: the printed number, or the mean of the other measure.
        """

    @abstractmethod
    def refutes(self, margin: float, slack: float, reference: float) -> Bounds:
        """Return the region of the difference outside which the claim is refuted; arguments as in ``accepts``."""

    def least_margin(self, slack: float, reference: float) -> float:
        """Return the least margin: nothing nearer than half a printed unit can be told from a printed number."""
        return slack

    def written(self, margin: float, width: str) -> str:
        """Return a margin as text, given also as a number with its unit."""
        return f"±{width}"

    @abstractmethod
    def reproduced(self, told: Told) -> str:
        """Return the clause of a claim that is reproduced."""

    @abstractmethod
    def refuted(self, told: Told) -> str:
        """Return the clause of a claim that is refuted; the direction of the difference follows it."""

    @abstractmethod
    def undecided(self, told: Told) -> str:
        """Return the clause of an inconclusive claim."""

    @abstractmethod
    def undecided_exactly(self, told: Told) -> str:
        """Return the clause of an inconclusive claim that is deterministic."""

    @property
    def printed(self) -> bool:
        """Whether it compares with a printed number."""
        return self.against.value.printed

    @property
    def paired(self) -> bool:
        """Whether it takes another measure, paired by run."""
        return self.against.value.paired

    @property
    def neighbours(self) -> bool:
        """Whether it compares each member of a list with the one before it."""
        return self.against.value.neighbours

    @property
    def quantity(self) -> Quantity:
        """The number that one run contributes."""
        return self.against.value.quantity

    def band(self, margin: float | None, reference: float | None) -> Bounds | None:
        """Return the differences that agree with the paper, for figures; None if there is nothing to show."""
        if self.exception_refutes or reference is None or (margin is None and self.takes_margin == "required"):
            return None
        return self.accepts(margin or 0.0, 0.0, reference)


_R = TypeVar("_R", bound=Relation)
_relations: dict[str, Relation] = {}
_ORDER = list(Against)


def relation(word: str) -> Callable[[type[_R]], type[_R]]:
    """Register a relation: ``@relation("close_to")`` above a class that derives from ``Relation``.

    Args:
        word: the name a claim gives it by.

    Returns:
        The decorator. It returns the class, and raises UsageError where a fact or a method is missing or the name is taken.
    """

    def mark(cls: type[_R]) -> type[_R]:
        what = f"relations: {word!r} ({cls.__name__})"
        if complaint := refused(word, "a relation"):
            raise UsageError(f"{what}: {complaint}")
        lacking = [fact for fact in ("against", "says", "phrase", "reason") if not hasattr(cls, fact)]
        if lacking := [*lacking, *sorted(cls.__abstractmethods__)]:
            raise UsageError(f"{what}: missing {', '.join(lacking)}; harness/kinds/relation.py explains each")
        known = _relations.get(word)
        if known is not None and inspect.getsourcefile(type(known)) != inspect.getsourcefile(cls):
            raise UsageError(f"{what}: {type(known).__module__} already defines it; rename one of them")
        cls.word = word
        _relations[word] = cls()
        return cls

    return mark


def relations() -> dict[str, Relation]:
    """Return every relation by its word: those against printed numbers first, and of those the two-sided ones."""
    package = importlib.import_module("harness.relations")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    found = sorted(_relations.values(), key=lambda each: (_ORDER.index(each.against), not each.two_sided, each.word))
    return {each.word: each for each in found}


def relation_named(word: str) -> Relation:
    """Return a relation by its word; KeyError if there is none."""
    return _relations[word] if word in _relations else relations()[word]


class OneOfRelations:
    """Marks a field as the word of a relation; what may be written follows from the registry."""

    @property
    def written_as(self) -> str:
        """What may be written, for errors and help."""
        return "one of " + ", ".join(relations())

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Take a string that names a relation, with the error of a Literal for any other."""
        return core_schema.no_info_after_validator_function(_known, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the schema, with every word."""
        return {**handler(schema), "enum": list(relations())}


def _known(word: str) -> str:
    if word not in _relations and word not in relations():
        raise PydanticKnownError("literal_error", {"expected": ", ".join(map(repr, relations()))})
    return word
