import json
import os
import subprocess
import sys
from pathlib import Path

import fakes
import packages
import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.judge.exits import FIELDS
from harness.kinds.page import pages

ONE = """
title: One claim
source: {section: "1"}
claims:
  only: {says: Found., metric: error-rate, data: points/test, model: sure, unit: "%", printed: "PRINTED", margin: {absolute: MARGIN, because: a test of one kind}}
"""


pytestmark = pytest.mark.usefixtures("fakes_without_pdf")


@pytest.fixture
def harness(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*words):
        return CliRunner().invoke(main, [str(word) for word in words])

    return call


@pytest.fixture
def pack(tmp_path):
    def write(printed="0.0", margin="1.0", **files):
        folder = fakes.write_pack(tmp_path / "specs" / "fakes", **files)
        (folder / "claims" / "table-1.yaml").unlink()
        (folder / "claims" / "section-2.yaml").write_text(ONE.replace("PRINTED", printed).replace("MARGIN", margin))
        return folder

    return write


def measured(harness, pack):
    """The value the one claim has, in percent."""
    harness("verify", pack())
    (verdict,) = json.loads(harness("judge", "--json", "reports/fakes").stdout)["verdicts"]
    return verdict["mean"]


def test_exit_status_0_means_all_primary_claims_reproduced(harness, pack):
    value = measured(harness, pack)
    result = harness("verify", pack(f"{value:.1f}"))
    assert result.exit_code == 0, result.output
    assert "REPRODUCED" in result.output


def test_exit_status_1_means_some_primary_claim_is_not_reproduced(harness, pack):
    result = harness("verify", pack("99.0"))
    assert result.exit_code == 1, result.output
    assert harness("judge", "reports/fakes").exit_code == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("verify", "nowhere"), "nowhere"),
        (("verify", "specs", "-k", "no-such-claim"), "no-such-claim"),
        (("verify", "specs", "--budget", "enormous"), "enormous"),
        (("verify", "specs", "--time-limit", "soon"), "15m"),
        (("verify", "specs", "--runs", "0"), "--runs"),
        (("judge", "nowhere"), "nowhere"),
        (("report", "nowhere"), "nowhere"),
        (("kinds", "no-such-kind"), "no-such-kind"),
        (("lint", "nowhere"), "nowhere"),
        (("frobnicate",), "unknown command 'frobnicate'; known: bundle, check, compare, demo, explain"),
        (("verfy",), "did you mean 'verify'?"),
        (("lint", "specs", "--explain", "unknown-field"), "reads no pack"),
    ],
)
def test_exit_status_2_means_usage_error(harness, pack, words, said):
    pack()
    result = harness(*words)
    assert result.exit_code == 2, result.output
    assert said in result.output
    assert "Traceback" not in result.output


def test_the_help_lists_every_command_once_and_by_what_it_is_for(harness):
    shown = harness("--help").output
    listed = [line.split()[0] for line in shown.partition("Check a paper:")[2].splitlines() if line.startswith("  ")]
    assert sorted(listed) == sorted(main.commands)
    assert shown.index("Check a paper:") < shown.index("Write a pack:") < shown.index("Check harness:")


@pytest.mark.parametrize("status", ["0", "1", "2", "3", "4", "70", "130", "141"])
def test_the_help_says_what_every_exit_status_means(harness, status):
    assert f"\n    {status:<4} " in harness("--help").output


@pytest.mark.parametrize("command", main.commands)
def test_the_first_line_of_every_command_s_help_is_one_short_clause(command):
    assert len(main.commands[command].get_short_help_str(limit=200)) <= 80
    assert main.commands[command].get_short_help_str(limit=200).endswith(".")


def test_exit_status_2_means_a_bad_spec_for_lint_and_for_verify(harness, pack):
    folder = pack(models=fakes.MODELS.replace("noise", "noize"))
    for command in ("lint", "verify", "plan"):
        result = harness(command, folder)
        assert result.exit_code == 2, result.output
        assert "models.yaml:3:" in result.output
        assert "did you mean 'noise'" in result.output


def test_exit_status_2_means_a_damaged_record(harness, pack):
    harness("verify", pack())
    with open("reports/fakes/record/results.json", "r+") as file:  # noqa: PTH123
        file.truncate(50)
    for words in (("judge", "reports/fakes"), ("report", "reports/fakes"), ("verify", "specs")):
        result = harness(*words)
        assert result.exit_code == 2, result.output
        assert "results.json" in result.output


