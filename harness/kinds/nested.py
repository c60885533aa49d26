"""Types of fields that hold a recipe or several: a model's layers and its training, as YAML writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, PlainSerializer, SerializationInfo, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.kinds.layer import LayerRecipe
from harness.kinds.recipe import NAMELESS, Recipe
from harness.kinds.registry import kinds
from harness.kinds.training import TrainingRecipe
from harness.naming import unknown

NESTED = "nested"
"""Type of an error that holds the errors of a nested value, its model and the step to its fields."""


def build_recipe(group: str, kind: str, fields: Any, step: tuple[str, ...]) -> Recipe:
    """Return a recipe from its kind and its fields.

    Args:
        group: the group of kinds.
        kind: name of the kind.
        fields: its fields as plain data.
        step: what leads from the value as written to its fields.

    Raises:
        PydanticCustomError: with what is wrong.
    """
    known = kinds(group)
    if kind not in known:
        raise PydanticCustomError("value_error", "{what}", {"what": unknown("kind", kind, known)})
    try:
        return known[kind].model_validate_json(json.dumps(fields))
    except ValidationError as error:
        raise within(kind, known[kind], error, step) from error


def within(kind: str, model: type[BaseModel], error: ValidationError, step: tuple[str, ...]) -> PydanticCustomError:
    """Return one error that holds those of a value within a value; ``validate`` reports each at its own place.

    Args:
        kind: what the value within is called.
        model: its class.
        error: what is wrong with it.
        step: what leads from the value as written to its fields.
    """
    found = error.errors(include_url=False, include_input=False)
    what = "; ".join(f"{'.'.join(map(str, (kind, *each['loc'])))}: {each['msg']}" for each in found)
    return PydanticCustomError(NESTED, "{what}", {"what": what, "model": model, "errors": found, "step": step})


def _tagged(group: str, value: Any) -> Any:
    """Read ``kind`` or ``{kind: {fields}}``."""
    if isinstance(value, Recipe):
        return value
    if isinstance(value, str):
        return build_recipe(group, value, {}, ())
    if not isinstance(value, Mapping) or len(value) != 1:
        example = {"layers": "dense: {units: 10}", "optimizers": "sgd: {learning_rate: 0.1}"}[group]
        raise PydanticCustomError("value_error", "{what}", {"what": f"expected one kind with its fields, as {example}"})
    ((kind, fields),) = value.items()
    return build_recipe(group, kind, {} if fields is None else fields, (kind,))


def _kinded(group: str, value: Any) -> Any:
    """Read ``{kind: …, fields}``."""
    if isinstance(value, Recipe):
        return value
    if not isinstance(value, Mapping) or not isinstance(value.get("kind"), str):
        raise PydanticCustomError("value_error", "{what}", {"what": "expected {kind: …, and the kind's fields}"})
    fields = {name: each for name, each in value.items() if name != "kind"}
    return build_recipe(group, value["kind"], fields, ())


def _fields(recipe: Recipe, info: SerializationInfo) -> dict[str, Any]:
    left_out = set(recipe.references()) if info.context == NAMELESS else None
    return recipe.model_dump(mode="json", exclude=left_out, context=info.context)


def _write_tagged(recipe: Recipe, info: SerializationInfo) -> dict[str, Any]:
    return {recipe.kind: _fields(recipe, info)}


def _write_kinded(recipe: Recipe, info: SerializationInfo) -> dict[str, Any]:
    return {"kind": recipe.kind, **_fields(recipe, info)}


Layer = Annotated[
    LayerRecipe,
    BeforeValidator(lambda value: _tagged("layers", value)),
    PlainSerializer(_write_tagged),
    WithJsonSchema({"nested": "layers"}),
]
"""A layer, as ``kind: {fields}``."""
Layers = tuple[Layer, ...]
"""Layers, first to last."""
Training = Annotated[
    TrainingRecipe,
    BeforeValidator(lambda value: _kinded("trainings", value)),
    PlainSerializer(_write_kinded),
    WithJsonSchema({"nested": "trainings"}),
]
"""A training, as ``{kind: …, fields}``."""
