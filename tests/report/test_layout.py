"""However wide a table and however long its labels, every number reaches the page, or a sentence says which does not."""

from __future__ import annotations

import csv
import re
from itertools import pairwise

import pdftext
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import claim, margin, measured, record

from harness.judge import judge
from harness.record.model import Record
from harness.report import render
from harness.report.cases import cases_of
from harness.report.cells import column_decimals, ours
from harness.report.layout import PAGE, USUAL, parts
from harness.report.pdf import make_pdf
from harness.spec.paper import Axis, Exhibit


def label(place: int, length: int) -> str:
    """A label without a space, and like no other."""
    return f"{place}_{'robust_error_under_autoattack_' * 12}"[:length]


def printed_table(rows: int, columns: int, length: int, values=lambda n: 3.1 + 0.7 * n, unit: str = "%") -> Record:
    """A record of a table of which every cell prints another number, and measures it."""
    pairs, cells = [], {}
    for n in range(rows * columns):
        place, number = divmod(n, columns), values(n)
        printed = f"{number:.1f}" if abs(number) > 0.1 else f"{number:.0e}"
        one = claim(
            f"t/r{place[0]}/c{place[1]}", printed=printed, unit=unit, margin=margin(relative=0.1), data="digits/test"
        )
        cells[f"r{place[0]}/c{place[1]}"] = one.id
        value = number * one.expected.scale
        pairs.append((one, measured(one.id, [0.999 * value, value, 1.001 * value], of=None, counted=False)))
    exhibit = Exhibit(
        id="t",
        title="Error under attack",
        source=pairs[0][0].source,
        shape="table",
        rows=tuple(Axis(name=f"r{n}", label=label(n, length)) for n in range(rows)),
        columns=tuple(Axis(name=f"c{n}", label=label(n, length)) for n in range(columns)),
        cells=cells,
        claims=tuple(each.id for each, _ in pairs),
    )
    made = record(*pairs)
    return made.model_copy(update={"paper": made.paper.model_copy(update={"exhibits": (exhibit,)})})


@pytest.mark.parametrize(
    ("rows", "columns", "length"),
    [(2, 4, 46), (2, 2, 88), (1, 1, 300), (1, 5, 200), (1, 22, 8), (1, 9, 300), (18, 1, 3)],
)
def test_every_number_of_the_results_is_on_a_page(tmp_path, rows, columns, length):
    made = printed_table(rows, columns, length)
    verdicts = judge(made)
    rendered = render(made, verdicts, tmp_path)
    assert not rendered.notes
    tables = "\n".join(pdftext.pages(tmp_path / "report.pdf")).partition("Appendix")[0].split()
    cases = cases_of(made, verdicts)
    with (tmp_path / "results.csv").open() as file:
        results = list(csv.DictReader(file))
    assert len(results) == rows * columns
    for row in results:
        mean = cases[row["claim"]].mean
        assert float(mean) == pytest.approx(float(row["mean"]), rel=1e-3)
        assert row["printed"] in tables, row["claim"]
        assert mean in tables, row["claim"]


@pytest.mark.parametrize("values", [lambda n: 1.5 * 10.0 ** (12 + 9 * n), lambda n: 2 * 10.0 ** -(4 + 3 * n)])
def test_huge_and_tiny_numbers_reach_the_page_whole(tmp_path, values):
    made = printed_table(2, 3, 8, values, "number")
    verdicts = judge(made)
    assert not render(made, verdicts, tmp_path).notes
    words = "\n".join(pdftext.pages(tmp_path / "report.pdf")).partition("Appendix")[0].split()
    cases = cases_of(made, verdicts).values()
    for case in cases:
        shown = ours(case, column_decimals(each for each in cases if each.column == case.column))
        assert float(shown.replace("−", "-")) == pytest.approx(case.verdict.mean, rel=1e-2)
        assert shown in words
        assert case.verdict.printed in words


def test_a_drawing_of_many_rows_is_cut_into_parts_that_fit_a_page(tmp_path):
    render(printed_table(60, 1, 10), judge(printed_table(60, 1, 10)), tmp_path, pdf=False)
    heights = [
        float(height) for height in re.findall(r'<svg [^>]*height="(\d+)"', (tmp_path / "index.html").read_text())
    ]
    assert len(heights) > 2
    assert max(heights) <= 5.9 * 96 + 1


@pytest.mark.parametrize("length", [3, 300])
def test_labels_that_are_alike_once_they_are_cut_are_numbered(tmp_path, length):
    made = printed_table(3, 1, 8)
    axes = tuple(
        Axis(name=f"r{n}", label="a" * 150 + "bcd"[n] + "a" * 150 if length == 300 else "aaa") for n in range(3)
    )
    exhibit = made.paper.exhibits[0].model_copy(update={"rows": axes})
    made = made.model_copy(update={"paper": made.paper.model_copy(update={"exhibits": (exhibit,)})})
    render(made, judge(made), tmp_path, pdf=False)
    lines = re.findall(r"<text[^>]*>(\d: a+)<", (tmp_path / "index.html").read_text())
    assert len(set(lines)) == (3 if length == 300 else 0)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(1, 300), st.integers(0, 12))
def test_a_table_is_cut_into_parts_none_of_which_is_wider_than_its_page(columns, length, size):
    made = printed_table(2, columns, length, lambda n: 10.0**size + n)
    cases = list(cases_of(made, judge(made)).values())
    rows = [(label(n, length), cases[n * columns : (n + 1) * columns]) for n in range(2)]
    headings = [label(n, length) for n in range(columns)]
    setting, cut = parts(rows, headings)
    assert [part.first for part in cut] == [0, *(part.end for part in cut[:-1])]
    assert cut[-1].end == columns
    assert all(before.end == after.first < after.end for before, after in pairwise(cut))
    for part in cut:
        assert len(part.shares) == part.end - part.first + 1
        assert sum(part.shares) == pytest.approx(100, abs=0.1)
    narrowest = min(share for part in cut for share in part.shares) / 100 * PAGE
    assert narrowest >= 5 * setting.size + setting.padding


def test_a_table_without_columns_has_no_parts():
    assert parts([], []) == (USUAL, ())


@pytest.mark.parametrize(
    "style",
    [
        "white-space: nowrap",
        "position: absolute; left: 90%; white-space: nowrap",
        "margin-top: -3000px; white-space: nowrap",
    ],
)
def test_text_that_runs_off_a_page_is_told(tmp_path, style):
    page = tmp_path / "index.html"
    page.write_text(
        '<html lang="en"><title>t</title><body><!-- what the PDF cannot show --><p>seen</p>'
        f'<p style="{style}">{"lost " * 60}</p>'
    )
    made = make_pdf(page, tmp_path / "out.pdf", identifier="whole", incomplete="in-part", when=0)
    assert not made.failure
    (note,) = made.notes
    assert note.startswith("The PDF cannot show 1 part of the page, beyond the edge of page 1 ('lost lost")
    assert "The PDF cannot show 1 part of the page" in pdftext.pages(tmp_path / "out.pdf")[0].replace("\n", " ")
    assert b"in-part" in (tmp_path / "out.pdf").read_bytes()


def test_a_drawing_taller_than_its_page_is_told(tmp_path):
    page = tmp_path / "index.html"
    page.write_text(
        '<html lang="en"><title>t</title><body><!-- what the PDF cannot show -->'
        '<svg role="img" width="10" height="2000"><rect width="10" height="2000"/></svg>'
    )
    made = make_pdf(page, tmp_path / "out.pdf", identifier="whole", incomplete="in-part", when=0)
    assert "('a drawing')" in made.notes[0]