def test_exit_status_3_means_none_refuted_but_some_inconclusive(harness, pack):
    folder = pack()
    text = ONE.replace("model: sure", "model: bright").replace("PRINTED", "3.0").replace("MARGIN", "0.1")
    models = fakes.MODELS.replace("bright: {kind: fake-brightness,", "bright: {kind: fake-brightness, noise: 0.1,")
    (folder / "claims" / "section-2.yaml").write_text(text)
    (folder / "models.yaml").write_text(models)
    result = harness("verify", folder)
    assert result.exit_code == 3, result.output
    assert "INCONCLUSIVE" in result.output


def test_exit_status_4_means_only_not_run_or_not_comparable_is_left(harness, pack):
    assert harness("verify", pack(), "--budget", "rehearsal", "--out", "elsewhere").exit_code == 4
    absent = fakes.PAPER.replace("points: {kind: fake-points}", "points: {kind: fake-absent}")
    result = harness("verify", pack(paper=absent))
    assert result.exit_code == 4, result.output
    assert "bring them" in " ".join(result.output.split())


def test_exit_status_70_means_an_internal_error_and_keeps_what_was_finished(harness, pack, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("a defect")

    monkeypatch.setattr("harness.pipeline.judge", broken)
    result = harness("verify", pack())
    assert result.exit_code == 70
    assert "internal error" in result.output
    monkeypatch.undo()


def test_exit_status_130_means_interrupted(harness, pack):
    fakes.FAIL["train"] = KeyboardInterrupt
    result = harness("verify", pack())
    assert result.exit_code == 130, result.output
    assert "reports/fakes/index.html" in result.output


def test_plan_shows_what_is_stored_what_is_missing_and_runs_nothing(harness, pack):
    folder = pack()
    before = harness("plan", folder)
    assert before.exit_code == 0, before.output
    assert "2 to do" in before.output
    assert not fakes.CALLS
    harness("verify", folder)
    assert "0 to do" in harness("plan", folder).output


def test_plan_says_what_was_computed_by_other_source_under_the_same_edition(harness, pack, monkeypatch):
    folder = pack()
    harness("verify", folder)
    assert "other source" not in harness("plan", folder).output
    monkeypatch.setattr("harness.prepared.source_digest", lambda _: "another")
    assert "train fake-brightness were computed by other source" in harness("plan", folder).output


def test_kinds_shows_every_field_with_its_default_and_meaning(harness):
    result = harness("kinds", "fake-brightness")
    assert result.exit_code == 0, result.output
    assert "noise" in result.output
    assert "0.01" in result.output
    assert "Standard deviation of the random part" in " ".join(result.output.split())
    assert "fake-points" not in result.output


def test_judge_prints_the_promised_keys_for_every_claim(harness, pack):
    harness("verify", pack())
    (verdict,) = json.loads(harness("judge", "reports/fakes", "--json").stdout)["verdicts"]
    assert tuple(verdict) == FIELDS


def test_report_is_written_again_from_the_record_alone(harness, pack, tmp_path):
    harness("verify", pack())
    (tmp_path / "reports/fakes/index.html").unlink()
    result = harness("report", "reports/fakes")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "reports/fakes/index.html").is_file()


def test_a_new_pack_lints(harness):
    assert harness("init", "specs/mine").exit_code == 0
    result = harness("lint", "specs/mine")
    assert result.exit_code == 0, result.output


def test_init_says_how_to_have_the_schemas_only_where_they_are_not(harness):
    assert "harness schema\n" in harness("init", "specs/mine").output
    harness("schema")
    assert "harness schema\n" not in harness("init", "specs/other").output


def test_init_writes_a_plugin_and_says_how_to_test_and_install_it(harness, tmp_path):
    result = harness("init", "--plugin", "metric", "my own/first-guess")
    assert result.exit_code == 0, result.output
    *files, after = result.output.splitlines()
    assert [file.removeprefix("my own/first-guess/") for file in files] == [
        "pyproject.toml", "harness_first_guess.py", "test_harness_first_guess.py",
    ]  # fmt: skip
    assert all((tmp_path / file).is_file() for file in files)
    assert (
        after
        == f"next: python -m pytest '{tmp_path}/my own/first-guess', then python -m pip install '{tmp_path}/my own/first-guess'"
    )
    assert harness("init", "--plugin", "metric", "my own/first-guess").exit_code == 2


def test_the_help_of_init_lists_every_sort_of_plugin(harness):
    listed = squeezed(harness("init", "--help").output).partition("SORT: ")[2].partition(".")[0]
    assert sorted(listed.split(", ")) == list(pages())


