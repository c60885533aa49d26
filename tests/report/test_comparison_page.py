"""The page of a comparison: what differs stands first, with both numbers, verdicts and links to the reports."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.judge import judge
from harness.record.file import write
from harness.report import render

FAR, OPEN, GONE, NEW = (
    "table-1/fc10-1/test-error",
    "table-1/fc10-1e-2/test-error",
    "table-1/fc10-1e-4/test-error",
    "section-4/noise",
)


def call(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def text(html):
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def moved(measurement, by, runs=3):
    kept = measurement.runs[:runs]
    return measurement.model_copy(
        update={
            "inputs": "other",
            "runs": tuple(
                run.model_copy(
                    update={
                        "measured": run.measured.model_copy(update={"value": run.measured.value + by, "count": None})
                    }
                )
                for run in kept
            ),
        }
    )


@pytest.fixture
def two(record, tmp_path):
    """Two reports: in the second one number really changed, one verdict is open, one claim is not measured."""
    found = dict(record.measurements)
    found |= {FAR: moved(found[FAR], 0.05), OPEN: moved(found[OPEN], 0.0, runs=1)}
    del found[GONE]
    other = record.model_copy(
        update={"measurements": found, "paper": record.paper.model_copy(update={"seed": 7}), "pictures": {}}
    )
    for name, each in (("one", record), ("two", other)):
        write(each, tmp_path / name / "record")
    render(record, judge(record), tmp_path / "one", tmp_path / "one" / "record" / "results.json", pdf=False)
    return tmp_path / "one", tmp_path / "two"


@pytest.fixture
def page(two, tmp_path):
    result = call("compare", *two, "--html", tmp_path / "pages" / "comparison.html")
    assert result.exit_code == 1, result.output
    assert result.stderr.splitlines()[-1] == str(tmp_path / "pages" / "comparison.html")
    return (tmp_path / "pages" / "comparison.html").read_text()


def groups(page):
    """Heading -> ids of the claims beneath it, in the order of the page."""
    found = {}
    for part in re.split(r"<h3>", page.partition('<section id="claims">')[2].partition('<section id="provenance"')[0])[
        1:
    ]:
        heading = re.sub(r" \(\d+\)$", "", text(part.partition("</h3>")[0]))
        found[heading] = re.findall(r'<tr id="([^"]*)"', part)
    return found


def test_claims_that_really_changed_stand_first_then_other_verdicts_and_what_is_the_same_last(page, record):
    found = groups(page)
    headings = list(found)
    assert headings[0].startswith("Really changed")
    assert found[headings[0]] == [FAR]
    assert found["Another verdict, but the number is not shown to differ"] == [OPEN]
    assert found["Only in A"] == [GONE]
    assert headings[-1] == "The same within the margin, with the same verdict"
    listed = [claim for claims in found.values() for claim in claims]
    assert sorted(listed) == sorted(record.paper.by_id)


def test_a_row_shows_the_printed_number_both_numbers_with_their_verdicts_and_the_difference(page):
    row = text(re.search(rf'<tr id="{FAR}">.*?</tr>', page, re.DOTALL)[0])
    for words in ("20 %", "21.65 %", "26.65 %", "not reproduced", "worse, 3 runs", "+5 points", "differs"):
        assert words in row
    gone = text(re.search(rf'<tr id="{GONE}">.*?</tr>', page, re.DOTALL)[0])
    assert "not measured ○ not run" in gone
    assert "only in A" in gone


def test_the_page_says_the_tally_what_else_differs_and_by_which_source_each_was_computed(page):
    said = text(page)
    for words in (
        "1 claim really changed.",
        "1 only in A",
        "harness 0.1.0 at commit 3f2a9c71d0be",
        "What else differs",
    ):
        assert words in said
    assert re.search(r"<tr><th scope=\"row\">seed</th><td class=\"long\">1312</td><td class=\"long\">7</td>", page)


def test_a_verdict_links_to_its_claim_in_the_report_that_is_there_and_to_no_other(page, two):
    links = re.findall(r'href="([^"]*)"', page)
    assert f"../one/index.html#{FAR}" in links
    assert all(link.startswith("../one/index.html") for link in links)
    report = (two[0] / "index.html").read_text()
    assert all(f'id="{link.partition("#")[2]}"' in report for link in links if "#" in link)


def test_the_page_needs_no_script_and_its_policy_forbids_all_but_its_own_style(page):
    assert "<script" not in page
    assert not re.search(r"\son\w+=", page)
    assert "default-src 'none'; style-src 'sha256-" in page
    assert ' style="' not in page


def test_a_comparison_that_is_there_is_left_alone_and_a_file_of_other_origin_is_an_error(two, tmp_path):
    file = tmp_path / "page.html"
    assert call("compare", *two, "--html", file).exit_code == 1
    assert call("compare", *two, "--html", file).stderr.splitlines()[-1] == f"{file} (unchanged)"
    file.write_text("mine")
    result = call("compare", *two, "--html", file)
    assert (result.exit_code, result.stdout, file.read_text()) == (2, "", "mine")
    assert "is no comparison that harness wrote" in result.stderr


def test_with_json_the_document_stands_alone_on_stdout_and_the_page_is_written_too(two, tmp_path):
    result = call("compare", *two, "--json", "--html", tmp_path / "page.html")
    assert json.loads(result.stdout)["changed"] == [FAR]
    assert (tmp_path / "page.html").is_file()


def test_a_record_beside_itself_has_all_its_claims_in_one_group(two, tmp_path, record):
    assert call("compare", two[0], two[0], "--html", tmp_path / "page.html").exit_code == 0
    page = (tmp_path / "page.html").read_text()
    assert "No claim really changed." in text(page)
    assert "Nothing recorded differs" in text(page)
    assert list(groups(page))[-1].startswith("The same")
    assert not [heading for heading in groups(page) if heading.startswith(("Really", "Another", "Differ"))]
