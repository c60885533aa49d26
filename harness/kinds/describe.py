"""Descriptions of the kinds a spec may name, made from the recipes' own fields."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from harness.errors import UsageError
from harness.kinds.field_types import field_type
from harness.kinds.recipe import Recipe
from harness.kinds.registry import ROOMS, kinds
from harness.naming import unknown


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
        room: the plugin room: datasets, models, attacks or metrics.
        kind: the name a spec gives it by.
        doc: the first line of its docstring.
        more: the rest of its docstring, paragraphs kept.
        fields: its fields, inherited ones first.
        package: the package that offers it, with its version; empty where it is harness.
    """

    room: str
    kind: str
    doc: str
    more: str
    fields: tuple[Field, ...]
    package: str = ""


def describe(room: str | None = None) -> tuple[Kind, ...]:
    """Describe every kind of one room, or of all, in alphabetical order; the kinds must be registered.

    Raises:
        UsageError: for a room there is not.
    """
    if room is not None and room not in ROOMS:
        raise UsageError(unknown("room", room, ROOMS))
    rooms = ROOMS if room is None else (room,)
    return tuple(_kind(name, kind, cls) for name in rooms for kind, cls in kinds(name).items())


def _kind(room: str, kind: str, cls: type[Recipe]) -> Kind:
    # inspect.getdoc would fall back on the base's docstring, which says nothing of the kind.
    first, _, more = inspect.cleandoc(cls.__doc__ or "").partition("\n")
    fields = tuple(_field(name, info) for name, info in cls.model_fields.items())
    return Kind(room, kind, first, more.strip(), fields, " ".join(cls.offered_by).strip())


def _field(name: str, info: FieldInfo) -> Field:
    required = info.is_required()
    default = "" if required else as_yaml(info.get_default(call_default_factory=True))
    return Field(name, field_type(info), required, default, " ".join((info.description or "").split()))


def as_yaml(value: Any) -> str:
    """Return a default as one would write it in a spec."""
    if isinstance(value, BaseModel):
        kind = getattr(value, "kind", "")
        fields = value.model_dump(mode="json")
        return json.dumps({kind() if callable(kind) else kind: fields} if kind else fields)
    if isinstance(value, tuple | list):
        return f"[{', '.join(as_yaml(member) for member in value)}]"
    if isinstance(value, str | float):
        return str(value)
    return json.dumps(to_jsonable_python(value))
