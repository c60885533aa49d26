"""The page as a validator reads it: no error of HTML, none of CSS, and no element where it may not be."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import tinycss2
from click.testing import CliRunner
from tinyhtml5.parser import HTMLParser

from harness.cli import main
from harness.judge import judge
from harness.record.file import write
from harness.report import render

ROOT = Path(__file__).parents[2]

BLOCKS = {"p", "div", "ul", "ol", "dl", "table", "section", "figure", "details", "form", "h1", "h2", "h3", "h4", "h5"}
PHRASING = {"p", "h1", "h2", "h3", "h4", "h5", "span", "summary", "dt", "label", "button", "b", "i", "abbr", "code"}


@pytest.fixture(scope="module")
def files(record, verdicts, tmp_path_factory) -> list[Path]:
    """The sample's page, one on which nothing was run, one that compares the two, and the page that lists both."""
    folder = tmp_path_factory.mktemp("reports")
    bare = record.model_copy(update={"measurements": {}})
    for name, each, found in (("sample", record, verdicts), ("bare", bare, judge(bare))):
        write(each, folder / name / "record")
        render(each, found, folder / name, folder / name / "record" / "results.json", pdf=False)
    words = ("compare", folder / "bare", folder / "sample", "--html", folder / "compared.html"), ("index", folder)
    for each in words:
        CliRunner().invoke(main, list(map(str, each)))
    return [folder / "sample/index.html", folder / "bare/index.html", folder / "compared.html", folder / "index.html"]


@pytest.fixture(scope="module")
def pages(files) -> list[str]:
    return [file.read_text() for file in files]


def test_html_validate_finds_nothing_to_complain_of(files):
    program = shutil.which("html-validate", path=f"{ROOT}/.ci/node_modules/.bin:{os.environ.get('PATH', '')}")
    if program is None and not os.environ.get("CI"):
        pytest.skip("html-validate is not installed (`npm ci --prefix .ci` does it)")
    words = [program, "--config", ROOT / ".htmlvalidate.json", "--formatter", "json", *files]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    found = {each["filePath"]: each["messages"] for each in json.loads(done.stdout)}
    assert found == {}
    assert done.returncode == 0


def test_a_parser_by_the_standard_finds_no_error(pages):
    for text in pages:
        parser = HTMLParser(namespace_html_elements=False)
        parser.parse(text)
        assert parser.errors == []


def test_no_block_stands_in_running_text_and_lists_and_tables_hold_what_they_may(pages):
    for text in pages:
        parser = HTMLParser(namespace_html_elements=False)
        tree = parser.parse(text)
        assert {each.tag for each in tree.iter("script")} <= {"script"}
        for element in tree.iter():
            children = {child.tag for child in element if isinstance(child.tag, str)}
            if element.tag in PHRASING:
                assert not children & BLOCKS, (element.tag, children, element.attrib)
            if element.tag in {"ul", "ol"}:
                assert children <= {"li"}
            if element.tag == "dl":
                assert children <= {"div", "dt", "dd"}
            if element.tag == "select":
                assert children <= {"option"}


def test_every_field_has_a_label_every_picture_an_alternative_and_every_region_a_name(pages):
    for text in pages:
        tree = HTMLParser(namespace_html_elements=False).parse(text)
        labelled = {field for label in tree.iter("label") for field in label.iter()}
        assert all(field in labelled for tag in ("input", "select") for field in tree.iter(tag))
        assert all(picture.get("alt") for picture in tree.iter("img"))
        assert all(each.get("aria-label") for each in tree.iter("section") if each.get("class") == "scroll")
        assert all("".join(button.itertext()).strip() and button.get("type") for button in tree.iter("button"))


def test_the_style_sheet_has_no_error(pages):
    for text in pages:
        (style,) = re.findall("<style>(.*?)</style>", text, re.DOTALL)
        wrong = list(errors(tinycss2.parse_stylesheet(style, skip_comments=True, skip_whitespace=True)))
        assert wrong == []


def errors(nodes):
    """Yield every error within rules and declarations."""
    for node in nodes:
        if node.type == "error":
            yield node
        elif node.type in {"qualified-rule", "at-rule"} and node.content:
            nested = node.type == "at-rule" and node.at_keyword == "media"
            inner = tinycss2.parse_rule_list(node.content) if nested else tinycss2.parse_blocks_contents(node.content)
            yield from errors(each for each in inner if each.type not in {"whitespace", "comment"})
