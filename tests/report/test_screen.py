"""The page on a screen: in a browser, on a desktop and on a telephone, without script and without a network."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from browser import chromium
from click.testing import CliRunner

from harness.cli import main
from harness.judge import judge
from harness.record.file import read
from harness.report import render

PUBLISHED = Path(__file__).parents[2] / "reports" / "published" / "szegedy2013" / "record"
WIDEST = 1180
"""Pixels that a large table may take."""


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    """The page of the published record: four tables, the largest of eight rows and seven columns, and five lists."""
    folder, record = tmp_path_factory.mktemp("screen"), read(PUBLISHED)
    render(record, judge(record), folder, pdf=False)
    return folder / "index.html"


@pytest.fixture(scope="module")
def window():
    with chromium() as opened:
        yield opened


@pytest.mark.parametrize("width", [1280, 360])
def test_a_table_may_scroll_sideways_and_the_page_never(window, file, width):
    page = window.open(file, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    scrolling = page.locator(".scroll").evaluate_all("all => all.filter(e => e.scrollWidth > e.clientWidth).length")
    assert (scrolling > 0) == (width < WIDEST)


def test_a_table_of_seven_columns_needs_no_scrolling_on_a_desktop(window, file):
    page = window.open(file, 1280)
    wide = page.locator(".exhibit-table").evaluate_all("all => Math.max(...all.map(e => e.scrollWidth))")
    assert 0 < wide <= WIDEST
    assert page.locator(".exhibit-table tr").evaluate_all("all => Math.max(...all.map(e => e.cells.length))") == 8


def test_on_a_telephone_the_row_labels_stay_while_a_table_scrolls(window, file):
    page = window.open(file, 360)
    label = page.locator("#exhibit-2 tbody th").first
    label.scroll_into_view_if_needed()
    before = label.bounding_box()["x"]
    moved = page.locator("#exhibit-2 .scroll").first.evaluate("e => { e.scrollLeft = 200; return e.scrollLeft; }")
    assert moved > 0
    assert label.bounding_box()["x"] == pytest.approx(before, abs=1)


def test_the_long_story_of_a_claim_is_folded_and_its_link_opens_it(window, file):
    claim = "table-2/fc10-1e-4/fc10-1e-2"
    page = window.open(file, 1280)
    assert page.locator("details.story").count() == len(read(PUBLISHED).paper.claims)
    assert page.locator("details[open]").count() == 0
    page = window.open(file, 1280, f"#{claim}")
    assert page.locator(f'details[open] [id="{claim}"]').is_visible()
    assert page.locator("details[open]").count() == 1


@pytest.mark.parametrize("width", [1280, 360])
def test_the_pages_that_list_and_compare_reports_have_cells_wide_enough_to_read(window, tmp_path, width):
    for name in ("one", "two"):
        shutil.copytree(PUBLISHED.parents[1] / "madry2018", tmp_path / name)
    compared = tmp_path / "compared.html"
    for command in (
        ["index", str(tmp_path)],
        ["compare", *map(str, (tmp_path / "one", tmp_path / "two")), "--html", str(compared)],
    ):
        assert CliRunner().invoke(main, command).exit_code == 0
    for file in (tmp_path / "index.html", compared):
        page = window.open(file, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        cells = page.locator(".listing :is(th, td)").evaluate_all(
            "all => all.map(e => [getComputedStyle(e).display, e.offsetWidth])"
        )
        assert {display for display, _ in cells} == {"table-cell"}
        assert min(each for _, each in cells) >= 80
