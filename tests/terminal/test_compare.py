"""What `harness compare` and another question print: who is A, what differs, what changed; and the exit status."""

import hashlib
import json

import pytest
from click.testing import CliRunner
from records import NEAR, claim, measured, record

from harness.cli import main
from harness.record.file import write

FAR = (0.0841, 0.0839, 0.0843)


def call(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def kept(tmp_path):
    """Write a record of one claim with these values; return the folder of its report."""

    def made(name, values, **given):
        found = record((claim(), measured("t/c", values, inputs=name)), **given)
        write(found, tmp_path / name / "record")
        return tmp_path / name

    return made


def digests(folder):
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def test_a_record_beside_itself_ends_with_0_and_nothing_recorded_differs(kept):
    one = kept("one", NEAR)
    result = call("compare", one, one)
    assert result.exit_code == 0, result.output
    for words in ("nothing recorded differs", "1 same", "no claim really changed"):
        assert words in result.output


def test_a_real_change_ends_with_1_and_is_named_with_what_differs(kept):
    result = call("compare", kept("one", NEAR), kept("two", FAR, seed=7, digests={"d": "ff"}))
    assert result.exit_code == 1, result.output
    for words in ("seed", "data d", "differs", "the verdict flipped", "1 claim really changed: t/c"):
        assert words in result.output


def test_what_is_no_record_ends_with_2(kept, tmp_path):
    assert call("compare", kept("one", NEAR), tmp_path / "nowhere").exit_code == 2
    assert call("compare", kept("one", NEAR)).exit_code == 2


def test_another_question_is_said_in_the_first_line_and_writes_nothing(kept, tmp_path):
    folder = kept("one", FAR)
    before = digests(tmp_path)
    assert call("judge", folder).exit_code == 1
    result = call("judge", folder, "--margin", "t/*=3", "--alpha", "0.02")
    assert result.exit_code == 0, result.output
    first, *_, last, _ = result.output.splitlines()
    assert first.startswith(
        "Another question: margin of 1 claim ±3 points instead of ±0.5 points; alpha 0.02 instead of"
    )
    assert last == "1 REPRODUCED, to another question than the record's own"
    assert "another-question" in result.output
    assert digests(tmp_path) == before
    assert call("judge", folder).exit_code == 1


def test_the_record_s_own_margin_asked_for_is_no_other_question(kept):
    folder = kept("one", NEAR)
    assert call("judge", folder, "--margin", "t/c=0.5", "--alpha", "0.05").output == call("judge", folder).output
    asked = json.loads(call("judge", folder, "--margin", "t/c=0.5", "--json").stdout)
    assert asked["question"] is None


@pytest.mark.parametrize("words", [("--margin", "t/c"), ("--margin", "=1"), ("--margin", "t/c=")])
def test_a_margin_without_pattern_or_width_is_a_usage_error_with_an_example(kept, words):
    result = call("judge", kept("one", NEAR), *words)
    assert result.exit_code == 2
    assert "expected PATTERN=WIDTH, such as 'table-1/*=0.3'" in result.stderr
