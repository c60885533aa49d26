"""The PDF is short, full and legible: pages, letters, order of chapters, every claim on one line of the appendix."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import mean

import pdftext
import pikepdf
import pytest

from harness.judge import judge
from harness.record.file import read
from harness.record.model import Record
from harness.report import render
from harness.report.sequence import as_the_paper_numbers

PUBLISHED = Path(__file__).parents[2] / "reports" / "published" / "szegedy2013" / "record"
MM = 72 / 25.4
PAGE, TOP, FOOT = (210 * MM, 297 * MM), 19 * MM, 17 * MM
"""Points: an A4 page, and the margins of the style sheet, in which only title, kind and number of the page stand."""
LEAST = 7.5
"""Points: the smallest letters."""
CHAPTERS = [
    "Certificate",
    "Summary",
    "How it was judged",
    "The paper’s numbers and ours",
    "Deviations",
    "Details the paper does not state",
    "Appendix",
]


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> tuple[Record, Path]:
    """The published record with its PDF: 156 claims on four tables and five lists."""
    folder, record = tmp_path_factory.mktemp("published"), read(PUBLISHED)
    assert not render(record, judge(record), folder).notes
    return record, folder / "report.pdf"


@pytest.fixture(scope="module")
def small(record, report) -> tuple[Record, Path]:
    """The sample record with its PDF: 16 claims on a table and a list, every outcome."""
    return record, report.written[0].parent / "report.pdf"


@pytest.fixture(params=["small", "published"])
def made(request) -> tuple[Record, Path]:
    return request.getfixturevalue(request.param)


def budget(record: Record) -> float:
    return 6 + 1.5 * len(record.paper.exhibits) + len(record.paper.claims) / 60


def test_the_pages_are_portrait_and_no_more_than_exhibits_and_claims_need(made):
    record, pdf = made
    with pikepdf.open(pdf) as opened:
        sizes = [tuple(map(float, page.mediabox[2:])) for page in opened.pages]
    assert len(sizes) <= budget(record)
    for size in sizes:
        assert size == pytest.approx(PAGE, abs=0.5)


def test_a_pack_of_which_nothing_was_run_takes_three_pages_however_many_claims_it_has(published, tmp_path):
    record = published[0].model_copy(update={"measurements": {}, "variants": {}, "pictures": {}, "jobs": {}})
    render(record, judge(record), tmp_path)
    pages = pdftext.pages(tmp_path / "report.pdf")
    assert len(pages) <= 3
    assert "every claim with the paper’s number" in " ".join("".join(pages).split())


def test_pages_are_three_quarters_full_on_average(made):
    _, pdf = made
    fills = []
    for letters, feet in zip(pdftext.letters(pdf), pdftext.pictures(pdf), strict=True):
        within = [foot for _, _, foot, _ in letters if FOOT <= foot <= PAGE[1] - TOP] + feet
        fills.append((PAGE[1] - TOP - min(within)) / (PAGE[1] - TOP - FOOT))
    assert mean(fills) >= 0.75, fills


def test_no_letter_is_smaller_than_seven_and_a_half_points(made):
    _, pdf = made
    small = {
        (round(size, 2), text) for page in pdftext.letters(pdf) for text, _, _, size in page if size < LEAST - 0.01
    }
    assert not small


def outline(pdf: Path) -> list[str]:
    with pikepdf.open(pdf) as opened, opened.open_outline() as tree:
        (title,) = tree.root
        return [chapter.title for chapter in title.children]


def test_the_certificate_takes_the_first_page_and_the_summary_begins_the_second(made):
    first, second, *_ = pdftext.pages(made[1])
    assert "How to check it again" in first
    assert re.search(r"harness verify specs/[\w-]+ --budget audit --runs 3", first)
    assert "Summary" in second.split("\n")[:4]


def test_the_chapters_stand_in_the_order_in_which_they_are_asked_for(made):
    found = outline(made[1])
    assert [title.split()[0] for title in found] == [title.split()[0] for title in CHAPTERS]
    assert found[1:] == CHAPTERS[1:]


def rows_of(node, found):
    """Collect of every row of a table the pages on which it stands."""
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary):
            if kid.get("/S") == "/TR":
                found.append(pages_of(kid, set()))
            else:
                rows_of(kid, found)


def pages_of(node, found):
    if "/Pg" in node:
        found.add(node.Pg.objgen)
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary):
            pages_of(kid, found)
    return found


def test_no_row_of_a_table_is_cut_by_the_end_of_a_page(made):
    record, pdf = made
    rows: list[set] = []
    with pikepdf.open(pdf) as opened:
        rows_of(opened.Root.StructTreeRoot, rows)
    assert len(rows) > len(record.paper.claims)
    assert max(map(len, rows)) == 1


def test_every_claim_stands_once_in_the_appendix_numbered_in_order_and_every_link_to_it_leads_there(made):
    record, pdf = made
    ids = list(as_the_paper_numbers(record.paper).by_id)
    page = (pdf.parent / "index.html").read_text()
    rows = re.findall(r'<tr data-claim="([^"]+)"><td>(\d+)</td>', page)
    assert rows == [(claim, str(number)) for number, claim in enumerate(ids, start=1)]
    with pikepdf.open(pdf) as opened:
        names = list(opened.Root.Names.Dests.Names)
        places = {str(name): place for name, place in zip(names[::2], names[1::2], strict=True)}
        order = {opened_page.objgen: number for number, opened_page in enumerate(opened.pages)}
        starts = [order[places[claim][0].objgen] for claim in ids]
        links = [str(note.Dest) for each in opened.pages for note in each.get("/Annots", []) if "/Dest" in note]
    assert starts == sorted(starts)
    first = next(n for n, text in enumerate(pdftext.pages(pdf)) if "Appendix" in text.split("\n") and n > 1)
    assert starts[0] >= first
    assert set(links) <= set(places)
    assert set(ids) <= set(links)
