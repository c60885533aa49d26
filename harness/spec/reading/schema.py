"""Writes JSON Schemas from the fields of recipes and documents, for editors and other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from harness.kinds.optimizer import Optimizer, Schedule, known
from harness.kinds.recipe import Recipe
from harness.kinds.registry import kinds
from harness.naming import NAME
from harness.spec.claim import Expected, Measure
from harness.spec.paper import Assumption, Pilot, Reading
from harness.spec.reading.assumptions import PaperFile
from harness.spec.reading.keys import ExhibitFile, Own, SentenceKeys
from harness.spec.reading.numerals import NUMBER
from harness.spec.reading.sentences import NUMBERS, ONE_OF

Schema = dict[str, Any]
DIALECT = "http://json-schema.org/draft-07/schema#"
"""The JSON Schema dialect that every editor with YAML support understands."""


def schema_files(documents: Mapping[str, type[BaseModel]] | None = None) -> dict[str, str]:
    """Return file name -> text of every schema; the kinds must be registered.

    Args:
        documents: file name of a schema -> the type of the document that it describes.
    """
    schemas = {
        "paper.schema.json": _paper(),
        "models.schema.json": _entries("models", "The models of a pack by name."),
        "attacks.schema.json": _entries("attacks", "The attacks of a pack by name."),
        "claims.schema.json": _claims(),
        "pilot.schema.json": _pilot(),
        "sentences.schema.json": _sentences(),
        **{name: _document(model) for name, model in (documents or {}).items()},
    }
    return {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in schemas.items()}


def _named(schema: Schema, description: str = "") -> Schema:
    """Return the schema of a mapping from names to values of one type."""
    named: Schema = {
        "type": "object",
        "propertyNames": {"pattern": f"^{NAME.pattern}$"},
        "additionalProperties": schema,
    }
    return named | ({"description": description} if description else {})


def _head(body: Schema, definitions: Schema) -> Schema:
    return {"$schema": DIALECT, **body, "definitions": dict(sorted(definitions.items()))}


def _definitions(models: Iterable[type[BaseModel]]) -> tuple[dict[type[BaseModel], Schema], Schema]:
    """Return a reference for each model, and the definitions that they need."""
    wanted = list(models)
    found, shared = models_json_schema(
        [(model, "validation") for model in wanted], ref_template="#/definitions/{model}"
    )
    references = {model: found[model, "validation"] for model in wanted}
    return references, {name: _tidy(schema) for name, schema in shared.get("$defs", {}).items()}


def _tidy(schema: Any) -> Any:
    """Drop the titles that pydantic generates from field names, and write docstrings on one line."""
    if isinstance(schema, list):
        return [_tidy(member) for member in schema]
    if not isinstance(schema, dict):
        return schema
    tidy: Schema = {}
    for key, value in schema.items():
        if key == "properties":
            tidy[key] = {name: _tidy(inner) for name, inner in value.items()}
        elif key == "description" and isinstance(value, str):
            tidy[key] = " ".join(value.split())
        elif key == "nested":
            tidy["$ref"] = f"#/definitions/nested-{value}"
        elif key == "prefixItems":
            tidy["items"] = _tidy(value)  # draft 7 uses "items" for a tuple's members
        elif key != "title":
            tidy[key] = _tidy(value)
    return tidy


def _group(group: str) -> tuple[Schema, Schema]:
    """Return the schema of one entry of a group, and the definitions it needs."""
    known: dict[str, type[Recipe]] = kinds(group)
    references, definitions = _definitions(known.values())
    for kind, cls in known.items():
        own = definitions[references[cls]["$ref"].rsplit("/", 1)[1]]
        own["properties"] = {"kind": {"const": kind}, **own.get("properties", {})}
        own["required"] = ["kind", *own.get("required", [])]
    choices = [references[cls] for cls in known.values()]
    body: Schema = {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": list(known)}}}
    return body | ({"oneOf": choices} if choices else {}), definitions


def _entries(group: str, description: str) -> Schema:
    entry, definitions = _group(group)
    return _head(_named(entry, description), definitions | _nested(definitions))


def _nested(definitions: Schema) -> Schema:
    """Return the definitions of the recipes and Keras objects that may be nested in recipes, if any."""
    if "nested-" not in json.dumps(definitions):
        return {}
    training, of_trainings = _group("trainings")
    tagged: dict[str, dict[str, type[BaseModel]]] = {
        "layers": dict(kinds("layers")), "optimizers": dict(known(Optimizer)), "schedules": dict(known(Schedule))
    }  # fmt: skip
    found: Schema = {"nested-trainings": training} | of_trainings
    for name, models in tagged.items():
        references, needed = _definitions(models.values())
        fields = {kind: references[model] for kind, model in models.items()}
        one = {
            "type": "object",
            "properties": fields,
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }
        found |= needed | {f"nested-{name}": {"anyOf": [{"enum": list(models)}, one]}}
    return found


def _paper() -> Schema:
    """Return the schema of paper.yaml, whose data sets are recipes."""
    references, definitions = _definitions([PaperFile, Assumption, Reading])
    name = references[PaperFile]["$ref"].rsplit("/", 1)[1]
    body = definitions.pop(name)
    entry, of_data = _group("datasets")
    body["properties"]["data"] = _named(entry, body["properties"]["data"]["description"])
    return _head(body, definitions | of_data)


def _pilot() -> Schema:
    """Return the schema of pilot.yaml, whose keys are ids of claims."""
    references, definitions = _definitions([Pilot])
    of_claims: Schema = {
        "type": "object",
        "description": "The spread between the pilot runs of each claim, by the claim's id.",
        "propertyNames": {"pattern": f"^{NAME.pattern}(?:/{NAME.pattern}){{1,2}}$"},
        "additionalProperties": references[Pilot],
    }
    return _head(of_claims, definitions)


def _document(model: type[BaseModel]) -> Schema:
    """Return the schema of a document that harness writes."""
    references, definitions = _definitions([model])
    return _head(definitions.pop(references[model]["$ref"].rsplit("/", 1)[1]), definitions)


def _sentences() -> Schema:
    """Return the schema of sentences.yaml: what each sentence of the paper states, and how the pack covers it."""
    references, definitions = _definitions([SentenceKeys])
    sentence = definitions[references[SentenceKeys]["$ref"].rsplit("/", 1)[1]]
    sentence["properties"]["printed"] |= {
        "anyOf": [{"type": "string", "pattern": f"^{NUMBER.pattern}$"}, {"type": "null"}]
    }
    sentence["oneOf"] = [{"required": [key]} for key in ONE_OF]
    sentence["dependencies"] = {key: ["not_expressible"] for key in NUMBERS}
    said = "The sentences of the paper that state a number or an order, by name, in the order of the paper."
    return _head(_named(references[SentenceKeys], said), definitions)


def _claims() -> Schema:
    """Return the schema of a file of claims: a table or a list."""
    references, definitions = _definitions([ExhibitFile, Measure, Expected, Own])
    properties = {
        model: definitions.pop(references[model]["$ref"].rsplit("/", 1)[1])["properties"] for model in references
    }
    keys, of_keys = _keys(properties[Measure], properties[Expected], properties[Own])
    label = {"label": {"type": "string", "description": "Its label in the paper; by default its name."}}
    cell = {"anyOf": [keys["printed"], {"$ref": "#/definitions/Cell"}]}
    printed = {"type": "array", "items": cell, "description": "One cell for each column, as printed; null for none."}
    definitions |= of_keys | {
        "Cell": _closed(keys, "A claim, with the keys that it does not share with its row or column."),
        "Column": _closed(label | {key: schema for key, schema in keys.items() if key != "printed"}),
        "Row": _closed(label | keys | {"printed": printed}) | {"required": ["printed"]},
        "Listed": _closed(keys) | {"required": ["says"]},
    }
    head = properties[ExhibitFile]
    shapes = {"columns": "Column", "rows": "Row", "claims": "Listed"}
    named = {
        key: _named({"$ref": f"#/definitions/{target}"}, head[key]["description"]) for key, target in shapes.items()
    }
    body = _closed({"title": head["title"], "source": head["source"], **named}) | {
        "required": ["title", "source"],
        "oneOf": [{"required": ["columns", "rows"]}, {"required": ["claims"]}],
    }
    return _head(body, definitions)


def _keys(measure: Schema, expected: Schema, own: Schema) -> tuple[Schema, Schema]:
    """Return a reference for each key of a claim, and their definitions.

    Each key is defined once and referred to, because it may occur in a cell, a column, a row or a list's member.
    """
    metric, definitions = _group("metrics")
    merged = {key: _nullable(schema) for key, schema in (measure | expected | own).items() if key != "options"}
    names = {"enum": list(kinds("metrics"))}
    merged["metric"] = merged["metric"] | {"anyOf": [names, metric, {"type": "null"}]}
    number = {"type": "string", "pattern": f"^{NUMBER.pattern}$"}
    for key in ("printed", "printed_sd"):
        merged[key] = merged[key] | {"anyOf": [number, {"type": "null"}]}
    keys = {key: {"$ref": f"#/definitions/key-{key}"} for key in merged}
    replaceable = {key: keys[key] for key in measure if key not in {"options", "limit"}}
    merged["other"] = _nullable(_closed(replaceable, own["other"]["description"]))
    return keys, definitions | {f"key-{key}": schema for key, schema in merged.items()}


def _closed(properties: Schema, description: str = "") -> Schema:
    """Return the schema of a mapping with these keys and no others."""
    closed: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return closed | ({"description": description} if description else {})


def _nullable(schema: Schema) -> Schema:
    """Allow null for a key, which unsets the value from a row, a column or the measure."""
    inner = {key: value for key, value in schema.items() if key not in {"description", "default"}}
    outer = {key: value for key, value in schema.items() if key in {"description", "default"}}
    if {"type": "null"} in inner.get("anyOf", ()):
        return schema
    members = inner["anyOf"] if set(inner) == {"anyOf"} else [inner]
    return {**outer, "anyOf": [*members, {"type": "null"}]}
