"""What `import harness` offers: complete, documented, typed, and imported only when it is used."""

from __future__ import annotations

import ast
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import fakes
import pytest

import harness
from harness.record.file import results_file

ROOT = Path(__file__).resolve().parents[1]
FUNCTIONS = ("verify", "read_record", "compare", "check", "explain", "lint")
DECORATORS = ("dataset", "model", "layer", "training", "attack", "metric")


def imported(code):
    """The modules that a fresh interpreter has after running some code."""
    probe = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, "-c", probe], env=environment, capture_output=True, text=True, check=True)
    return set(json.loads(ended.stdout))


@pytest.mark.parametrize("name", harness.__all__)
def test_every_public_name_is_there_and_listed(name):
    assert getattr(harness, name) is not None
    assert name in dir(harness)


def test_what_a_type_checker_sees_is_what_is_offered():
    tree = ast.parse(Path(harness.__file__).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        (alias.asname or alias.name, node.module.removeprefix("harness."))
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert {name for name, _ in seen} | {"__version__"} == {*harness.__all__, "KerasVictim"}
    assert dict(seen) == dict(harness._HOMES) | {"judge": "judge"}


def test_a_name_that_is_not_offered_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = harness.nothing


@pytest.mark.parametrize("name", [name for name in harness.__all__ if name[0] != "_"])
def test_every_public_name_is_documented(name):
    offered = getattr(harness, name)
    if name not in {"SplitRef", "DatasetRef", "ModelRef", "AttackRef", "Watch"}:  # aliases of a type have no docstring
        assert len(inspect.getdoc(offered) or "") > 20
        assert name == "judge" or inspect.getdoc(offered) == inspect.cleandoc(offered.__doc__ or "")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_public_function_says_what_it_takes_returns_and_raises(name):
    text = inspect.getdoc(getattr(harness, name))
    for section in ("Args:", "Returns:", "Raises:"):
        assert section in text


@pytest.mark.parametrize("name", DECORATORS)
def test_every_decorator_says_what_it_takes_returns_and_raises(name):
    text = inspect.getdoc(getattr(harness, name))
    assert f'@{name}("name", edition=1)' in text
    assert "Args:" in text
    assert "Returns:" in text
    assert "raises UsageError" in text


def test_importing_harness_imports_nothing_heavy():
    slow = {"numpy", "pydantic", "scipy", "click", "rich", "ruamel.yaml", "keras", "tensorflow", "jax"}
    assert not imported("import harness; dir(harness)") & slow


def test_using_all_that_is_offered_imports_no_backend():
    assert not imported("from harness import *") & {"keras", "tensorflow", "jax", "sklearn", "pandas", "matplotlib"}


def test_judge_can_be_called_before_and_after_its_room_was_imported():
    late = "import harness, harness.judge.verdict; assert callable(harness.judge)"
    early = "from harness import judge; assert callable(judge); import harness.judge; assert callable(harness.judge)"
    assert imported(late)
    assert imported(early)


def test_a_record_is_read_from_its_file_its_folder_and_its_report_s_folder(reported):
    file = results_file(reported)
    first, *others = (harness.read_record(path) for path in (file, str(file.parent), reported))
    assert all(other == first for other in others)


def test_a_record_that_is_not_there_is_a_record_error(tmp_path):
    with pytest.raises(harness.RecordError, match="no such file"):
        harness.read_record(tmp_path / "nowhere")


def test_a_record_is_judged_claim_by_claim(reported):
    record = harness.read_record(reported)
    verdicts = harness.judge(record)
    assert [verdict.claim for verdict in verdicts] == [claim.id for claim in record.paper.claims]
    assert all(isinstance(verdict.outcome, harness.Outcome) for verdict in verdicts)


def test_a_report_is_checked(reported):
    found = harness.check(str(reported))
    assert (found.status, found.judged) == (0, len(harness.read_record(reported).paper.claims))


def test_a_claim_s_story_has_its_verdict_and_is_text_that_holds_its_sentence(reported):
    record = harness.read_record(reported)
    story = harness.explain(record, "bright/error")
    (verdict,) = (verdict for verdict in harness.judge(record) if verdict.claim == "table-1/bright/error")
    assert (story.claim, story.verdict) == ("fakes/table-1/bright/error", verdict)
    assert verdict.sentence in str(story)
    assert str(story).splitlines()[0].startswith("claim")


def test_a_story_of_a_claim_there_is_not_is_a_usage_error(reported):
    with pytest.raises(harness.UsageError, match="no-such-claim"):
        harness.explain(harness.read_record(reported), "no-such-claim")


def test_lint_from_python_finds_mistakes_with_their_rules(tmp_path, monkeypatch):
    with fakes.registered(monkeypatch):
        pack = fakes.write_pack(tmp_path / "pack", models=fakes.MODELS.replace("noise", "noize"))
        (problem,) = harness.lint([str(pack)]).mistakes
    assert (problem.file.name, problem.line, problem.rule) == ("models.yaml", 3, "unknown-field")


def test_lint_from_python_of_no_pack_is_a_usage_error(tmp_path):
    with pytest.raises(harness.UsageError):
        harness.lint([tmp_path])


@pytest.mark.parametrize(
    ("field", "value"),
    [("device", "tpu"), ("runs", 0), ("runs", -3), ("runs", "x"), ("budget", 3), ("time_limit", "x")],
)
def test_an_option_of_no_meaning_is_refused_in_a_sentence(field, value):
    with pytest.raises(harness.UsageError, match=f"{field}: expected"):
        harness.Options(**{field: value})


@pytest.mark.parametrize("wrong", ["reports/mypaper", None, {}, [1]])
def test_what_is_no_record_is_not_judged_nor_explained_and_the_repair_is_named(wrong):
    for use in (harness.judge, lambda record: harness.explain(record, "x")):
        with pytest.raises(harness.UsageError, match="read_record"):
            use(wrong)


def test_one_path_is_taken_for_a_list_of_one_and_what_is_no_path_is_refused(tmp_path):
    with pytest.raises(harness.UsageError, match="no-such-pack"):
        harness.lint(str(tmp_path / "no-such-pack"))
    for wrong in (None, [3]):
        with pytest.raises(harness.UsageError, match="expected a path"):
            harness.lint(wrong)
