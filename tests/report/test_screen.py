"""The page on a screen: in a browser, on a desktop and on a telephone, without script and without a network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from browser import chromium

from harness.judge import judge
from harness.record.file import read
from harness.report import render

PUBLISHED = Path(__file__).parents[2] / "reports" / "published" / "szegedy2013" / "record"
WIDEST = 1180
"""Pixels that a large table may take."""


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    """The page of the published record: four tables, the largest of eight rows and seven columns, and five lists."""
    folder, record = tmp_path_factory.mktemp("screen"), read(PUBLISHED)
    render(record, judge(record), folder, pdf=False)
    return folder / "index.html"


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.parametrize("width", [1280, 360])
def test_a_table_may_scroll_sideways_and_the_page_never(tab, page, width):
    tab.open(page, width)
    assert tab.tell("document.documentElement.scrollWidth") <= width
    tab.tell("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert tab.tell("document.documentElement.scrollWidth") <= width
    scrolling = tab.tell("[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth).length")
    assert (scrolling > 0) == (width < WIDEST)


def test_a_table_of_seven_columns_needs_no_scrolling_on_a_desktop(tab, page):
    tab.open(page, 1280)
    wide = tab.tell("Math.max(...[...document.querySelectorAll('.exhibit-table')].map(e => e.scrollWidth))")
    assert 0 < wide <= WIDEST
    assert tab.tell("Math.max(...[...document.querySelectorAll('.exhibit-table tr')].map(e => e.cells.length))") == 8


def test_on_a_telephone_the_row_labels_stay_while_a_table_scrolls(tab, page):
    tab.open(page, 360)
    place = "document.querySelector('#exhibit-2 tbody th').getBoundingClientRect().left"
    before = tab.tell(place)
    assert (
        tab.tell("(e => { e.scrollLeft = 200; return e.scrollLeft })(document.querySelector('#exhibit-2 .scroll'))") > 0
    )
    assert tab.tell(place) == pytest.approx(before, abs=1)


def test_the_long_story_of_a_claim_is_folded_and_its_link_opens_it(tab, page):
    claim = "table-2/fc10-1e-4/fc10-1e-2"
    seen = f"document.getElementById({json.dumps(claim)}).checkVisibility()"
    tab.open(page, 1280)
    assert tab.tell("document.querySelectorAll('details.story').length") == len(read(PUBLISHED).paper.claims)
    assert tab.tell("document.querySelectorAll('details[open]').length") == 0
    tab.open(page, 1280, f"#{claim}")
    assert tab.tell(f"document.getElementById({json.dumps(claim)}).closest('details').open")
    assert tab.tell(seen)
    assert tab.tell("document.querySelectorAll('details[open]').length") == 1
