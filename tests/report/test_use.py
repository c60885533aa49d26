"""The page in use, in a browser: filter, search, sort, copy, links, commands; without script, on paper, for all eyes."""

from __future__ import annotations

import csv
import io
import re
import shlex
from importlib import resources
from pathlib import Path
from urllib.parse import unquote

import pikepdf
import pytest
from browser import chromium
from playwright.sync_api import Locator, Page

from harness.cli import main
from harness.record.file import write
from harness.report import render
from harness.report.cases import cases_of
from harness.report.margins import in_margins
from harness.spec.selection import matching

SHOWN = "all => all.filter(e => e.checkVisibility()).map(e => e.dataset.claim)"


@pytest.fixture(scope="module")
def window():
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def file(record, verdicts, tmp_path_factory) -> Path:
    """The page of the sample record, which lies beside its record as a report does."""
    folder = tmp_path_factory.mktemp("use")
    write(record, folder / "record")
    render(record, verdicts, folder, folder / "record" / "results.json", pdf=False)
    return folder / "index.html"


@pytest.fixture(scope="module")
def cases(record, verdicts):
    return cases_of(record, verdicts)


def shown(page: Page) -> list[str]:
    """Return the claims whose lines are seen, from top to bottom."""
    return page.locator("tr[data-claim]").evaluate_all(SHOWN)


def controls(page: Page) -> Locator:
    return page.locator(".controls")


def story(page: Page, claim: str) -> Locator:
    """Return what is told of a claim at length."""
    return page.locator("details.story").filter(has=page.locator(f'[id="{claim}"]'))


def opened(page: Page) -> Page:
    """Return a page with all that is folded in it unfolded."""
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
    return page


def copied(button: Locator) -> str:
    """Press a button and return what is then in the clipboard."""
    page = button.page
    page.evaluate("navigator.clipboard.writeText('')")
    button.click()
    return page.wait_for_function("navigator.clipboard.readText()").json_value()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_finds_nothing_to_complain_of_and_asks_for_nothing(window, file, scheme):
    page = opened(window.open(file, 1280, scheme=scheme))
    assert window.said == []
    assert (
        page.evaluate("performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:')).length") == 0
    )
    assert page.locator("img").evaluate_all("all => all.every(each => each.naturalWidth > 0)")
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 23, 26)"}[scheme]


def test_a_script_a_handler_or_a_style_that_is_not_the_page_s_own_has_no_effect(window, file, tmp_path):
    text = file.read_text()
    foreign = '<script>window.foreign = 1</script><i id="t" style="position: fixed" onclick="window.foreign = 1">x</i>'
    changed = tmp_path / "index.html"
    changed.write_text(text.replace("<main>", f"<main>{foreign}", 1))
    page = window.open(changed, 1280)
    page.locator("#t").click()
    assert page.evaluate("window.foreign ?? null") is None
    assert page.locator("#t").evaluate("e => getComputedStyle(e).position") == "static"
    assert len([each for each in window.said if "Content Security Policy" in each]) >= 3


def test_without_scripts_there_are_no_controls_and_nothing_else_is_missing(window, file, cases):
    page = window.open(file, 1280, scripts=False)
    assert not controls(page).is_visible()
    assert page.locator("button").count() == 1
    assert shown(page) == list(cases)
    without = words(page.locator("body"))
    page = window.open(file, 1280)
    assert controls(page).is_visible()
    missing = words(page.locator("body")) - without
    assert missing <= words(controls(page)) | {"filter", "sort", "search", "Copy", "the", "table", "CSV", "LaTeX"}


def words(element: Locator) -> set[str]:
    return set(re.findall(r"[\w.]+", element.inner_text()))


