"""Checks of another package's kind: its fields can be described, and a recipe of it can be planned."""

from __future__ import annotations

import json
import math
from typing import Any

from pydantic_core import to_jsonable_python

from harness.errors import UsageError
from harness.kinds.attack import AttackRecipe
from harness.kinds.contract import described
from harness.kinds.entry_points import type_and_first_line
from harness.kinds.metric import MetricRecipe
from harness.kinds.model import ModelRecipe
from harness.kinds.recipe import Recipe


def check_fields(cls: type[Recipe]) -> None:
    """Raise UsageError unless every field has a type a spec can write, and a default JSON can hold."""
    try:
        for info in cls.model_fields.values():
            if not info.is_required():
                json.dumps(to_jsonable_python(info.get_default(call_default_factory=True)), allow_nan=False)
        cls.references()
        cls.model_json_schema()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # fields of another package may raise any error
        raise UsageError(
            f"{cls.group}: kind {cls.kind!r} ({cls.__name__}) has fields that cannot be written in a pack: {type_and_first_line(error)}"
        ) from error


def complaint(recipe: Recipe) -> str:
    """Say why a recipe cannot be planned; empty if it can."""
    what = f"the kind {recipe.kind!r} cannot be planned: "
    try:
        json.dumps(recipe.fields(), allow_nan=False)
        draws: Any = recipe.random
        seconds: Any = recipe.seconds
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  another package's properties may fail in any way
        return what + type_and_first_line(error)
    if not isinstance(draws, bool):
        return f"{what}random: expected true or false, found {described(draws)}"
    if not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        return f"{what}seconds: expected a number of at least 0, found {described(seconds)}"
    return ""


def unmeasurable(metric: MetricRecipe, models: int, classes: int | None) -> str:
    """Say why a metric cannot be measured on so many models and classes, or that its author's answer cannot be used."""
    try:
        answer: Any = metric.cannot(models, classes)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  same
        return f"the kind {metric.kind!r} cannot say what it needs: {type_and_first_line(error)}"
    return (
        answer
        if isinstance(answer, str)
        else f"cannot: expected a sentence or an empty text, found {described(answer)}"
    )


def applies(attack: AttackRecipe, model: ModelRecipe) -> bool | str:
    """Return whether an attack can be made for models of a recipe, or why its author's answer cannot be used."""
    try:
        answer: Any = attack.applies_to(model)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  same
        return f"the kind {attack.kind!r} cannot say whether it applies to {model.kind!r}: {type_and_first_line(error)}"
    return bool(answer)
