"""The contract of ``--json``: one document on stdout and nothing else, whose keys are those promised."""

from __future__ import annotations

import json
import math

import fakes
import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.judge.exits import FIELDS
from harness.terminal import documents

pytestmark = pytest.mark.usefixtures("fakes_without_pdf")


def call(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def pack(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return fakes.write_pack(tmp_path / "specs" / "fakes", paper=fakes.PAPER + fakes.READINGS)


@pytest.fixture
def verified(pack):
    assert call("verify", pack).exit_code in {0, 1, 3, 4}
    return pack


def document(*words, status=(0,)):
    """The one document that a command prints, checked to be strict JSON with finite numbers."""
    ended = call(*words, "--json")
    assert ended.exit_code in status, ended.output
    found = json.loads(ended.stdout, parse_constant=pytest.fail)
    assert (found.pop("format"), found.pop("command")) == (1, words[0])
    assert all(math.isfinite(number) for number in numbers(found))
    return found


def numbers(value):
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from numbers(part)
    elif isinstance(value, int | float):
        yield value


def test_lint_lists_mistakes_and_warnings_with_place_and_rule(pack):
    (pack / "models.yaml").write_text(fakes.MODELS.replace("noise", "noize"))
    text = (pack / "paper.yaml").read_text()
    (pack / "paper.yaml").write_text(text.replace("because: A test.", "because: A test #1."))
    found = document("lint", pack, status=(2,))
    assert found.keys() == {"mistakes", "warnings"}
    mistake = found["mistakes"][0]
    assert list(mistake) == ["file", "line", "column", "where", "message", "rule"]
    assert (mistake["line"], mistake["rule"]) == (3, "unknown-field")
    assert mistake["file"].endswith("models.yaml")
    assert {warning["rule"] for warning in found["warnings"]} == {"text-cut-by-comment"}


def test_lint_of_a_right_pack_is_a_document_too(pack):
    assert document("lint", pack) == {"mistakes": [], "warnings": []}


def test_lint_explains_a_rule_as_a_document(pack):
    found = document("lint", "--explain", "unknown-field")
    assert found.keys() == {"rule", "warning", "what", "why", "repair", "example"}
    assert found["example"].keys() == {"file", "wrong", "right"}


def test_plan_lists_claims_jobs_and_variants(pack):
    (found,) = document("plan", pack, "--readings", "all")["packs"]
    assert list(found) == ["name", "claims", "jobs", "variants", "settings", "notes"]
    assert list(found["settings"]) == ["count", "varied", "own", "not_printed"]
    assert list(found["claims"][0]) == ["claim", "runs", "stored", "margin", "power", "detects"]
    assert list(found["jobs"][0]) == ["verb", "name", "stored", "missing", "seconds"]
    assert list(found["variants"][0]) == ["label", "claims", "missing", "seconds"]
    assert all(job["stored"] == 0 for job in found["jobs"])


def test_plan_counts_what_is_stored_as_its_table_does(verified):
    (found,) = document("plan", verified)["packs"]
    assert all(claim["stored"] == claim["runs"] for claim in found["claims"])
    assert sum(job["missing"] for job in found["jobs"]) == 0
    assert "0 to do" in call("plan", verified).output


def test_plan_gives_each_claim_s_power_once_there_is_a_pilot(verified):
    assert call("verify", verified, "--pilot").exit_code == 0
    (found,) = document("plan", verified)["packs"]
    power = {claim["claim"]: claim["power"] for claim in found["claims"]}
    assert list(power["table-1/bright/error"]) == ["3", "5", "10"]
    assert power["section-2/transfers"] == {}
    detects = {claim["claim"]: claim["detects"] for claim in found["claims"]}
    assert list(detects["table-1/bright/error"]) == list(detects["section-2/transfers"]) == ["3", "5", "10"]
    assert detects["table-1/sure/error"] == detects["section-2/found"] == {}


def test_kinds_lists_every_kind_with_its_whole_text_and_fields():
    found = document("kinds", "fake-brightness")
    assert found.keys() == {"kinds", "claim", "unusable"}
    (kind,) = found["kinds"]
    assert (kind["group"], kind["kind"]) == ("models", "fake-brightness")
    assert "makes it depend on the run" in kind["doc"]
    noise = next(field for field in kind["fields"] if field["name"] == "noise")
    assert list(noise) == ["name", "type", "required", "default", "doc"]
    assert found["claim"] is None


def test_kinds_gives_the_form_of_a_claim():
    found = document("kinds", "claim")
    assert found["kinds"] == []
    assert found["claim"].keys() == {"keys", "sample", "relations", "units", "margins"}


def test_judge_and_verify_give_the_same_verdicts_and_exit_status(pack):
    ended = call("verify", pack, "--json")
    verified = json.loads(ended.stdout)
    (shown,) = verified["packs"]
    assert list(shown) == ["name", "doubts", "verdicts", "folder", "files", "notes", "interrupted", "exit_status"]
    judged = document("judge", "reports/fakes", status=(ended.exit_code,))
    assert judged.keys() == {"name", "question", "verified", "doubts", "amendments", "verdicts", "exit_status"}
    assert (judged["verdicts"], judged["doubts"]) == (shown["verdicts"], shown["doubts"])
    assert judged["amendments"] == []
    assert judged["question"] is None
    assert judged["exit_status"] == shown["exit_status"] == verified["exit_status"] == ended.exit_code
    assert all(tuple(verdict) == FIELDS for verdict in judged["verdicts"])


def test_another_question_says_in_its_document_what_was_asked_instead(verified):
    words = ("judge", "reports/fakes", "--margin", "table-1/bright/error=0.001", "--alpha", "0.01")
    found = document(*words, status=range(5))
    (margin,) = found["question"]["margins"]
    assert margin.keys() == {"claim", "margin", "instead_of", "floor"}
    assert (margin["claim"], margin["margin"]) == ("table-1/bright/error", "±0.001 points")
    assert (found["question"]["alpha"], found["question"]["alpha_of_record"]) == (0.01, 0.05)
    assert found["question"]["sentences"][0].startswith("Another question: margin of 1 claim ±0.001 points instead of")
    assert all("another-question" in verdict["qualifiers"] for verdict in found["verdicts"])


def test_a_comparison_is_a_document_too(verified):
    found = document("compare", "reports/fakes", "reports/fakes")
    assert list(found) == ["a", "b", "claims", "provenance", "divergences", "changed", "exit_status"]
    assert {claim["likeness"] for claim in found["claims"] if claim["a"]["n"]} == {"same"}
    assert tuple(found["claims"][0]["b"]) == FIELDS
    text = documents.__doc__
    assert [key for key in (*found, *found["claims"][0]) if f"``{key}``" not in text] == []


def test_a_check_is_a_document_too(verified):
    found = document("check", "reports/fakes")
    assert list(found) == ["folder", "manifest", "files", "judged", "unjudged", "differing", "exit_status"]
    assert {each["state"] for each in found["files"]} == {"same"}
    text = documents.__doc__
    assert [key for key in (*found, *found["files"][0]) if f"``{key}``" not in text] == []


def test_verify_says_its_progress_on_stderr_and_prints_the_document_alone(pack):
    ended = call("verify", pack, "--json")
    assert "train bright" in ended.stderr
    assert ended.stdout.startswith("{")


def test_a_pilot_is_a_document_too(pack):
    ended = call("verify", pack, "--pilot", "--json")
    found = json.loads(ended.stdout)
    assert list(found["packs"][0]) == ["name", "file", "recorded", "missing", "changed", "interrupted"]
    assert found["packs"][0]["recorded"]


def test_explain_tells_a_story_of_headings_and_texts(verified):
    found = document("explain", "bright/error")
    assert found.keys() == {"claim", "verdict", "story"}
    assert found["claim"] == "fakes/table-1/bright/error"
    assert tuple(found["verdict"]) == FIELDS
    assert [line.keys() for line in found["story"]] == [{"heading", "text"}] * len(found["story"])


@pytest.mark.parametrize(
    "words",
    [
        ("lint", "nowhere"),
        ("lint", "--explain", "no-such-rule"),
        ("plan", "nowhere"),
        ("kinds", "no-such-kind"),
        ("verify", "nowhere"),
        ("judge", "nowhere"),
        ("judge", "nowhere", "--alpha", "0.01"),
        ("compare", "nowhere", "nowhere"),
        ("check", "nowhere"),
        ("bundle", "nowhere", "-o", "b.zip"),
        ("explain", "nothing", "nowhere"),
    ],
)
def test_an_error_is_a_sentence_on_stderr_and_nothing_on_stdout(pack, words):
    ended = call(*words, "--json")
    assert ended.exit_code == 2
    assert ended.stdout == ""
    assert words[1].lstrip("-") in ended.stderr or words[-1] in ended.stderr


def test_every_command_that_can_print_a_document_is_tested_here():
    able = {name for name, command in main.commands.items() if any(p.name == "as_json" for p in command.params)}
    assert able == {"lint", "plan", "kinds", "verify", "judge", "compare", "check", "explain", "bundle"}


def test_a_number_that_is_not_finite_is_never_written():
    with pytest.raises(ValueError, match="not JSON compliant"):
        documents.text_of("plan", {"seconds": float("nan")})


def test_every_key_that_a_document_has_is_documented(verified):
    text = documents.__doc__
    (planned,) = document("plan", verified)["packs"]
    keys = {*planned, *planned["claims"][0], *planned["jobs"][0], *document("judge", "reports/fakes", status=range(5))}
    keys |= {*document("kinds"), *document("kinds")["kinds"][0], *document("explain", "bright/error")}
    keys |= {*document("lint", verified), *document("lint", "--explain", "unknown-field")}
    assert [key for key in sorted(keys) if f"``{key}``" not in text] == []
