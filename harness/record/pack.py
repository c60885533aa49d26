"""The pack of a record, as it was when measured: a spec that can be planned again without the YAML files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.errors import RecordError
from harness.kinds.recipe import Recipe
from harness.kinds.registry import kinds
from harness.naming import unknown
from harness.record.model import Record
from harness.spec.paper import Spec

GROUP_OF = {"data": "datasets", "models": "models", "attacks": "attacks"}
"""Part of a record's recipes -> the group of their kinds."""


def spec_of(record: Record) -> Spec:
    """Return the pack in a record: its paper under the chosen readings and its budget, and every recipe.

    Raises:
        RecordError: if a recipe's kind is not installed here, or does not have its fields; names them.
    """
    recipes = {
        part: {name: _recipe(record, part, name, fields) for name, fields in record.recipes.get(part, {}).items()}
        for part in GROUP_OF
    }
    return Spec.model_validate({"folder": Path(record.invocation.pack), "paper": record.paper, **recipes})


def _recipe(record: Record, part: str, name: str, fields: dict[str, Any]) -> Recipe:
    known, kind = kinds(GROUP_OF[part]), str(fields.get("kind"))
    where = f"the record of {record.paper.name}: {part}.{name}"
    if kind not in known:
        raise RecordError(
            f"{where}: {unknown('kind', kind, known)}; install the package that has it, in the record's version"
        )
    try:
        return known[kind].model_validate_json(json.dumps({key: each for key, each in fields.items() if key != "kind"}))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise RecordError(
            f"{where}.{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}; plan it with the version of "
            f"harness that wrote the record: {record.harness}"
        ) from error