def test_filters_leave_the_claims_of_a_verdict_an_exhibit_a_rank_and_a_size(window, file, cases):
    page = window.open(file, 1280)
    every = list(cases)
    for look in {case.look for case in cases.values()}:
        number = len([case for case in cases.values() if case.look == look])
        controls(page).get_by_label("verdict").select_option(label=f"{look.word} ({number})")
        assert shown(page) == [name for name in every if cases[name].look == look]
    refuted = shown(page)
    assert 0 < len(refuted) < len(every)
    assert page.locator(".controls output").inner_text() == f"{len(refuted)} of {len(every)} claims"
    controls(page).get_by_label("verdict").select_option("any")
    controls(page).get_by_label("exhibit").select_option("exhibit-2")
    assert shown(page) == [name for name in every if name.startswith("section-4/")]
    controls(page).get_by_label("exhibit").select_option("any")
    controls(page).get_by_label("primary").select_option("secondary")
    assert shown(page) == [name for name in every if not cases[name].verdict.primary]
    controls(page).get_by_label("primary").select_option("any")
    controls(page).get_by_label("off by at least").fill("2")
    far = [name for name in every if (size := in_margins(cases[name])) is not None and abs(round(size, 1)) >= 2]
    assert 0 < len(far) < len(every)
    assert shown(page) == far
    page.get_by_role("button", name="Show all").click()
    assert shown(page) == every


def test_a_search_finds_words_of_a_claim_s_line_id_and_story_and_stories_follow(window, file):
    page = window.open(file, 1280)
    for sought, found in [
        ("FC10(10⁻²) distortion", ["table-1/fc10-1e-2/distortion"]),
        ("fools-others", ["section-4/fools-others"]),
        ("alexnet.npz", ["section-4/imagenet"]),
    ]:
        controls(page).get_by_label("with the words").fill(sought)
        assert shown(page) == found
    assert page.locator(".story:visible").count() == 1
    assert story(page, "section-4/imagenet").is_visible()
    controls(page).get_by_label("with the words").fill("no such words")
    assert shown(page) == []


def test_a_heading_sorts_its_column_up_then_down_then_as_the_paper_has_it(window, file, cases):
    page = window.open(file, 1280)
    heading = page.locator(".claim-lines").get_by_role("columnheader", name="in margins")
    first = page.locator("tr[data-claim] th:visible").first
    sizes = {name: size for name, case in cases.items() if (size := in_margins(case)) is not None}
    heading.get_by_role("button").click()
    rising = shown(page)
    assert [round(sizes[name], 1) for name in rising[: len(sizes)]] == sorted(round(size, 1) for size in sizes.values())
    assert set(rising[len(sizes) :]) == set(cases) - set(sizes)
    case = cases[rising[0]]
    assert first.inner_text().startswith(f"Table 1: {case.row}, " if case.column else "Section 4.2, ")  # left its group
    heading.get_by_role("button").click()
    falling = shown(page)
    assert [round(sizes[name], 1) for name in falling[: len(sizes)]] == sorted(
        (round(size, 1) for size in sizes.values()), reverse=True
    )
    assert heading.get_attribute("aria-sort") == "descending"
    heading.get_by_role("button").click()
    assert shown(page) == list(cases)
    assert first.inner_text() == "Train error (%)"


def test_a_table_is_copied_as_csv_with_the_paper_s_number_ours_and_the_verdict_in_columns_of_their_own(
    window, file, cases
):
    page = window.open(file, 1280)
    text = copied(page.locator("#exhibit-1").get_by_role("button", name="CSV").first)
    rows = list(csv.DictReader(io.StringIO(text)))
    table = [case for case in cases.values() if case.claim.id.startswith("table-1/")]
    assert len(rows) * 3 == len(table)
    flat = [(row[f"{column}, paper"], row[f"{column}, ours"], row[f"{column}, verdict"]) for row in rows for column in ("Train error (%)", "Test error, %", "Av. min. distortion")]  # fmt: skip
    assert [(paper, verdict) for paper, _, verdict in flat] == [
        (case.verdict.printed, case.look.word) for case in table
    ]
    for (_, ours, _), case in zip(flat, table, strict=True):
        assert float(ours) == pytest.approx(case.verdict.mean, abs=0.006)


def test_the_claims_are_copied_as_they_are_filtered_and_each_names_its_group(window, file, cases):
    page = window.open(file, 1280)
    controls(page).get_by_label("exhibit").select_option("exhibit-1")
    text = copied(page.locator("#claims").get_by_role("button", name="CSV"))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["no."]) for row in rows] == list(range(1, 10))
    assert {row["where"] for row in rows} == {f"Table 1: {case.row}" for case in cases.values() if case.column}
    assert all(row["paper"] and float(row["in margins"]) is not None for row in rows)


