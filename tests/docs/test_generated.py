"""What the site says of the code is made from the code: every kind, key, rule, command and public name is in it."""

from __future__ import annotations

import importlib
import json
import sys
from fnmatch import fnmatchcase

import pytest
from pages import PAGES, ROOT

import harness
from harness.judge import judge
from harness.kinds.registry import GROUPS, discover, kinds
from harness.spec.rules import RULES


@pytest.fixture(scope="module")
def generated():
    """The extension of Sphinx that fills in the pages; it needs no Sphinx to do so."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "docs" / "extensions"))
        module = importlib.import_module("generated")
        yield module
    for name in ("generated", "prose"):
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def filled(generated):
    return {page: generated.filled(text) for page, text in PAGES.items()}


def test_no_page_keeps_a_comment_that_asks_for_something(filled):
    assert [page for page, text in filled.items() if "<!-- generated" in text] == []


HEADINGS = {"datasets": "Data sets"}
"""Group -> its heading on the page of kinds, where that is not the group's own name."""


@pytest.mark.parametrize("group", GROUPS)
def test_every_kind_is_there_with_each_of_its_fields(filled, group):
    discover()
    heading = HEADINGS.get(group, group.capitalize())
    chapter = "\n" + filled["docs/reference/kinds.md"].partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    for name, kind in kinds(group).items():
        if kind.__module__.startswith("harness."):
            own = chapter.partition(f"\n### `{name}`\n")[2].partition("\n### ")[0]
            assert own
            assert [field for field in kind.model_fields if f"| `{field}` |" not in own] == []


def test_every_rule_is_there_with_its_example(filled):
    page = filled["docs/reference/rules.md"]
    for rule in RULES.values():
        own = page.partition(f"## `{rule.id}`\n")[2].partition("\n## ")[0]
        assert rule.example.wrong.strip() in own


@pytest.mark.parametrize("schema", ["paper", "verdicts"])
def test_every_key_of_a_schema_is_there(filled, schema):
    found = json.loads((ROOT / "schemas" / f"{schema}.schema.json").read_text(encoding="utf-8"))
    page = filled[f"docs/reference/{'keys' if schema == 'paper' else 'verdicts-file'}.md"]
    assert [key for key in found["properties"] if f"| `{key}` |" not in page] == []


def test_every_public_name_is_there(filled):
    page = filled["docs/reference/names.md"]
    names = {name for name in harness.__all__ if name != "__version__"} | {"KerasVictim"}
    shown = {line.rpartition("harness.")[2] for line in page.splitlines() if line.startswith(".. auto")}
    assert [name for name in sorted(names - shown) if f"`{name}`" not in page] == []
    assert len(shown) > 40


def test_a_drawing_is_of_the_claims_that_were_asked_for_and_says_in_words_what_it_shows(generated):
    folder, pattern = "reports/published/szegedy2013", "table-1/*/distortion"
    drawn = generated.drawing(f"{folder} {pattern} Distortion")
    verdicts = [verdict for verdict in judge(harness.read_record(ROOT / folder)) if fnmatchcase(verdict.claim, pattern)]
    assert len(verdicts) == drawn.count("printed ") > 3
    for verdict in verdicts:
        assert str(verdict.printed) in drawn


def test_text_that_would_be_markup_is_shown_as_it_is(generated):
    assert generated.prose("a_b <c> `d_e` ``|f|``") == r"a\_b \<c\> `d_e` ``|f|``"
    assert generated.table(("a",), [("x | y",)]) == "| a |\n| --- |\n| x \\| y |\n\n"
