"""What is printed and has no claim keeps its place in the page and in results.csv, and is counted nowhere."""

from __future__ import annotations

import csv
import re
import xml.etree.ElementTree as ET

import pytest

from harness.judge import exit_status, judge
from harness.record.file import read, write
from harness.report import render
from harness.report.coverage import coverage_of
from harness.spec.claim import Source
from harness.spec.paper import Axis, NotExpressible

TABLE, PROSE = Source(table=1, page=6), Source(section="4.2")
WHY, TORN = "needs maxout units, <which> harness has not got", "the page is torn here"


def gap(name, source, printed, **more):
    return NotExpressible(id=name, source=source, printed=printed, **{"why": WHY, **more})


def with_gaps(record):
    """The sample record with a row and a statement that no claim is made of."""
    table, prose = record.paper.exhibits
    rows = (*table.rows[:1], Axis(name="fc1600", label="FC1600"), *table.rows[1:])
    numbers = (
        gap("table-1/fc1600/train-error", TABLE, "0.94", unit="%", place=3),
        gap("table-1/fc1600/test-error", TABLE, "0.84", unit="%", place=3, relation="at_most", why=TORN),
        gap("table-1/fc1600/distortion", TABLE, "0.0731", unit="distortion", place=3),
    )
    said = gap("section-4/imagenet-2", PROSE, "0.0065", says="Larger images need less.", unit="distortion", place=2)
    exhibits = (
        table.model_copy(update={"rows": rows, "not_expressible": numbers}),
        prose.model_copy(update={"not_expressible": (said,)}),
    )
    return record.model_copy(update={"paper": record.paper.model_copy(update={"exhibits": exhibits})})


@pytest.fixture(scope="module")
def folder(record, tmp_path_factory):
    made = with_gaps(record)
    return render(made, judge(made), tmp_path_factory.mktemp("gaps"), pdf=False).written[0].parent


@pytest.fixture(scope="module")
def html(folder):
    return (folder / "index.html").read_text()


def text(markup):
    return " ".join(re.sub(r"<[^>]*>", " ", markup).split())


def test_the_row_stands_where_the_paper_prints_it_with_its_numbers(html):
    rows = re.findall(r"<tr>\n<th scope=\"row\".*?</tr>", html, re.DOTALL)
    (row,) = [each for each in rows if "FC1600" in each]
    assert rows.index(row) == 1
    cells = [text(cell) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)]
    assert cells == [
        "0.94 not expressible, note 1",
        "≤ 0.84 not expressible, note 2",
        "0.0731 not expressible, note 1",
    ]


def test_each_note_says_why_and_every_link_to_one_leads_there(html):
    notes = re.findall(r'<li id="(exhibit-1-note-\d)">(.*?)</li>', html)
    assert [(name, text(note)) for name, note in notes] == [
        ("exhibit-1-note-1", "Not expressible: needs maxout units, &lt;which&gt; harness has not got"),
        ("exhibit-1-note-2", f"Not expressible: {TORN}"),
    ]
    assert set(re.findall(r'href="#(exhibit-1-note-\d)"', html)) == {name for name, _ in notes}


def test_a_statement_without_a_claim_stands_between_its_neighbours(html):
    (table,) = re.findall(r'<table class="statements sortable">.*?</table>', html, re.DOTALL)
    statements = [text(each) for each in re.findall(r"<tr>(.*?)</tr>", table)][1:]
    assert (
        statements[2]
        == f"– Larger images need less. {WHY.replace('<', '&lt;').replace('>', '&gt;')} 0.0065 not expressible"
    )
    assert [line.split()[0] for line in statements] == ["10", "11", "–", "12", "13", "14", "15", "16"]


def test_the_page_says_how_much_is_covered_in_all_and_by_exhibit(record, html):
    (verified,) = re.findall(r"<dt>Verified</dt><dd>(.*?)</dd>", html)
    assert verified.endswith(f"; {coverage_of(with_gaps(record).paper)}")
    assert "Table 1, p. 6: 9 of 12 printed numbers have a claim and 3 are not expressible." in text(html)


def test_results_csv_has_a_row_for_each_in_its_place_and_without_an_outcome(record, folder):
    with (folder / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    without = [row for row in rows if row["reason"] == "not-expressible"]
    assert [(row["claim"], row["row"], row["column"], row["printed"], row["unit"]) for row in without] == [
        ("table-1/fc1600/train-error", "FC1600", "Train error (%)", "0.94", "%"),
        ("table-1/fc1600/test-error", "FC1600", "Test error", "0.84", "%"),
        ("table-1/fc1600/distortion", "FC1600", "Av. min. distortion", "0.0731", "distortion"),
        ("section-4/imagenet-2", "imagenet-2", "", "0.0065", "distortion"),
    ]
    assert all((row["outcome"], row["mean"], row["n"], row["primary"]) == ("", "", "0", "False") for row in without)
    assert [row["sentence"] for row in without] == [WHY, TORN, WHY, WHY]
    ids = [row["claim"] for row in rows]
    assert ids.index("table-1/fc1600/train-error") == 3
    assert [name for name in ids if name in record.paper.by_id] == list(record.paper.by_id)


def test_no_verdict_no_testcase_and_no_exit_status_comes_of_it(record, folder):
    made = with_gaps(record)
    assert judge(made) == judge(record)
    assert exit_status(judge(made)) == exit_status(judge(record))
    cases = ET.parse(folder / "junit.xml").getroot().iter("testcase")  # noqa: S314  written by the test itself
    assert len(list(cases)) == len(record.paper.claims)


def test_a_record_keeps_what_has_no_claim(record, tmp_path):
    made = with_gaps(record)
    write(made, tmp_path)
    assert read(tmp_path).paper == made.paper


def test_a_table_of_which_no_cell_has_a_claim_is_still_shown(record, tmp_path):
    table = with_gaps(record).paper.exhibits[0]
    bare = table.model_copy(update={"rows": table.rows[1:2], "cells": {}, "claims": ()})
    made = record.model_copy(
        update={"measurements": {}, "paper": record.paper.model_copy(update={"claims": (), "exhibits": (bare,)})}
    )
    page = (render(made, judge(made), tmp_path, pdf=False).written[0].parent / "index.html").read_text()
    assert "none of the 3 printed numbers is expressible." in text(page)
    assert "0.0731" in text(page)
