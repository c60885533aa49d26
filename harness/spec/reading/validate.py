"""Validates a node with pydantic; each error becomes a problem at its own place, in plain words."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from harness.kinds.digest import is_outside
from harness.kinds.entry_points import type_and_first_line
from harness.kinds.field_types import alternatives, field_type, wanted
from harness.kinds.nested import NESTED
from harness.naming import known_names, nearest
from harness.spec.reading.node import Node, Place, Problems
from harness.spec.reading.wording import found, repair
from harness.spec.rules.entries import KIND_REFUSES, MISSING_FIELD, UNKNOWN_FIELD, WRONG_VALUE

M = TypeVar("M", bound=BaseModel)
Missing = Callable[[str], Place]
"""Where to report that a key is missing."""


def validate(model: type[M], node: Node, problems: Problems, missing: Missing | None = None) -> M | None:
    """Validate a mapping.

    Args:
        model: the pydantic model.
        node: what was written.
        problems: receives every mistake.
        missing: where to report a missing key of the mapping itself; by default at the mapping's own key.

    Returns:
        The value, or None if anything was wrong.
    """
    if not isinstance(node.value, dict):
        problems.at(node, WRONG_VALUE, f"expected a mapping with {', '.join(model.model_fields)}; found {found(node)}")
        return None
    try:
        # As JSON, because strict models then accept a list for a tuple and text for a path, as in YAML.
        return model.model_validate_json(json.dumps(node.plain()))
    except ValidationError as error:
        _report(model, node, error.errors(include_url=False, include_input=False), problems, missing)
        return None
    except Exception as error:
        if not is_outside(model):
            raise
        problems.at(node, KIND_REFUSES, f"the kind refuses these fields: {type_and_first_line(error)}")
        return None


def _report(
    model: type[BaseModel], node: Node, errors: list[ErrorDetails], problems: Problems, missing: Missing | None
) -> None:
    """Report each error once for its place; the errors of a union's members are combined."""
    nested = [error for error in errors if error["type"] == NESTED]
    errors = [error for error in errors if error["type"] != NESTED]
    for error in nested:
        _within(model, node, error, problems)
    located: dict[tuple[int, str], list[tuple[ErrorDetails, _Stop]]] = defaultdict(list)
    for error in errors:
        stop = _Stop(node, model)
        for step in error["loc"][: -1 if error["type"] == "missing" else None]:
            stop = stop.step(step)
        lacks_field = error["type"] == "missing" and isinstance(
            error["loc"][-1], str
        )  # a list that is too short lacks a member
        label = str(error["loc"][-1]) if lacks_field else ""
        located[id(stop.node), label].append((error, stop))
    deepest = [stop.trail for found_here in located.values() for _, stop in found_here]
    for (_, label), found_here in located.items():
        error, stop = found_here[0]
        if label:
            place = missing(label) if missing and stop.node is node else stop.node.key
            problems.at_place(place.within(label), MISSING_FIELD, _missing(label, stop.annotation))
        elif _is_union(stop.annotation) and any(other[: len(stop.trail)] == stop.trail != other for other in deepest):
            continue  # one member of a union got further and has the more precise error
        else:
            _say(error, stop, problems, union=len(found_here) > 1)


def _within(model: type[BaseModel], node: Node, error: ErrorDetails, problems: Problems) -> None:
    """Report mistakes in a nested recipe at its own place."""
    stop = _Stop(node, model)
    for step in (*error["loc"], *error["ctx"]["step"]):
        stop = stop.step(step)
    inner = stop.node
    if not error["ctx"]["step"] and "kind" in inner.entries:
        inner = inner.with_entries({name: each for name, each in inner.entries.items() if name != "kind"})
    _report(error["ctx"]["model"], inner, error["ctx"]["errors"], problems, None)