def test_init_overwrites_nothing(harness, tmp_path):
    harness("init", "specs/mine")
    before = (tmp_path / "specs/mine/paper.yaml").read_text()
    assert harness("init", "specs/mine").exit_code == 2
    assert (tmp_path / "specs/mine/paper.yaml").read_text() == before


def test_schema_writes_one_file_for_each_kind_of_spec_file_and_one_for_the_document_of_verdicts(harness, tmp_path):
    assert harness("schema", "--out", "there").exit_code == 0
    assert {path.name for path in (tmp_path / "there").iterdir()} == {
        "paper.schema.json", "models.schema.json", "attacks.schema.json", "claims.schema.json",
        "pilot.schema.json", "sentences.schema.json", "verdicts.schema.json",
    }  # fmt: skip


def squeezed(text):
    return " ".join(text.split())


def test_a_pilot_ends_with_what_it_wrote_and_what_it_promises(harness, pack, tmp_path):
    folder = fakes.write_pack(tmp_path / "specs" / "fakes")
    result = harness("verify", folder, "--pilot")
    assert result.exit_code == 0, result.output
    assert f"fakes: spread between pilot runs of 4 claims in {folder / 'pilot.yaml'}" in squeezed(result.output)
    assert not (tmp_path / "reports").exists()
    assert "spread between pilot runs of 4 claims" in result.output
    assert "(unchanged)" in harness("verify", folder, "--pilot").output


@pytest.mark.parametrize(
    ("words", "said"), [(("--budget", "rehearsal"), "not comparable"), (("--runs", "2"), "at least 3 pilot runs")]
)
def test_exit_status_2_means_a_pilot_that_cannot_be(harness, pack, words, said):
    result = harness("verify", pack(), "--pilot", *words)
    assert result.exit_code == 2
    assert said in squeezed(result.output)


def test_exit_status_4_means_a_pilot_that_is_not_complete_and_130_one_that_was_interrupted(harness, tmp_path):
    folder = fakes.write_pack(tmp_path / "specs" / "fakes")
    fakes.FAIL["craft"] = ValueError("broken on purpose")
    result = harness("verify", folder, "--pilot")
    assert result.exit_code == 4, result.output
    assert "none of 5 pilot runs was measured" in squeezed(result.output)
    fakes.FAIL["craft"] = KeyboardInterrupt
    assert harness("verify", folder, "--pilot").exit_code == 130


def test_a_pilot_of_claims_that_need_none_says_so(harness, pack):
    result = harness("verify", pack(), "--pilot")
    assert result.exit_code == 0, result.output
    assert "no selected claim needs pilot runs" in result.output


def test_a_text_that_a_comment_cuts_is_a_warning_and_no_mistake(harness, tmp_path):
    harness("init", "pack")
    assert harness("lint", "pack").output == "no mistakes\n"
    text = (tmp_path / "pack/paper.yaml").read_text().replace("title: Title of", "title: Title #1 of")
    (tmp_path / "pack/paper.yaml").write_text(text)
    result = harness("lint", "pack")
    assert result.exit_code == 0
    assert (
        "warning: pack/paper.yaml:7:10: title: the text ends with 'Title', because YAML treats '#1 of" in result.output
    )
    assert result.output.endswith("no mistakes, 1 warning\n")


def test_no_memory_outside_a_job_is_one_sentence_and_exit_status_2(harness, pack, monkeypatch):
    def large(*_, **__):
        raise MemoryError

    monkeypatch.setattr("harness.pipeline.judge", large)
    result = harness("verify", pack())
    assert result.exit_code == 2, result.output
    assert "harness: not enough memory;" in result.output
    assert "Traceback" not in result.output


def test_judge_report_and_explain_say_that_a_record_has_no_checksum(harness, pack):
    measured(harness, pack)
    file = Path("reports/fakes/record/results.json")
    content = json.loads(file.read_text())
    del content["checksum"]
    file.write_text(json.dumps(content))
    judged = harness("judge", "--json", "reports/fakes")
    assert "This record has no checksum" in judged.stderr
    json.loads(judged.stdout)
    for words in (("judge", "reports/fakes"), ("report", "reports/fakes", "--out", "new"), ("explain", "only")):
        assert "no checksum" in " ".join(harness(*words).output.split())
    assert "This record has no checksum" in Path("new/index.html").read_text().partition("</header>")[0]


@pytest.mark.parametrize("command", ["judge", "report"])
@pytest.mark.parametrize("kind", ["FIFO", "endless device"])
def test_a_record_that_never_ends_is_refused_at_once(harness, tmp_path, command, kind):
    if kind == "FIFO":
        os.mkfifo(tmp_path / "results.json")
    else:
        (tmp_path / "results.json").symlink_to("/dev/zero")
    result = harness(command, "results.json")
    assert result.exit_code == 2, result.output
    assert "expected a regular file, found a" in result.output


