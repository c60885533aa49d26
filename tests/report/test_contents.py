"""The contents name every chapter and exhibit, and tell apart what stands at one place of the paper."""

import html
import re

import pytest
from records import claim, measured
from records import record as record_of

from harness.judge import judge
from harness.report import render
from harness.report.own_files import own_files
from harness.report.policy import policy
from harness.report.record_file import NO_FILE, RecordFile
from harness.report.sheet import Sheet
from harness.spec.claim import Source
from harness.spec.paper import Exhibit

TITLES = {"Orders that the text states": "4.2", "Prose claims": "4.2", "Units": "3", "Elsewhere": None}


@pytest.fixture(scope="module")
def several(tmp_path_factory) -> str:
    """The page of four lists, two of them of one section and one of no known place."""
    pairs, exhibits = [], []
    for number, (title, section) in enumerate(TITLES.items()):
        one = claim(f"list-{number}/c", says=f"Says {title}.")
        pairs.append((one, measured(one.id, [0.074, 0.0741, 0.0739])))
        exhibits.append(
            Exhibit(id=f"list-{number}", title=title, source=Source(section=section), shape="list", claims=(one.id,))
        )
    made = record_of(*pairs)
    made = made.model_copy(update={"paper": made.paper.model_copy(update={"exhibits": tuple(exhibits)})})
    folder = tmp_path_factory.mktemp("several")
    render(made, judge(made), folder, pdf=False)
    return (folder / "index.html").read_text()


NAMES = ["Section 3", "Section 4.2: Orders that the text states", "Section 4.2: Prose claims", "Elsewhere"]


def test_exhibits_of_one_place_are_told_apart_by_title_wherever_they_are_named(several):
    contents = several.partition('id="contents"')[2].partition("</nav>")[0]
    assert re.findall(r'<a href="#exhibit-\d">(.*?)</a>', contents) == NAMES
    marks = re.findall(r'<a class="where" href="#exhibit-\d">(.*?)</a>', several)
    assert [re.sub("<[^>]*>", "", each) for each in marks] == NAMES
    assert re.findall(r'<tr class="group"><th[^>]*>(.*?)</th>', several) == NAMES
    assert re.findall(r'<option value="exhibit-\d">(.*?)</option>', several) == NAMES


def test_the_contents_name_every_chapter_in_order(page):
    contents = page.partition('id="contents"')[2].partition("</nav>")[0]
    body = page.partition("</nav>")[2]
    targets = re.findall(r'href="#([^"]+)"', contents)
    assert [body.index(f'id="{target}"') for target in targets] == sorted(
        body.index(f'id="{target}"') for target in targets
    )
    chapters = re.findall(r'<section id="([^"]+)"[^>]*>\n<h2', body)
    assert chapters
    assert set(chapters) <= set(targets)


def test_a_file_s_link_is_quoted_and_the_record_is_linked_to_where_it_lies_inside():
    assert "record" not in " ".join(file.name for file in own_files(NO_FILE))
    inside = {file.name: file.address for file in own_files(RecordFile("ab", "my record/results.json"))}
    assert inside["my record/results.json"] == "my%20record/results.json"
    assert "/x/results.json" not in {file.name for file in own_files(RecordFile("ab", "/x/results.json"))}


def test_equal_declarations_share_a_class_and_a_rule():
    sheet = Sheet()
    first, second = sheet.name("--share: 5%"), sheet.name("--share: 7%")
    assert (first, sheet.name("--share: 5%")) == (first, first)
    assert first != second
    assert sheet.rules == f".{first} {{ --share: 5% }}\n.{second} {{ --share: 7% }}\n"


def test_a_page_without_a_script_lets_none_run():
    assert "script-src" not in policy("a {}")
    assert "default-src 'none'" in policy("a {}")
    # RFC 6234's digest of "abc", in base64
    assert html.unescape(policy("abc")).count("'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='") == 1
