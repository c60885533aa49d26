"""Base of all recipes: a frozen value of hyper-parameters, its references to other entries, and its fingerprint."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict

from harness.examples import Examples
from harness.kinds.digest import full_digest, is_outside


class Frozen(BaseModel):
    """A value read from a spec: immutable, strict about types, closed against unknown fields and NaN."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


@dataclass(frozen=True)
class RefTo:
    """Marks a recipe's string field as the name of another entry of the pack."""

    group: Literal["datasets", "models", "attacks"]
    whole: bool = False
    """Of data sets: whether the name is that of a whole data set rather than of one split."""


SplitRef = Annotated[str, RefTo("datasets")]
"""``name/split``; arrives in the recipe's method as Examples, under the field's name."""
DatasetRef = Annotated[str, RefTo("datasets", whole=True)]
"""Name of a data set; arrives as ``{split: Examples}``."""
ModelRef = Annotated[str, RefTo("models")]
"""Name of a model; arrives as its Victim."""
AttackRef = Annotated[str, RefTo("attacks")]
"""Name of an attack; arrives in an attack as the Examples it made for the same victim and images, in a training as a
``ReadyAttack``, which runs it on the network in training."""
NAMELESS = "nameless"
"""Context in which recipes are written without the names they refer to, as content keys hold them."""


class Recipe(Frozen):
    """A frozen value: the hyper-parameters of one data set, layer, training, model, attack or metric.

    A field annotated with one of the ``…Ref`` types names another entry of the pack. The planner turns it into a job,
    whose key enters this recipe's key and whose result arrives as a keyword argument named after the field; the results of
    a list of names as ``<field>-001``, ``<field>-002`` and so on.
    """

    kind: ClassVar[str] = ""
    """The name a spec gives the kind by; set by the registering decorator."""
    edition: ClassVar[int] = 0
    """Bumped whenever the meaning of the kind changes; part of every content key."""
    offered_by: ClassVar[tuple[str, str]] = ("", "")
    """Name and version of the distribution that offers the kind; empty for harness's own. Set by discovery."""
    group: ClassVar[str] = ""
    """The group of kinds the recipe belongs to; part of every content key."""

    @classmethod
    def references(cls) -> dict[str, RefTo]:
        """Return the fields that name other entries, and the group each points into."""
        return _references(cls)

    def referents(self) -> dict[str, tuple[str, str]]:
        """Return field -> (group, name of the entry) for every reference that is made; of a list ``<field>-001`` and so on."""
        return {
            role: (mark.group, name) for field, mark in self.references().items() for role, name in self.roles(field)
        }

    def referents_within(self) -> dict[tuple[str | int, ...], tuple[RefTo, str]]:
        """Return path of the field -> (mark, name of the entry) for every reference a recipe within this one makes."""
        return {
            (*path, role): (mark, name)
            for path, recipe in self.within()
            for field, mark in recipe.references().items()
            for role, name in recipe.roles(field)
        }

    def roles(self, field: str) -> list[tuple[str, str]]:
        """Return the role and the name of each entry that a field names: ``members-001``, ``members-002`` of a list."""
        value = getattr(self, field)
        if isinstance(value, tuple):
            return [(f"{field}-{place:03}", name) for place, name in enumerate(value, start=1)]
        return [] if value is None else [(field, value)]

    @property
    def random(self) -> bool:
        """Whether the recipe's own method draws random numbers; a recipe that does not is done once for all runs."""
        return True

    @property
    def seconds(self) -> float:
        """A rough cost on two cores, for the plan, used until a recorded duration is known."""
        return 1.0

    def expanded(self) -> Recipe:
        """Return the recipe in full, where this is a shorthand for another."""
        return self

    def fields(self) -> dict[str, Any]:
        """Return every hyper-parameter, defaults included, references excluded (names never enter a key)."""
        plain = self.model_dump(mode="json", exclude=set(self.references()), context=NAMELESS)
        within = {type(each) for each in self.nested()}
        editions = sorted([cls.group, cls.kind, cls.edition, *_source(cls)] for cls in within)
        return plain | ({"editions": editions} if editions else {})

    def nested(self) -> Iterator[Recipe]:
        """Yield the recipes within this one: a model's layers and training, the layers of a branch."""
        return (recipe for _, recipe in self.within())

    def within(self) -> Iterator[tuple[tuple[str | int, ...], Recipe]]:
        """Yield each of them with the path that leads to it: ``("training",)``, ``("layers", 2)``."""
        for name in type(self).model_fields:
            yield from _recipes_in(getattr(self, name), (name,))

    def fingerprint(self) -> str:
        """Return the SHA-256 of kind, edition and all resolved fields; for another package's kind also of its source.

        The editions of harness's own kinds are bumped under review; those of other packages are not reviewed. A kind
        that derives from a kind of harness depends on the edition of that kind.
        """
        parts = [self.group, self.kind, self.edition, self.fields(), *_source(type(self))]
        text = json.dumps(parts, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def unused(value: object) -> bool:
    """Whether a field added after its kind was published is null: it then leaves no trace in keys and records.

    ``Field(None, exclude_if=unused)``: nothing computed before the field was there is computed again.
    """
    return value is None


def as_before(default: object) -> Callable[[object], bool]:
    """Return ``unused`` for a field that has a value, not null, at which its kind does what it did before it had the field.

    ``Field("l2", exclude_if=as_before("l2"))``.
    """
    return lambda value: value == default


@functools.cache
def _references(cls: type[Recipe]) -> dict[str, RefTo]:
    """Return ``references`` of a kind; a plan asks for them thousands of times."""
    found = {}
    for name, hint in get_type_hints(cls, include_extras=True).items():
        marks = [mark for mark in _metadata(hint) if isinstance(mark, RefTo)]
        if marks and name in cls.model_fields:
            found[name] = marks[0]
    return found


def _source(cls: type[Recipe]) -> list[Any]:
    """Return what the key of another package's kind holds besides its edition; nothing for harness's own."""
    if not is_outside(cls):
        return []
    bases = [vars(base) for base in cls.__mro__[1:] if vars(base).get("kind")]
    return [full_digest(cls), [[base["kind"], base["edition"]] for base in bases]]


def _recipes_in(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Recipe]]:
    if isinstance(value, Recipe):
        yield path, value
        yield from (((*path, *below), recipe) for below, recipe in value.within())
    elif isinstance(value, tuple):
        for number, member in enumerate(value):
            yield from _recipes_in(member, (*path, number))


def read_only(given: Any) -> Any:
    """Return an input whose arrays cannot be written to: other jobs are given the same arrays."""
    if isinstance(given, Examples):
        return given.read_only()
    if isinstance(given, Mapping):
        return {name: read_only(part) for name, part in given.items()}
    return given


def _metadata(hint: Any) -> list[Any]:
    """Collect the marks of an annotation, through ``| None`` and ``tuple[…, ...]``."""
    marks = list(getattr(hint, "__metadata__", ()))
    for inner in get_args(hint):
        if not isinstance(inner, RefTo | str | int | type(None)):
            marks += _metadata(inner)
    return marks
