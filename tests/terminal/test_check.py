"""What `harness check` prints, and its exit status."""

import json
import re
import shutil

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.report.manifest import NAME
from harness.terminal import check as check_module


def call(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def folder(reported, tmp_path):
    shutil.copytree(reported, tmp_path / "copy")
    return tmp_path / "copy"


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_report_that_is_as_it_was_ends_with_0_says_what_was_compared_and_writes_nothing(folder):
    before = contents(folder)
    result = call("check", folder)
    assert result.exit_code == 0, result.output
    first, second = result.output.splitlines()
    assert first.startswith(f"{folder}: 8 files match the manifest; ")
    assert first.endswith("verdicts, judged again, match the files")
    assert second.startswith("SHA-256 of its manifest: ")
    assert contents(folder) == before


def test_each_touched_missing_and_added_file_is_named_and_ends_with_1(folder):
    (folder / "junit.xml").write_text("other")
    (folder / "index.html").unlink()
    (folder / "[red]odd\x1b[31m\n").write_text("")
    result = call("check", folder)
    assert result.exit_code == 1
    touched, missing, added, told, _ = sorted(result.output.splitlines(), key=lambda line: "tma/S".find(line[0]))
    assert touched.startswith("touched  junit.xml: its SHA-256 is ")
    assert missing == "missing  index.html"
    assert added == r"added    '[red]odd\x1b[31m\n'"
    assert told == f"{folder}: 3 of 9 files do not match the manifest"


def test_a_verdict_that_differs_is_named_with_what_it_was_and_is(folder):
    path = folder / "results.csv"
    path.write_text(re.sub(r",(REPRODUCED|NOT_REPRODUCED|INCONCLUSIVE|NOT_COMPARABLE),", ",NOT_RUN,", path.read_text()))
    result = call("check", folder)
    assert result.exit_code == 1
    assert "touched  results.csv" in result.output
    assert ": results.csv has NOT_RUN " in result.output
    assert "do not match the files" in result.output


def test_a_record_that_cannot_be_judged_again_says_why(folder):
    (folder / "record" / "results.json").write_text("{")
    result = call("check", folder)
    assert result.exit_code == 1
    assert "the record was not judged again: " in result.output
    assert json.loads(call("check", folder, "--json").stdout)["judged"] is None


def test_many_are_cut_short_and_the_document_has_all(folder, monkeypatch):
    monkeypatch.setattr(check_module, "SHOWN", 2)
    for number in range(5):
        (folder / f"added-{number}").write_text("")
    assert "and 3 more (--json lists them)" in call("check", folder).output
    found = json.loads(call("check", folder, "--json").stdout)
    assert sum(each["state"] == "added" for each in found["files"]) == 5
    assert found["exit_status"] == 1


@pytest.mark.parametrize("damage", [None, "", "mine"])
def test_without_a_manifest_or_with_a_damaged_one_it_ends_with_2_and_the_sentence_that_repairs_it(folder, damage):
    (folder / NAME).unlink()
    if damage is not None:
        (folder / NAME).write_text(damage)
    for more in ((), ("--json",)):
        result = call("check", folder, *more)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert (
            f"restore it from a copy, or {'move it away: ' if damage is not None else ''}`harness report {folder}`"
            in result.stderr
        )
