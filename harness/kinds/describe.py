"""Descriptions of the kinds a spec may name, made from the recipes' own fields."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from harness.errors import UsageError
from harness.kinds.field_types import field_type
from harness.kinds.recipe import Recipe
from harness.kinds.registry import GROUPS, kinds, lost
from harness.naming import known_names, nearest, unknown


@dataclass(frozen=True)
class Field:
    """One field of a kind.

    Attributes:
        name: the key in YAML.
        type: what it takes, in words, bounds included: ``a whole number of at least 1``.
        required: whether it must be given.
        default: the default as written in YAML; empty if the field is required.
        doc: what it means, on one line.
    """

    name: str
    type: str
    required: bool
    default: str
    doc: str


@dataclass(frozen=True)
class Kind:
    """One kind.

    Attributes:
        group: datasets, layers, trainings, models, attacks or metrics.
        kind: the name a spec gives it by.
        doc: the first line of its docstring.
        more: the rest of its docstring, paragraphs kept.
        fields: its fields, inherited ones first.
        package: the package that offers it, with its version; empty where it is harness.
    """

    group: str
    kind: str
    doc: str
    more: str
    fields: tuple[Field, ...]
    package: str = ""


def describe_kinds(names: Sequence[str] = (), besides: Iterable[str] = ()) -> tuple[Kind, ...]:
    """Describe the kinds of the groups and of the names given; all where none is; the kinds must be registered.

    Args:
        names: groups and kinds; a kind that several groups have is described for each.
        besides: other names the caller knows, for the suggestion.

    Raises:
        UsageError: for a name that is neither a group nor a kind, with the one that was probably meant, or the package that
            offers a kind of this name and cannot be used.
    """
    found = describe()
    known = {kind.kind for kind in found} | set(GROUPS)
    for name in names:
        if name not in known:
            elsewhere = next(filter(None, (lost(group, name) for group in GROUPS)), "")
            near = nearest(name, [*known, *besides])
            there = elsewhere or (f"did you mean {near!r}?" if near else known_names([*GROUPS, *besides], "group"))
            raise UsageError(f"{name!r} is neither a group nor a kind; {there}")
    return tuple(kind for kind in found if not names or kind.group in names or kind.kind in names)


def describe(group: str | None = None) -> tuple[Kind, ...]:
    """Describe every kind of one group, or of all, in alphabetical order; the kinds must be registered.

    Raises:
        UsageError: for a group there is not.
    """
    if group is not None and group not in GROUPS:
        raise UsageError(unknown("group", group, GROUPS))
    groups = GROUPS if group is None else (group,)
    return tuple(_kind(name, kind, cls) for name in groups for kind, cls in kinds(name).items())


def _kind(group: str, kind: str, cls: type[Recipe]) -> Kind:
    # inspect.getdoc would return the base's docstring, which does not describe the kind.
    first, _, more = inspect.cleandoc(cls.__doc__ or "").partition("\n")
    return Kind(group, kind, first, more.strip(), fields_of(cls), " ".join(cls.offered_by).strip())


def fields_of(model: type[BaseModel]) -> tuple[Field, ...]:
    """Describe the fields of what is read from a spec, inherited ones first."""
    return tuple(_field(name, info) for name, info in model.model_fields.items())


def _field(name: str, info: FieldInfo) -> Field:
    required = info.is_required()
    default = "" if required else as_yaml(info.get_default(call_default_factory=True))
    return Field(name, field_type(info), required, default, " ".join((info.description or "").split()))


def as_yaml(value: Any) -> str:
    """Return a default as one would write it in a spec."""
    if isinstance(value, BaseModel):
        kind = getattr(value, "kind", "")
        fields, kind = value.model_dump(mode="json"), kind() if callable(kind) else kind
        alone = kind in {"", getattr(value, "group", "")}  # the one kind of its group, such as a sample, is not named
        return json.dumps(fields if alone else {kind: fields})
    if isinstance(value, tuple | list):
        return f"[{', '.join(as_yaml(member) for member in value)}]"
    if isinstance(value, str | float) and value != "":
        return str(value)
    return json.dumps(to_jsonable_python(value))