class _Stop:
    """A position on the way along a pydantic location: the node and the annotation that it must satisfy."""

    def __init__(self, node: Node, annotation: Any, metadata: list[Any] | None = None, *trail: str | int) -> None:
        self.node, self.annotation, self.metadata, self.trail = node, annotation, metadata or [], trail
        self.parent: Any = None

    def step(self, step: str | int) -> _Stop:
        """Follow one step; a step that is not a key here names a member of a union and is skipped."""
        below: Node | None = None
        if isinstance(step, str):
            below = self.node.entries.get(step)
        elif step < len(self.node.members):
            below = self.node.members[step]
        if below is None:
            return self
        annotation, metadata = _below(self.annotation, step)
        stop = _Stop(below, annotation, metadata, *self.trail, step)
        stop.parent = self.annotation
        return stop


def _below(annotation: Any, step: str | int) -> tuple[Any, list[Any]]:
    """Return the annotation (and its metadata) one step below another; Any if unknown."""
    for member in alternatives(annotation):
        origin, arguments = get_origin(member), get_args(member)
        if isinstance(member, type) and issubclass(member, BaseModel):
            if isinstance(step, str) and step in member.model_fields:
                field = member.model_fields[step]
                return field.annotation, list(field.metadata)
        elif origin is dict and isinstance(step, str):
            return arguments[1], []
        elif origin in {tuple, list} and isinstance(step, int):
            fixed = origin is tuple and Ellipsis not in arguments
            return (arguments[min(step, len(arguments) - 1)] if fixed else arguments[0]), []
    return Any, []


def _is_union(annotation: Any) -> bool:
    return len(alternatives(annotation)) > 1


def _model(annotation: Any) -> type[BaseModel] | None:
    return next((m for m in alternatives(annotation) if isinstance(m, type) and issubclass(m, BaseModel)), None)


def _missing(label: str, annotation: Any) -> str:
    model = _model(annotation)
    if model is None or label not in model.model_fields:
        return f"missing; write '{label}: …'"
    field = model.model_fields[label]
    meaning = " ".join((field.description or "").split()).rstrip(".")
    explanation = f" ({meaning[0].lower()}{meaning[1:]})" if meaning else ""
    return f"missing; expected {field_type(field)}{explanation}"


def _say(error: ErrorDetails, stop: _Stop, problems: Problems, *, union: bool) -> None:
    """Report one pydantic error in plain words."""
    kind, node = error["type"], stop.node
    if kind == "extra_forbidden":
        model = _model(stop.parent)
        name = str(stop.trail[-1]) if stop.trail else ""
        problems.at_key(node, UNKNOWN_FIELD, unknown_field(name, list(model.model_fields) if model else []))
    elif kind in {"value_error", "assertion_error"} and not union:
        # pydantic puts its own words only before the text of an error that Python raised.
        problems.at(node, KIND_REFUSES, error["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, "))
    elif stop.annotation is Any:
        problems.at(node, WRONG_VALUE, f"{error['msg'][:1].lower()}{error['msg'][1:]}; found {found(node)}")
    else:
        hint = _near_literal(error, node) or repair(node, stop.annotation)
        problems.at(node, WRONG_VALUE, f"expected {wanted(stop.annotation, stop.metadata)}; found {found(node)}{hint}")


def _near_literal(error: ErrorDetails, node: Node) -> str:
    if error["type"] != "literal_error" or not isinstance(node.value, str):
        return ""
    choices = error["ctx"]["expected"].replace(" or ", ", ").split(", ")
    near = nearest(node.value, [choice.strip("'") for choice in choices])
    return f"; did you mean {near!r}?" if near else ""


def unknown_field(name: str, known: list[str]) -> str:
    """Say that a field is unknown; suggest the nearest field, or list the known ones."""
    if ":" in name:
        return "unknown field; write a space after the colon"
    near = nearest(name, known)
    return f"unknown field; did you mean {near!r}?" if near else f"unknown field; {known_names(known, 'field')}"
