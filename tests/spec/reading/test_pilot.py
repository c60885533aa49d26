"""pilot.yaml: what is written is read back, and what a hand has broken is told with its place."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from harness.spec.paper import Pilot
from harness.spec.reading.folder import PILOT
from harness.spec.reading.node import Problems
from harness.spec.reading.pilot import pilot_text, rounded
from harness.spec.reading.schema import schema_files
from harness.spec.reading.yaml import read

LINE = 'table-1/small/error: {sd: 0.25, runs: 5, inputs: "0123456789012345"}\n'
numbers = st.floats(0, 1e100)
pilots = st.builds(
    Pilot,
    sd=numbers,
    images_sd=st.none() | numbers,
    other=st.none() | st.floats(-1e100, 1e100),
    runs=st.integers(3, 999),
    inputs=st.text("0123456789abcdef", min_size=16, max_size=16),
)


def test_a_pack_may_be_without_a_pilot(pack):
    assert pack.load().paper.pilot == {}


def test_a_pack_keeps_its_pilot_by_claim(pack):
    assert pack.write(PILOT, LINE).load().paper.pilot == {
        "table-1/small/error": Pilot(sd=0.25, runs=5, inputs="0123456789012345")
    }


@given(
    st.dictionaries(
        st.sampled_from(["table-1/small/error", "table-1/small/size", "prose/all-found"]), pilots, min_size=1
    )
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_back_to_six_digits_whatever_the_digest_looks_like(pack, found):
    kept = pack.write(PILOT, pilot_text(found)).load().paper.pilot
    assert kept == {claim: rounded(pilot) for claim, pilot in found.items()}
    assert pilot_text(kept) == pilot_text(found)


@given(pilots)
def test_rounding_moves_no_number_by_more_than_a_millionth(pilot):
    near = rounded(pilot)
    assert near.sd == pytest.approx(pilot.sd, rel=1e-5, abs=0)
    assert rounded(near) == near


FIELDS = "sd, images_sd, other, runs, inputs"
MISTAKES = {
    "a claim the pack does not make": (
        ("table-1/small/error", "table-1/smal/error"),
        (
            "pilot.yaml:1:1: table-1/smal/error: unknown claim 'table-1/smal/error'; did you mean 'table-1/small/error'?; "
            "if the claim is gone, delete the line"
        ),
    ),
    "a negative spread": (
        ("sd: 0.25", "sd: -0.25"),
        "pilot.yaml:1:27: table-1/small/error.sd: expected a number from 0 to 1e+100; found the number -0.25",
    ),
    "a spread that is no number": (
        ("sd: 0.25", "sd: wide"),
        "pilot.yaml:1:27: table-1/small/error.sd: expected a number from 0 to 1e+100; found the text 'wide'",
    ),
    "a spread without end": (
        ("sd: 0.25", "sd: .inf"),
        "pilot.yaml:1:27: table-1/small/error.sd: expected a finite number, found .inf",
    ),
    "a field that is none": (
        ("sd: 0.25", "sd: 0.25, image_sd: 1"),
        "pilot.yaml:1:33: table-1/small/error.image_sd: unknown field; did you mean 'images_sd'?",
    ),
    "two runs": (
        ("runs: 5", "runs: 2"),
        "pilot.yaml:1:39: table-1/small/error.runs: expected a whole number of at least 3; found the number 2",
    ),
    "a digest that lost its quotes": (
        ('"0123456789012345"', "0123456789012345"),
        (
            "pilot.yaml:1:50: table-1/small/error.inputs: expected text that is not empty; found the number "
            '0123456789012345; put it in quotes: "0123456789012345"'
        ),
    ),
    "a line that is no mapping": (
        ('{sd: 0.25, runs: 5, inputs: "0123456789012345"}', "0.25"),
        f"pilot.yaml:1:22: table-1/small/error: expected a mapping with {FIELDS}; found the number 0.25",
    ),
    "a line cut short": (
        (LINE, LINE[:40]),
        (
            "pilot.yaml:1:41: not YAML: expected the node content, but found '<stream end>' while parsing a flow node; "
            "the file ends too early: check that every bracket is closed"
        ),
    ),
    "an empty file": ((LINE, ""), "pilot.yaml: the file is empty; write its content, or delete it"),
    "a list": ((LINE, "- 1\n"), "pilot.yaml:1:1: expected 'name: value' lines; found a list"),
    "a claim written twice": (
        (LINE, LINE + LINE),
        "pilot.yaml:2:1: table-1/small/error: written twice (first in line 1); keep one of the two",
    ),
}


@pytest.mark.parametrize(("edit", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_answered_with_place_and_repair(pack, edit, told):
    assert pack.write(PILOT, LINE).edit(PILOT, *edit).mistakes() == [told]


def test_a_missing_field_is_told_with_its_meaning(pack):
    (told,) = pack.write(PILOT, LINE).edit(PILOT, "runs: 5, ", "").mistakes()
    assert told.startswith("pilot.yaml:1:1: table-1/small/error.runs: missing; expected a whole number of at least 3")


def test_claims_are_not_held_against_a_file_of_claims_that_cannot_be_read(pack):
    told = pack.write(PILOT, LINE).write("claims/table-1.yaml", "title: 'open").mistakes()
    assert [line.split(":")[0] for line in told] == ["claims/table-1.yaml"]


def schema_complaints(file):
    validator = Draft7Validator(json.loads(schema_files()["pilot.schema.json"]))
    return list(validator.iter_errors(read(file, Problems()).plain()))


def test_the_schema_accepts_what_is_written_and_refuses_what_lint_refuses(pack):
    file = pack.folder / PILOT
    assert schema_complaints(pack.write(PILOT, LINE).folder / PILOT) == []
    for edit in ("a negative spread", "a field that is none", "two runs", "a digest that lost its quotes"):
        pack.write(PILOT, LINE).edit(PILOT, *MISTAKES[edit][0])
        assert len(schema_complaints(file)) == 1
