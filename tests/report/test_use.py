"""The page in use, in a browser: filter, search, sort, copy, links, commands; without script, on paper, for all eyes."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import shlex
from importlib import resources
from pathlib import Path

import pikepdf
import pytest
from browser import Tab, chromium

from harness.cli import main
from harness.record.file import write
from harness.report import render
from harness.report.cases import cases_of
from harness.report.margins import in_margins
from harness.spec.selection import matching

SHOWN = "[...document.querySelectorAll('tr[data-claim]')].filter(e => e.checkVisibility()).map(e => e.dataset.claim)"
TABLE = "document.querySelector('#exhibit-1 table')"


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        opened.ask("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
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


def choose(tab: Tab, name: str, value: str) -> list[str]:
    """Set one control as a reader does, and return the claims that are then seen."""
    field = f"document.querySelector('.controls [name={name}]')"
    tab.tell(f"({field}).value = {json.dumps(value)}; ({field}).dispatchEvent(new Event('input', {{bubbles: true}}))")
    return tab.tell(SHOWN)


def copied(tab: Tab, press: str) -> str:
    """Press a button, once it is there, and return what is then in the clipboard."""
    tab.ask("Page.bringToFront")
    soon = "new Promise(done => setTimeout(done, 20))"
    tab.tell(f"(async () => {{ while (!({press})) await {soon} }})()")
    tab.tell(f"navigator.clipboard.writeText('').then(() => {{ ({press}).click() }})")
    tab.tell(f"(async () => {{ while (!(await navigator.clipboard.readText())) await {soon} }})()")
    return tab.tell("navigator.clipboard.readText()")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_finds_nothing_to_complain_of_and_asks_for_nothing(tab, file, scheme):
    tab.ask("Network.enable")
    tab.open(file, 1280, scheme=scheme)
    tab.tell("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert tab.said == []
    assert tab.tell("performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:')).length") == 0
    ground = tab.tell("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 23, 26)"}[scheme]


def test_a_script_a_handler_or_a_style_that_is_not_the_page_s_own_has_no_effect(tab, file, tmp_path):
    text = file.read_text()
    foreign = '<script>window.foreign = 1</script><i id="t" style="position: fixed" onclick="window.foreign = 1">x</i>'
    changed = tmp_path / "index.html"
    changed.write_text(text.replace("<main>", f"<main>{foreign}", 1))
    tab.open(changed, 1280)
    tab.tell("document.getElementById('t').click()")
    assert tab.tell("window.foreign ?? null") is None
    assert tab.tell("getComputedStyle(document.getElementById('t')).position") == "static"
    assert len([each for each in tab.said if "Content Security Policy" in each]) >= 3


def test_without_scripts_there_are_no_controls_and_nothing_else_is_missing(tab, file, cases):
    seen = "document.body.innerText.replace(/\\s+/g, ' ')"
    tab.open(file, 1280, scripts=False)
    assert tab.tell("document.querySelector('.controls').checkVisibility()") is False
    assert tab.tell("document.querySelectorAll('button').length") == 1
    assert tab.tell(SHOWN) == list(cases)
    without = tab.tell(seen)
    tab.open(file, 1280)
    assert tab.tell("document.querySelector('.controls').checkVisibility()") is True
    missing = set(re.findall(r"[\w.]+", tab.tell(seen))) - set(re.findall(r"[\w.]+", without))
    controls = set(re.findall(r"[\w.]+", tab.tell("document.querySelector('.controls').innerText")))
    assert missing <= controls | {"filter", "sort", "search", "Copy", "the", "table", "CSV", "LaTeX"}


def test_filters_leave_the_claims_of_a_verdict_an_exhibit_a_rank_and_a_size(tab, file, cases):
    tab.open(file, 1280)
    every = list(cases)
    for look in {case.look for case in cases.values()}:
        assert choose(tab, "verdict", look.css) == [name for name in every if cases[name].look == look]
    refuted = tab.tell(SHOWN)
    assert 0 < len(refuted) < len(every)
    assert tab.tell("document.querySelector('.controls output').innerText") == f"{len(refuted)} of {len(every)} claims"
    choose(tab, "verdict", "")
    assert choose(tab, "exhibit", "exhibit-2") == [name for name in every if name.startswith("section-4/")]
    choose(tab, "exhibit", "")
    assert choose(tab, "primary", "no") == [name for name in every if not cases[name].verdict.primary]
    choose(tab, "primary", "")
    far = [name for name in every if (size := in_margins(cases[name])) is not None and abs(round(size, 1)) >= 2]
    assert 0 < len(far) < len(every)
    assert choose(tab, "margins", "2") == far
    tab.tell("document.querySelector('.controls button').click()")
    tab.tell("new Promise(r => setTimeout(r, 50))")
    assert tab.tell(SHOWN) == every


def test_a_search_finds_words_of_a_claim_s_line_id_and_story_and_stories_follow(tab, file, cases):
    tab.open(file, 1280)
    stories = "[...document.querySelectorAll('.story')].filter(e => e.checkVisibility()).map(e => e.querySelector('article').id)"
    assert choose(tab, "words", "FC10(10⁻²) distortion") == ["table-1/fc10-1e-2/distortion"]
    assert choose(tab, "words", "fools-others") == ["section-4/fools-others"]
    assert choose(tab, "words", "alexnet.npz") == ["section-4/imagenet"]
    assert tab.tell(stories) == ["section-4/imagenet"]
    assert choose(tab, "words", "no such words") == []


def test_a_heading_sorts_its_column_up_then_down_then_as_the_paper_has_it(tab, file, cases):
    tab.open(file, 1280)
    press = "document.querySelectorAll('.claim-lines .sorter')[6].click()"
    sizes = {name: size for name, case in cases.items() if (size := in_margins(case)) is not None}
    tab.tell(press)
    rising = tab.tell(SHOWN)
    assert [round(sizes[name], 1) for name in rising[: len(sizes)]] == sorted(round(size, 1) for size in sizes.values())
    assert set(rising[len(sizes) :]) == set(cases) - set(sizes)
    first = tab.tell("document.querySelector('tr[data-claim]').cells[1].innerText")
    case = cases[rising[0]]
    assert first.startswith(f"Table 1: {case.row}, " if case.column else "Section 4.2, ")  # it has left its group
    tab.tell(press)
    falling = tab.tell(SHOWN)
    assert [round(sizes[name], 1) for name in falling[: len(sizes)]] == sorted(
        (round(size, 1) for size in sizes.values()), reverse=True
    )
    assert tab.tell("document.querySelectorAll('.claim-lines th')[6].getAttribute('aria-sort')") == "descending"
    tab.tell(press)
    assert tab.tell(SHOWN) == list(cases)
    assert tab.tell("document.querySelector('tr[data-claim]').cells[1].innerText") == "Train error (%)"


def test_a_table_is_copied_as_csv_with_the_paper_s_number_ours_and_the_verdict_in_columns_of_their_own(
    tab, file, cases
):
    tab.open(file, 1280)
    text = copied(tab, f"{TABLE}.closest('.scroll').nextSibling.querySelectorAll('button')[0]")
    rows = list(csv.DictReader(io.StringIO(text)))
    table = [case for case in cases.values() if case.claim.id.startswith("table-1/")]
    assert len(rows) * 3 == len(table)
    flat = [(row[f"{column}, paper"], row[f"{column}, ours"], row[f"{column}, verdict"]) for row in rows for column in ("Train error (%)", "Test error, %", "Av. min. distortion")]  # fmt: skip
    assert [(paper, verdict) for paper, _, verdict in flat] == [
        (case.verdict.printed, case.look.word) for case in table
    ]
    for (_, ours, _), case in zip(flat, table, strict=True):
        assert float(ours) == pytest.approx(case.verdict.mean, abs=0.006)


def test_the_claims_are_copied_as_they_are_filtered_and_each_names_its_group(tab, file, cases):
    tab.open(file, 1280)
    choose(tab, "exhibit", "exhibit-1")
    text = copied(tab, "document.querySelector('#claims .copy button')")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["no."]) for row in rows] == list(range(1, 10))
    assert {row["where"] for row in rows} == {f"Table 1: {case.row}" for case in cases.values() if case.column}
    assert all(row["paper"] and float(row["in margins"]) is not None for row in rows)


def test_a_table_is_copied_as_latex_that_has_as_many_cells_in_every_row_and_no_letter_it_cannot_set(tab, file):
    tab.open(file, 1280)
    text = copied(tab, f"{TABLE}.closest('.scroll').nextSibling.querySelectorAll('button')[1]")
    (columns,) = re.findall(r"\\begin\{tabular\}\{([lr]+)\}", text)
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert columns == "lrrrrrr"
    assert len(rows) == 4
    assert all(len(re.split(r"(?<!\\)&", row)) == len(columns) for row in rows)
    assert re.search(r"FC10\(10\$\^\{-4\}\$\)", rows[1])
    assert r"Train error (\%), paper" in rows[0]
    assert text.isascii()


def test_the_permanent_link_of_a_claim_leads_to_its_story_even_where_a_filter_hid_it(tab, file):
    claim = "section-4/noise"
    story = f"document.getElementById('{claim}').closest('details')"
    tab.open(file, 1280, f"#{claim}")
    assert tab.tell(f"{story}.open")
    link = copied(tab, f"{story}.querySelector('.permanent + .copier')")
    assert link == f"{file.as_uri()}#{claim}"
    tab.open(file, 1280)
    choose(tab, "exhibit", "exhibit-1")
    assert not tab.tell(f"{story}.checkVisibility()")
    tab.tell(f"location.hash = '{claim}'; new Promise(r => setTimeout(r, 200))")
    assert tab.tell(f"{story}.open && {story}.checkVisibility()")
    assert 0 <= tab.tell(f"document.getElementById('{claim}').getBoundingClientRect().top") < 900


def test_each_claim_has_the_command_that_runs_it_alone_and_verify_takes_it(tab, file, record, cases):
    tab.open(file, 1280)
    names = [f"{record.paper.name}/{name}" for name in cases]
    for name in cases:
        words = shlex.split(
            tab.tell(f"document.getElementById({json.dumps(name)}).querySelector('.command').textContent")
        )
        assert words[:2] == ["harness", "verify"]
        taken = main.commands["verify"].make_context("verify", words[2:], resilient_parsing=True).params
        assert matching(words[words.index("-k") + 1], names, {}) == [f"{record.paper.name}/{name}"]
        assert (taken["budget"], taken["runs"]) == ("audit", 3)
    first = next(iter(cases))
    tab.open(file, 1280, f"#{first}")
    command = copied(tab, f"document.getElementById({json.dumps(first)}).querySelector('.command + .copier')")
    assert command == f"harness verify specs/szegedy2013 -k {first} --budget audit --runs 3"


def test_every_link_to_another_file_leads_to_one_that_is_there(tab, file):
    tab.open(file, 1280)
    links = tab.tell(
        "[...document.querySelectorAll('#contents p a')].map(e => decodeURIComponent(e.getAttribute('href')))"
    )
    assert "record/results.json" in links
    assert [link for link in links if not (file.parent / link).is_file()] == ["report.pdf"]  # not asked for here


def test_on_paper_every_claim_stands_whatever_was_filtered_and_no_control_does(tab, file, cases):
    tab.open(file, 1280)
    choose(tab, "words", "no such words")
    tab.tell(
        f"window.addEventListener('beforeprint', () => {{ window.printed = {SHOWN.replace('e.checkVisibility()', '!e.hidden')} }})"
    )
    pdf = base64.b64decode(tab.ask("Page.printToPDF")["data"])
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert 2 < len(opened.pages) < 60
    assert tab.tell("window.printed") == list(cases)
    assert tab.tell(SHOWN) == []
    tab.ask("Emulation.setEmulatedMedia", media="print")
    hidden = ".controls, .contents, .copy, .copier, .heard, .story"
    assert tab.tell(f"[...document.querySelectorAll('{hidden}')].some(e => e.checkVisibility())") is False


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")])
def test_the_page_never_scrolls_sideways_and_axe_finds_no_barrier(tab, file, width, scheme):
    pytest.importorskip("axe_core_python")
    axe = resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    tab.open(file, width, scheme=scheme)
    tab.tell("document.querySelectorAll('details').forEach(each => each.open = true)")
    tab.tell("document.querySelector('.claim-lines .sorter').click()")
    assert tab.tell("document.documentElement.scrollWidth") <= width
    tab.tell(axe)
    found = tab.tell(
        "axe.run({resultTypes: ['violations']}).then(r => r.violations.map(v => [v.id, v.nodes.length, v.nodes[0].html]))"
    )
    assert found == []
