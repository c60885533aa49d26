"""One name, one meaning: what a search for a name finds."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

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


def test_every_path_of_the_glossary_exists():
    paths = {path for path in re.findall(r"`((?:harness|specs|templates)/[\w/.-]*)`", GLOSSARY) if "<" not in path}
    assert len(paths) > 30
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


QUESTIONS = {
    "where is the search over c?": ("The search over c", "harness/engine/c_search.py", "bracket"),
    "what is NOT_COMPARABLE, and where is it decided?": (
        "`NOT_COMPARABLE`",
        "harness/judge/gates.py",
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
