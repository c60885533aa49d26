"""The GitHub Action and the hooks: what they run is run here as it stands, and their files are what GitHub and pre-commit read."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from pages import PAGES, ROOT, blocks, tools
from ruamel.yaml import YAML

FOLDER = ROOT / ".github" / "actions" / "audit"
ACTION = YAML(typ="safe").load((FOLDER / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["id"]: step["run"] for step in ACTION["runs"]["steps"] if "id" in step}
HEADER = ["| | claim | verdict | why |", "| --- | --- | --- | --- |"]


def step(name, folder, path="", **settings):
    """Run a step of the action as a runner of GitHub does; return its exit status, and what it printed or wrote."""
    written = {name: folder / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    environment = {
        **os.environ, **{name: str(file) for name, file in written.items()}, "RUNNER_TEMP": str(folder / "temp"),
        "PATH": os.pathsep.join(filter(None, [str(path), os.environ["PATH"]])), "PYTHONPATH": str(ROOT), **settings,
    }  # fmt: skip
    ended = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = "".join(file.read_text(encoding="utf-8") for file in written.values() if file.exists())
    return ended.returncode, said + ended.stdout + ended.stderr


def summary_of(folder):
    ended = subprocess.run(
        [sys.executable, "-I", FOLDER / "summary.py", folder], capture_output=True, text=True, check=True
    )
    return ended.stdout


def test_the_audit_passes_packs_and_options_on_and_keeps_the_exit_status(tmp_path):
    program = tmp_path / "bin" / "harness"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$@" > words\nexit 3\n')
    program.chmod(0o755)
    status, said = step("audit", tmp_path, program.parent, PACKS="specs/a specs/b", OPTIONS="--time-limit 5m")
    assert (status, said) == (0, "status=3\n")
    words = (tmp_path / "words").read_text().split()
    assert words == ["verify", "specs/a", "specs/b", "--time-limit", "5m", "--out", str(tmp_path / "temp" / "reports")]


def test_the_audit_runs_harness_itself_and_the_summary_tells_what_it_judged(tmp_path):
    programs = tools(tmp_path / "bin")
    subprocess.run([programs / "harness", "init", "specs/p"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True)  # fmt: skip
    options = "--budget rehearsal --time-limit 1s -k nothing-has-this-name"
    status, said = step("audit", tmp_path, programs, PACKS="specs/p", OPTIONS=options)
    assert status == 0
    assert "status=2\n" in said  # no claim matches: a usage error, before anything is measured
    status, said = step("summary", tmp_path, programs, SUMMARY=str(FOLDER / "summary.py"))
    assert "No report was written" in said


def test_the_summary_has_a_row_for_each_claim_of_a_report_and_their_count(reported):
    found = json.loads((reported / "verdicts.json").read_text(encoding="utf-8"))
    lines = summary_of(reported.parent).splitlines()
    rows = lines[lines.index(HEADER[1]) + 1 :][: len(found["claims"])]
    assert [re.search(r"`(.+?)`", row)[1] for row in rows] == [claim["claim"] for claim in found["claims"]]
    assert all(f"| {claim['outcome']} (" in row for claim, row in zip(found["claims"], rows, strict=True))
    assert f"{len(found['claims'])} claims" in "\n".join(lines)


def test_a_sentence_cannot_leave_its_cell(tmp_path):
    claim = {"claim": "a/b", "outcome": "REPRODUCED", "reason": "exact", "sentence": "x | y <b>\nz* [w](v)"}
    (tmp_path / "p").mkdir()
    document = {"title": "T", "pack": "p", "comparable": True, "claims": [claim]}
    (tmp_path / "p" / "verdicts.json").write_text(json.dumps(document))
    assert r"| ✓ | `a/b` | REPRODUCED (exact) | x \| y &lt;b> z\* \[w\](v) |" in summary_of(tmp_path)


@pytest.mark.parametrize(
    ("fails", "passing"), [("mistakes", {0, 1, 3, 4}), ("refuted", {0, 3, 4}), ("open", {0})], ids=str
)
def test_a_job_fails_on_what_it_is_told_to(fails, passing, tmp_path):
    ended = {
        status: step("outcome", tmp_path, STATUS=str(status), FAIL_ON=fails)[0] for status in (0, 1, 2, 3, 4, 5, 70)
    }
    assert {status for status, code in ended.items() if code == 0} == passing


def test_every_input_that_the_page_gives_is_one_of_the_action():
    (text,) = (
        block.text for block in blocks(PAGES["docs/how-to/continuous-integration.md"]) if "actions/audit" in block.text
    )
    job = YAML(typ="safe").load(text)["jobs"]["audit"]
    (given,) = (step["with"] for step in job["steps"] if "actions/audit" in step["uses"])
    assert given.keys() <= ACTION["inputs"].keys()


def test_every_input_of_the_action_is_used_and_every_one_that_is_used_is_declared():
    text = (FOLDER / "action.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == ACTION["inputs"].keys()


def test_pre_commit_reads_the_hooks_and_knows_those_of_the_page(tmp_path):
    from pre_commit.clientlib import load_config, load_manifest

    offered = {hook["id"] for hook in load_manifest(str(ROOT / ".pre-commit-hooks.yaml"))}
    (text,) = (block.text for block in blocks(PAGES["docs/how-to/continuous-integration.md"]) if "rev:" in block.text)
    (tmp_path / "config.yaml").write_text(text)
    (repository,) = load_config(str(tmp_path / "config.yaml"))["repos"]
    assert {hook["id"] for hook in repository["hooks"]} == offered == {"harness-lint", "harness-check"}


def test_the_image_is_made_of_all_that_the_wheel_is_built_from():
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (built,) = re.findall(r"^only-include = \[(.*)\]$", project, re.MULTILINE)
    assert (
        set(re.findall(r'"([^"]+)"', built)) | {"pyproject.toml", "README.md", "LICENSE", "requirements.lock"} == kept
    )
