"""A page of many claims stays small enough to open, says what it leaves out, and leaves out no claim."""

import re

import pytest
from records import claim, margin, measured
from records import record as record_of

from harness.judge import judge
from harness.record.model import MeasuredVariant
from harness.report import detail, render
from harness.report.detail import LARGEST, LEVELS, at_most_detail
from harness.spec.claim import Source
from harness.spec.paper import Assumption, Axis, Exhibit, Reading

CLAIMS = 100
FIXED = 200_000
"""Bytes of style, script and chapters that do not grow with the claims."""


@pytest.fixture(scope="module")
def many():
    """A record of a table of 100 claims, ten by ten, each measured under another reading too."""
    because = "2.8 standard deviations between pilot runs of the same network on the same images"
    pairs, cells = [], {}
    for row in range(10):
        for column in range(10):
            name, value = f"table-1/net-{row}/attack-{column}", 0.04 + 0.03 * row + 0.001 * column
            one = claim(
                name, printed=f"{100 * value:.1f}", margin=margin(absolute=0.5).model_copy(update={"because": because})
            )
            pairs.append((one, measured(name, [value + step for step in (0.001, 0.0, 0.002)])))
            cells[f"net-{row}/attack-{column}"] = name
    rows = tuple(Axis(name=f"net-{n}", label=f"Network {n} of the first kind") for n in range(10))
    columns = tuple(Axis(name=f"attack-{n}", label=f"Attack {n}") for n in range(10))
    exhibit = Exhibit(id="table-1", title="Error rates", source=Source(table=1), shape="table", rows=rows, columns=columns, cells=cells, claims=tuple(cells.values()))  # fmt: skip
    choice = Assumption(
        question="Which decay?", readings={"half": Reading(), "whole": Reading()}, chosen="half", because="Usual."
    )
    otherwise = {one.id: measured(one.id, [1.05 * run.measured.value for run in seen.runs]) for one, seen in pairs}
    made = record_of(
        *pairs, variants={"decay=whole": MeasuredVariant(readings={"decay": "whole"}, measurements=otherwise)}
    )
    return made.model_copy(
        update={"paper": made.paper.model_copy(update={"exhibits": (exhibit,), "assumptions": {"decay": choice}})}
    )


def test_a_tenth_of_a_thousand_claims_takes_a_tenth_of_the_largest_page(many, tmp_path, monkeypatch):
    most = FIXED + (LARGEST - FIXED) * CLAIMS // 1000
    monkeypatch.setattr(detail, "LARGEST", most)
    render(many, judge(many), tmp_path, pdf=False)
    page = (tmp_path / "index.html").read_text()
    assert len(page.encode()) <= most
    assert "this page leaves out" in page
    for name in many.paper.by_id:
        assert f'<tr data-claim="{name}">' in page
        assert f'id="{name}"' in page
        assert f"-k {name} " in page
    assert len(re.findall(r'<p class="sentence">Measured', page)) == CLAIMS


def test_a_page_of_usual_size_leaves_out_nothing(page):
    assert len(page.encode()) < LARGEST
    assert "this page leaves out" not in page
    assert all(
        part in page
        for part in ('<table class="runs">', "<dt>measured</dt>", "Measured against printed, with intervals")
    )


@pytest.mark.parametrize(("bytes_", "level"), [(10, 0), (LARGEST, 0), (LARGEST + 1, 1), (LARGEST * 2, 3)])
def test_detail_is_left_out_step_by_step_until_the_page_fits_or_nothing_is_left_to_leave_out(bytes_, level):
    tried = []

    def drawn(each):
        tried.append(each)
        return "x" * (bytes_ - 5 * len(tried) + 5)

    at_most_detail(drawn)
    assert tuple(tried) == LEVELS[: level + 1]


def test_each_step_names_the_files_that_have_what_it_leaves_out():
    told = [each.left_out for each in LEVELS]
    assert told[0] == ""
    assert [name in told[2] for name in ("runs.csv", "readings.csv", "verdicts.json")] == [True, True, False]
    assert "verdicts.json" in told[3]