def test_a_schema_replaces_a_link_and_not_the_file_it_leads_to(harness, tmp_path):
    (tmp_path / "mine").write_text("precious")
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "paper.schema.json").symlink_to(tmp_path / "mine")
    assert harness("schema").exit_code == 0
    assert (tmp_path / "mine").read_text() == "precious"
    refused = harness("schema", "--out", "mine")
    assert refused.exit_code == 2
    assert "expected a folder, found a file" in refused.output


FITTED = """
assumptions:
  distance:
    question: How far beyond?
    readings: {near: {sets: {attacks.flip.overshoot: 0.01}}}
    chosen: near
    because: A test.
    fitted_on: ["*"]
"""


def secondary(pack, how):
    """The pack with its one claim secondary."""
    folder = pack(paper=fakes.PAPER + FITTED) if how == "fitted_on" else pack()
    if how == "primary: false":
        claims = folder / "claims" / "section-2.yaml"
        claims.write_text(claims.read_text().replace("says: Found.", "says: Found., primary: false"))
    return folder


@pytest.mark.parametrize("how", ["primary: false", "fitted_on"])
def test_a_pack_in_which_no_claim_is_primary_ends_with_4_and_says_that_nothing_primary_was_judged(harness, pack, how):
    folder = secondary(pack, how)
    assert "No claim is primary" in harness("plan", folder).output
    linted = harness("lint", folder)
    assert linted.exit_code == 0
    assert "warning: " in linted.output
    assert "no claim is primary" in linted.output
    assert ("(here fitted_on of distance)" in linted.output) == (how == "fitted_on")
    for words in (("verify", folder), ("judge", "reports/fakes")):
        result = harness(*words)
        assert result.exit_code == 4, result.output
        assert "Nothing primary was judged" in result.output
    late = harness("verify", folder, "--out", "elsewhere", "--store", "empty", "--time-limit", "0s")
    assert late.exit_code == 4, late.output


def test_a_failure_over_an_earlier_record_ends_with_4_and_is_said_by_verify_and_judge(harness, pack):
    folder = pack()
    assert harness("verify", folder).exit_code == 0
    fakes.FAIL["train"] = OSError("no space left on device")
    for words in (("verify", folder, "--store", "empty"), ("judge", "reports/fakes")):
        result = harness(*words)
        assert result.exit_code == 4, result.output
        assert "Not measured now, 1 claim (failed): section-2/only." in result.output
        assert "no space left on device" in result.output
        assert "The verdict uses the earlier record" in result.output
        assert "Nothing was measured now" in result.output
    fakes.FAIL.clear()
    assert harness("verify", folder).exit_code == 0
    assert harness("judge", "reports/fakes").exit_code == 0


def test_a_package_that_cannot_be_used_is_named_on_stderr_and_costs_no_command_its_work(
    harness, pack, tmp_path, monkeypatch
):
    monkeypatch.setattr("harness.kinds.registry._tried", {})
    offers = packages.offering("lost-kind", "lost_module_of_a_test")
    site = packages.install(tmp_path / "site", "lost", {"lost_module_of_a_test.py": "raise SystemExit(3)\n"}, offers)
    monkeypatch.syspath_prepend(str(site))
    folder = pack()
    for words in (["lint", folder], ["plan", folder], ["verify", folder], ["schema"], ["kinds"]):
        result = harness(*words)
        assert result.exit_code == 0, result.output
        assert result.stderr.count("the package lost 0.1 offers lost-kind") == 1, words
        assert "uninstall lost" in result.stderr
    assert "lost-kind  of lost 0.1" in result.stdout
    assert "the package lost 0.1 offers it" in harness("kinds", "lost-kind").stderr


def test_a_reader_that_goes_away_is_told_by_the_exit_status_as_a_shell_does(tmp_path):
    words = [sys.executable, "-m", "harness", "lint", str(tmp_path)]
    reader, writer = os.pipe()
    os.close(reader)
    gone = subprocess.run(words, stdout=writer, stderr=writer, check=False, timeout=60)
    os.close(writer)
    assert gone.returncode == 141


def test_without_any_output_a_command_still_ends_with_its_own_status(tmp_path):
    closed = subprocess.run(
        ["sh", "-c", '"$0" -m harness kinds >&- 2>&-', sys.executable], cwd=tmp_path, check=False, timeout=60
    )
    assert closed.returncode == 0
