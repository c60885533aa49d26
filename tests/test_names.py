"""One name, one meaning: what a search for a name finds."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from harness.judge.verdict import CONSTRUCTED, EARLIER, EXPLAINED, FITTED, PREDICTED, UNPOOLED, UNSTABLE
from harness.report import terms

ROOT = Path(__file__).resolve().parents[1]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")


def public_classes():
    """Yield (name, module) of every public class at the top of a module."""
    for path in sorted((ROOT / "harness").rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield node.name, path.relative_to(ROOT).as_posix()


def test_no_public_class_name_is_in_two_modules():
    found = defaultdict(list)
    for name, module in public_classes():
        found[name].append(module)
    assert {name: modules for name, modules in found.items() if len(modules) > 1} == {}


def top(kinds):
    """Yield (name, module) of every public name that a module defines at its top by such a node."""
    for path in sorted((ROOT / "harness").rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, kinds):
                targets = node.targets if isinstance(node, ast.Assign) else [node]
                for name in (getattr(target, "id", None) or getattr(target, "name", "") for target in targets):
                    if not name.startswith("_"):
                        yield name, path.relative_to(ROOT).as_posix()


def twice(found):
    modules = defaultdict(list)
    for name, module in found:
        modules[name].append(module)
    return {name for name, in_them in modules.items() if len(in_them) > 1}


SAME = {
    # a command, and the function that it calls
    *("demo", "explain", "init", "kinds", "lint", "selftest", "verify", "work"),
    # what each of several modules of one sort offers: accepts data, compiles an attack, trains, says what a PDF lacks
    *("check", "program", "train", "note"),
    # reads its own kind of file; resets the backend, and does so if it was imported; runs a program
    *("read", "standardise", "main"),
}
"""Public functions that two modules have because they mean the same in both."""


def test_a_public_function_is_in_two_modules_only_where_it_means_the_same():
    assert twice(top(ast.FunctionDef)) <= SAME


def test_no_alias_of_a_type_is_in_two_modules():
    aliases = [(name, module) for name, module in top(ast.Assign) if re.fullmatch(r"(?:[A-Z][a-z]+)+", name)]
    assert len(aliases) > 50
    assert twice(aliases) == set()


def test_every_path_of_the_glossary_exists():
    paths = {path for path in re.findall(r"`((?:harness|specs|templates)/[\w/.-]*)`", GLOSSARY) if "<" not in path}
    assert len(paths) > 30
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_every_word_that_a_report_or_a_verdict_uses_in_a_special_sense_is_in_the_glossary():
    rows = [line for line in GLOSSARY.lower().splitlines() if line.startswith("| ")]
    words = " ".join(row.split(" | ")[0] for row in rows)
    verdicts = (ROOT / "docs" / "explanation" / "verdicts.md").read_text(encoding="utf-8")
    chapter = verdicts.partition("## Qualifiers")[2].partition("\n## ")[0]
    qualifiers = {
        mark for row in re.findall(r"^\| (`.+?) \|", chapter, re.MULTILINE) for mark in re.findall(r"`([a-z-]+)`", row)
    }
    assert {PREDICTED, EXPLAINED, CONSTRUCTED, FITTED, UNSTABLE, EARLIER, *UNPOOLED.values()} <= qualifiers
    explained = {term.word for term in vars(terms).values() if isinstance(term, terms.Term)} | {"interval"}
    assert len(explained) >= 7
    assert {word for word in explained if word.removeprefix("true ") not in words} == set()
    assert {mark for mark in qualifiers if mark not in str(rows) and mark.replace("-", " ") not in words} == set()


QUESTIONS = {
    "where is the search over c?": ("The search over c", "harness/engine/c_search.py", "bracket"),
    "what is NOT_COMPARABLE, and where is it decided?": (
        "`NOT_COMPARABLE`",
        "harness/judge/eligibility.py",
        "NOT_COMPARABLE",
    ),
    "how do I add a metric?": ("A new metric", "harness/kinds/metric.py", "def measure"),
    "where is a record written?": ("The record is written", "harness/record/file.py", "def write"),
    "what happens on Ctrl-C?": ("On Ctrl-C", "harness/run/interrupts.py", "KeyboardInterrupt"),
}


@pytest.mark.parametrize(("begins", "module", "there"), QUESTIONS.values(), ids=QUESTIONS)
def test_a_stranger_s_question_is_answered_by_the_glossary_with_a_module_that_holds_it(begins, module, there):
    (answer,) = [part for part in GLOSSARY.split("\n- ") if part.startswith(f"**{begins}")]
    assert f"`{module}`" in answer
    assert there in (ROOT / module).read_text(encoding="utf-8")
