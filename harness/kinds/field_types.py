"""Describes in words what values a field of a recipe takes, bounds included."""

from __future__ import annotations

import json
from collections.abc import Iterable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, GroupedMetadata, Gt, Le, Lt, MaxLen, MinLen, MultipleOf
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from harness.kinds.recipe import RefTo

_PLAIN: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    NoneType: "null",
    Any: "anything",
}


_REFERENCES = {"datasets": "data set", "models": "model", "attacks": "attack"}
"""Group of kinds -> the noun for one of them."""


def noun(group: str) -> str:
    """Return the singular noun for the kinds of a group."""
    return _REFERENCES.get(group, group.removesuffix("s"))


def field_type(field: FieldInfo) -> str:
    """Say what a field takes, bounds included: ``a whole number of at least 1, or null``."""
    return wanted(field.annotation, field.metadata)


def wanted(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    """Say what an annotation takes."""
    marks = _flat(metadata)
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return wanted(inner, [*more, *marks])
    reference = next((mark for mark in marks if isinstance(mark, RefTo)), None)
    if get_origin(annotation) in {Union, UnionType}:
        members = [member for member in get_args(annotation) if member is not NoneType]
        text = ", or ".join(wanted(member, marks) for member in members)
        return f"{text}, or null" if NoneType in get_args(annotation) else text
    if chosen := next((mark.written_as for mark in marks if hasattr(mark, "written_as")), ""):
        return str(chosen)
    if reference is not None:
        whole = reference.whole or reference.group != "datasets"
        return f"the name of {_article(noun(reference.group))}" if whole else "a split, as data-set/split"
    return _unbounded(annotation) + _bounds(annotation, marks)


def _unbounded(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        words = [json.dumps(each) if isinstance(each, bool) else str(each) for each in arguments]
        return "one of " + ", ".join(words) if len(words) > 1 else words[0]
    if origin in {tuple, list, frozenset, set} and arguments:
        members = [argument for argument in arguments if argument is not Ellipsis]
        if len(members) == 1:
            return f"a list, each member {wanted(members[0])}"
        return "a list of " + ", then ".join(wanted(member) for member in members)
    if origin is dict and arguments[1] is Any:
        return "a mapping"
    if origin is dict:
        return f"a mapping from name to {wanted(arguments[1])}"
    if written := getattr(annotation, "written_as", ""):
        return str(written)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"a mapping with {', '.join(annotation.model_fields)}"
    return _PLAIN.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _bounds(annotation: Any, marks: Iterable[Any]) -> str:
    """Say the bounds: `` of at least 1``, `` from 1 to 9``."""
    number = annotation in {int, float}
    marks = list(marks)
    words = []
    ends = ([mark.ge for mark in marks if isinstance(mark, Ge)], [mark.le for mark in marks if isinstance(mark, Le)])
    if all(ends):
        words.append(f"from {ends[0][0]} to {ends[1][0]}")
        marks = [mark for mark in marks if not isinstance(mark, Ge | Le)]
    for mark in marks:
        if isinstance(mark, Ge):
            words.append(f"of at least {mark.ge}")
        elif isinstance(mark, Gt):
            words.append(f"above {mark.gt}")
        elif isinstance(mark, Le):
            words.append(f"of at most {mark.le}")
        elif isinstance(mark, Lt):
            words.append(f"below {mark.lt}")
        elif isinstance(mark, MultipleOf):
            words.append(f"that is a multiple of {mark.multiple_of}")
        elif isinstance(mark, MinLen) and mark.min_length:
            words.append("that is not empty" if mark.min_length == 1 else f"of length {mark.min_length} or more")
        elif isinstance(mark, MaxLen) and not number:
            words.append(f"of length {mark.max_length} or less")
    return " " + " and ".join(words) if words else ""


def _flat(metadata: Iterable[Any]) -> list[Any]:
    """Unpack grouped bounds such as Interval, and those of a ``Field`` within an annotation."""
    flat: list[Any] = []
    for mark in metadata:
        if isinstance(mark, FieldInfo):
            flat += _flat(mark.metadata)
        else:
            flat += list(mark) if isinstance(mark, GroupedMetadata) else [mark]
    return flat


def _article(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def alternatives(annotation: Any) -> list[Any]:
    """Return the members of a union, annotations unpacked."""
    if get_origin(annotation) is Annotated:
        return alternatives(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        return [inner for member in get_args(annotation) for inner in alternatives(member)]
    return [annotation]
