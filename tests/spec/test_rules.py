"""The rules of packs: each is used, explained, and its example breaks and keeps it in a pack as `harness init` writes it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import harness
from harness.errors import UsageError
from harness.kinds import registry
from harness.spec.reading.init import init
from harness.spec.reading.lint import lint
from harness.spec.rules import RULES, claims, entries, numbers, promises, rule_of, sentences, texts
from harness.spec.rules.rule import Rule

SOURCES = sorted((Path(harness.__file__).parent / "spec").rglob("*.py"))
NAMES = {
    name: rule
    for group in (texts, entries, claims, sentences, numbers, promises)
    for name, rule in vars(group).items()
    if isinstance(rule, Rule)
}


def used():
    """Names of rules that the sources of ``spec`` read anywhere but where they are defined."""
    return {
        node.id
        for source in SOURCES
        if source.parent.name != "rules"
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Name) and node.id in NAMES
    }


def reported():
    """The second argument of every call that reports a problem, as written."""
    return [
        ast.unparse(call.args[1])
        for source in SOURCES
        for call in ast.walk(ast.parse(source.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in {"at", "at_key", "at_place"}
        and ast.unparse(call.func.value).endswith("problems")
    ]


def test_every_problem_that_the_reading_of_packs_reports_names_a_registered_rule():
    assert len(reported()) > 100
    assert set(reported()) <= NAMES.keys()


def test_every_registered_rule_is_used():
    assert used() == NAMES.keys()


def test_no_two_rules_have_one_id():
    assert len(RULES) == len(NAMES)
    assert all(RULES[rule.id] is rule for rule in NAMES.values())


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_is_explained_in_sentences(rule):
    assert rule.id == rule.id.lower()
    assert " " not in rule.id
    assert rule.what[0].islower() or rule.what[0] == "'"
    assert not rule.what.endswith(".")
    assert rule.why.endswith(".")
    assert rule.repair.endswith(".")
    assert rule.example.wrong != rule.example.right


def written(folder, rule, *, kept):
    """The pack that ``harness init`` writes, with a rule's example put in, the rule kept or broken."""
    example = rule.example
    init(folder)
    for edit in example.also:
        if edit.old:
            replace(folder / edit.file, edit.old, edit.new)
        else:
            assert not (folder / edit.file).exists()
            (folder / edit.file).write_text(edit.new)
    if example.file:
        replace(folder / example.file, example.within or example.right, example.right if kept else example.wrong)
    elif not kept:
        (folder / example.right).rename(folder / example.wrong)
    return folder


def replace(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


@pytest.mark.usefixtures("every_kind")
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_example_of_every_rule_breaks_it_where_wrong_and_nothing_where_right(rule, tmp_path):
    right = lint([written(tmp_path / "right", rule, kept=True)])
    assert [str(problem) for problem in right.mistakes] == []
    assert rule.id not in {problem.rule for problem in right.doubts}
    wrong = lint([written(tmp_path / "wrong", rule, kept=False)])
    found = wrong.doubts if rule.warning else wrong.mistakes
    assert rule.id in {problem.rule for problem in found}, [str(problem) for problem in found]


def test_a_rule_that_there_is_not_is_answered_with_the_one_that_was_meant():
    with pytest.raises(UsageError, match="unknown rule 'unknown-fields'; did you mean 'unknown-field'"):
        rule_of("unknown-fields")


@pytest.fixture
def every_kind(toys, monkeypatch):
    """The kinds of harness instead of the toys."""
    monkeypatch.undo()
    registry.discover()
