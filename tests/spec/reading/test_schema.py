from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from harness.kinds import registry
from harness.report.verdict_types import DOCUMENTS
from harness.spec.claim import Expected, Measure
from harness.spec.reading.node import Problems
from harness.spec.reading.schema import schema_files
from harness.spec.reading.yaml import read

ROOT = Path(__file__).resolve().parents[3]
PACKED = sorted((ROOT / "specs").rglob("*.yaml"))


@pytest.fixture
def real(monkeypatch):
    """Register the real kinds in place of the toys."""
    monkeypatch.undo()
    registry.discover()


def validator(name):
    schema = json.loads(schema_files()[f"{name}.schema.json"])
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def complaints(path):
    name = "claims" if path.parent.name == "claims" else path.stem
    return [
        f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(read(path, Problems()).plain())
    ]


def test_the_schemas_accept_a_right_pack(pack):
    for path in pack.folder.rglob("*.yaml"):
        assert complaints(path) == []


def test_the_schemas_accept_what_has_no_claim_whose_attack_is_taken_and_what_is_left_out(pack):
    small = '  small: {label: Small, model: small, printed: ["7.4", "0.062"]}'
    pack.edit("claims/table-1.yaml", small, f'{small}\n  maxout: {{printed: ["0.9", null], not_expressible: no}}')
    pack.edit("claims/table-1.yaml", "label: Error, ", "label: Error, attack: none, ")
    pack.edit("paper.yaml", "seed: 7\n", "seed: 7\nprinted_numbers: {table-5: 12}\n")
    assert pack.mistakes() == []
    for path in pack.folder.rglob("*.yaml"):
        assert complaints(path) == []


@pytest.mark.parametrize("path", PACKED, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_schemas_accept_the_packs_that_come_with_harness(path, real):
    assert complaints(path) == []


def test_the_committed_schemas_are_current(real):
    folder = ROOT / "schemas"
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")} == schema_files(DOCUMENTS)


WRONG = {
    "an unknown kind": ("models.yaml", "kind: toy-net, train_on: toy/train", "kind: toy-nt, train_on: toy/train"),
    "a field another kind has": ("attacks.yaml", "{kind: toy-solve}", "{kind: toy-solve, iterations: 3}"),
    "a misspelt field": ("models.yaml", "width: 9", "widht: 9"),
    "a number out of bounds": ("models.yaml", "width: 9", "width: 10"),
    "a missing field": ("models.yaml", ", train_on: part/first", ""),
    "a name that is none": ("models.yaml", "large:", "Large Net:"),
    "a bare number in print": ("claims/table-1.yaml", '"7.4"', "7.40"),
    "a metric that is none": ("claims/table-1.yaml", "metric: toy-size", "metric: toy-sise"),
    "a margin without a reason": ("claims/table-1.yaml", "{relative: 0.1, because: b}", "{relative: 0.1}"),
    "a relation that is none": ("claims/prose.yaml", "relation: all", "relation: al"),
    "a key that is none": ("claims/prose.yaml", "crafted_on: small", "crafted_an: small"),
    "an other that names a limit": ("claims/prose.yaml", "other: {attack: alike}", "other: {limit: solve}"),
    "a table without rows": ("claims/table-1.yaml", "rows:", "claims:"),
    "a data set of no kind": ("paper.yaml", "{kind: toy}", "{kind: toi}"),
    "another format": ("paper.yaml", "format: 1", "format: 2"),
    "a count of nothing left out": ("paper.yaml", "seed: 7\n", "seed: 7\nprinted_numbers: {table-5: 0}\n"),
    "a reason that is none": ("claims/table-1.yaml", "label: Error, ", "label: Error, not_expressible: 3, "),
    "a budget without runs": ("paper.yaml", "audit: {runs: 3}", "audit: {}"),
}


@pytest.mark.parametrize("edit", WRONG.values(), ids=WRONG.keys())
def test_the_schemas_refuse_what_lint_refuses(pack, edit):
    pack.edit(*edit)
    assert complaints(pack.folder / edit[0]) != []
    assert pack.mistakes() != []


def test_every_field_of_a_kind_is_described_in_its_own_words():
    described = validator("models").schema["definitions"]["Net"]
    assert described["properties"]["width"]["description"] == "Units of each layer."
    assert described["properties"]["kind"] == {"const": "toy-net"}
    assert described["additionalProperties"] is False


def test_every_key_of_a_claim_is_in_the_schema():
    keys = set(validator("claims").schema["definitions"]["Listed"]["properties"])
    assert keys >= (set(Measure.model_fields) | set(Expected.model_fields)) - {"options"}
    assert keys >= {"says", "primary", "deviates_because", "same_as", "other"}