def test_a_table_is_copied_as_latex_that_has_as_many_cells_in_every_row_and_no_letter_it_cannot_set(window, file):
    page = window.open(file, 1280)
    text = copied(page.locator("#exhibit-1").get_by_role("button", name="LaTeX").first)
    (columns,) = re.findall(r"\\begin\{tabular\}\{([lr]+)\}", text)
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert columns == "lrrrrrr"
    assert len(rows) == 4
    assert all(len(re.split(r"(?<!\\)&", row)) == len(columns) for row in rows)
    assert re.search(r"FC10\(10\$\^\{-4\}\$\)", rows[1])
    assert r"Train error (\%), paper" in rows[0]
    assert text.isascii()


def test_the_permanent_link_of_a_claim_leads_to_its_story_even_where_a_filter_hid_it(window, file):
    claim = "section-4/noise"
    page = window.open(file, 1280, f"#{claim}")
    link = copied(story(page, claim).get_by_role("button", name="copy link"))
    assert link == f"{file.as_uri()}#{claim}"
    page = window.open(file, 1280)
    controls(page).get_by_label("exhibit").select_option("exhibit-1")
    assert not story(page, claim).is_visible()
    page.evaluate(f"location.hash = '{claim}'")
    told = page.locator(f'[id="{claim}"]')
    told.wait_for(state="visible")
    assert story(page, claim).get_attribute("open") is not None
    assert 0 <= told.bounding_box()["y"] < 900


def test_a_mark_of_the_certificate_leads_to_the_story_of_its_claim(window, file, cases):
    page = window.open(file, 1280)
    claim = next(iter(cases))
    page.locator(".glance .dot").first.click()
    page.locator(f'[id="{claim}"]').wait_for(state="visible")
    assert page.url.endswith(f"#{claim}")


def test_each_claim_has_the_command_that_runs_it_alone_and_verify_takes_it(window, file, record, cases):
    page = window.open(file, 1280)
    names = [f"{record.paper.name}/{name}" for name in cases]
    for name in cases:
        typed = shlex.split(story(page, name).locator(".command").text_content())
        assert typed[:2] == ["harness", "verify"]
        taken = main.commands["verify"].make_context("verify", typed[2:], resilient_parsing=True).params
        assert matching(typed[typed.index("-k") + 1], names, {}) == [f"{record.paper.name}/{name}"]
        assert (taken["budget"], taken["runs"]) == ("audit", 3)
    first = next(iter(cases))
    page = window.open(file, 1280, f"#{first}")
    command = copied(story(page, first).locator(".command + .copier"))
    assert command == f"harness verify specs/szegedy2013 -k {first} --budget audit --runs 3"


def test_every_link_to_another_file_leads_to_one_that_is_there(window, file):
    page = window.open(file, 1280)
    links = [unquote(each.get_attribute("href")) for each in page.locator("#contents p a").all()]
    assert "record/results.json" in links
    assert [link for link in links if not (file.parent / link).is_file()] == ["report.pdf"]  # not asked for here


def test_on_paper_every_claim_stands_whatever_was_filtered_and_no_control_does(window, file, cases):
    page = window.open(file, 1280)
    controls(page).get_by_label("with the words").fill("no such words")
    unfiltered = "[...document.querySelectorAll('tr[data-claim]')].filter(e => !e.hidden).map(e => e.dataset.claim)"
    page.evaluate(f"window.addEventListener('beforeprint', () => {{ window.printed = {unfiltered}; }})")
    with pikepdf.open(io.BytesIO(page.pdf())) as printed:
        assert 2 < len(printed.pages) < 60
    assert page.evaluate("window.printed") == list(cases)
    assert shown(page) == []
    page.emulate_media(media="print")
    for hidden in (".controls", ".contents", ".copy", ".copier", ".heard", ".story"):
        assert page.locator(f"{hidden}:visible").count() == 0


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")])
def test_the_page_never_scrolls_sideways_and_axe_finds_no_barrier(window, file, width, scheme):
    axe = resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    page = opened(window.open(file, width, scheme=scheme))
    page.locator(".claim-lines").get_by_role("button", name="no.").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(axe)
    found = page.evaluate(
        "axe.run({resultTypes: ['violations']}).then(r => r.violations.map(v => [v.id, v.nodes.length, v.nodes[0].html]))"
    )
    assert found == []
