"""The page: whole, self-contained, complete, safe, and legible without colour."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import shlex
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from records import claim, distortion, margin, measured
from records import record as record_of

from harness.cli import main
from harness.judge import judge
from harness.record.file import write
from harness.report import render
from harness.report.drawing import wrapped
from harness.report.machine import MARKS
from harness.report.templates import templates_folder
from harness.spec.claim import Source
from harness.spec.paper import Assumption, Bibliography, Exhibit, Reading

OWN = {"report.pdf", *MARKS, "manifest.sha256"}
VOID = {"meta", "br", "hr", "img", "link", "input", "col", "wbr"}


class Outline(HTMLParser):
    """What a test wants to know of a page; a tag closed out of turn is an error."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> at {self.getpos()} closes another element"

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.text.append(data)

    def all(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.tags if name in attributes]


@pytest.fixture(scope="module")
def outline(page):
    return Outline(page)


def test_every_element_is_closed_in_turn(outline):
    assert not outline.open
    assert outline.tags[0] == ("html", {"lang": "en"})


def test_no_two_elements_share_an_id_and_every_reference_within_the_page_leads_somewhere(page, outline):
    ids = outline.all("id")
    assert len(ids) == len(set(ids))
    inside = [unquote(href[1:]) for href in outline.all("href") + outline.all("xlink:href") if href.startswith("#")]
    inside += re.findall(r"url\(#([^)]+)\)", page) + outline.all("aria-labelledby")
    assert len(inside) > 50
    assert not set(inside) - set(ids)


def test_every_claim_has_its_anchor(record, outline):
    assert set(record.paper.by_id) <= set(outline.all("id"))


def test_the_page_asks_for_nothing_from_outside(page, outline):
    assert not {"link", "iframe", "object", "embed", "base"} & {tag for tag, _ in outline.tags}
    assert [attributes for tag, attributes in outline.tags if tag == "script"] == [{}]
    assert all(address.startswith("data:image/png;base64,") for address in outline.all("src"))
    assert not re.search(r"@import|url\((?!#)", page)
    outside = [href for href in outline.all("href") if not href.startswith("#") and href not in OWN]
    assert outside == ["https://arxiv.org/abs/1312.6199"]


def test_no_style_and_no_script_but_the_page_s_own_has_effect_and_nothing_in_it_needs_leave(page, outline):
    (allowed,) = [each["content"] for _, each in outline.tags if each.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in allowed.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for kind in ("style", "script"):
        (text,) = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"
    assert not outline.all("style")
    assert not [name for _, attributes in outline.tags for name in attributes if name.startswith("on")]


def test_the_page_links_to_every_file_beside_it(report, outline):
    found = {href for href in outline.all("href") if "#" not in href and "://" not in href}
    assert found == {path.name for path in report.written} - {"index.html"}


def test_every_printed_and_every_measured_number_is_shown(verdicts, outline):
    text = "".join(outline.text)
    for verdict in verdicts:
        if verdict.printed is not None:
            assert verdict.printed in text
        if verdict.mean is not None and verdict.relation != "all":
            written = re.findall(r"\d+\.\d+", verdict.sentence)[0]
            assert written in text
    for number in ("6.580", "0.05340", "0.05249", "658 of 10000", "+23.000"):
        assert number in text


def test_the_multiple_of_the_exact_minimum_stands_beside_what_was_measured(outline):
    text = "".join(outline.text)
    assert "1.017" in text
    assert "ours is 1.017 × the exact minimum" in text


def test_every_cell_names_its_verdict_in_words_and_with_a_mark(record, verdicts, page):
    looks = {"REPRODUCED": "✓", "NOT_REPRODUCED": "✗", "INCONCLUSIVE": "?", "NOT_COMPARABLE": "≠", "NOT_RUN": "○"}
    cells = re.findall(r'<td class="cell">.*?</td>', page, re.DOTALL)
    table = [verdict for verdict in verdicts if verdict.claim.startswith("table-1/")]
    assert len(cells) == len(table) == 9
    for cell, verdict in zip(cells, table, strict=True):
        assert looks[verdict.outcome] in cell
        assert re.search(rf"<span class=\"unseen\"> {verdict.outcome.lower().replace('_', ' ')}</span></a>", cell)


def test_the_headline_counts_primary_claims_alone(verdicts, page):
    primary = [verdict for verdict in verdicts if verdict.primary]
    reproduced = sum(verdict.outcome == "REPRODUCED" for verdict in primary)
    assert f"{reproduced} of {len(primary)} primary claims reproduced." in page
    assert f"Counted separately, {len(verdicts) - len(primary)} secondary claims" in page


def test_a_claim_that_was_not_run_says_what_would_make_it_run(outline):
    text = "".join(outline.text)
    assert "put alexnet.npz into --data-dir" in text
    assert "harness verify specs/szegedy2013 -k section-4/adversarial-training" in text


def test_assumptions_show_every_reading_the_one_chosen_and_what_it_was_fitted_on(record, outline):
    text = "".join(outline.text)
    for assumption in record.paper.assumptions.values():
        assert assumption.question in text
        assert assumption.because in text
        for name, reading in assumption.readings.items():
            assert name in text
            assert reading.says in text
    fitted = re.search(r"Fitted to the printed numbers of (.*?), which", " ".join(text.split()))
    ids = list(record.paper.by_id)
    assert [ids[int(number) - 1] for number in re.findall(r"\d+", fitted[1])] == [
        claim for claim in ids if re.fullmatch("table-1/fc10-1e-.*/t.*-error", claim)
    ]


def test_provenance_shows_whatever_the_record_knows_those_best_known_first(record, outline):
    text = "".join(outline.text)
    for wanted in (
        "3f2a9c71d0be",
        "tensorflow 2.21.0",
        "AMD EPYC",
        "1312",
        "ab" * 32,
        "1, yes, not known",
        "241 … 243",
    ):
        assert wanted in text
    assert text.index("commit") < text.index("zymurgy")


def test_headings_come_in_order_and_table_headers_have_a_scope(outline):
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    headers = [attributes for tag, attributes in outline.tags if tag == "th"]
    assert headers
    assert all(attributes.get("scope") in {"row", "col", "rowgroup"} for attributes in headers)


def test_every_figure_says_in_words_what_it_shows(page):
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) >= 6
    for drawing in drawings:
        assert 'role="img"' in drawing
        title = re.search(r"<title[^>]*>(.*?)</title>", drawing)
        assert title
        assert re.search(r"\d", title[1])


def caption_of(make, tmp_path, name):
    """The caption of the distributions in the page of a record whose one measured claim, with a histogram, is this."""
    record = make()
    runs = tuple(
        run.model_copy(update={"measured": run.measured.model_copy(update={"histogram": ((0.0, 0.1, 0.2), (3, 5))})})
        for run in record.measurements[name].runs
    )
    measured = record.measurements[name].model_copy(update={"runs": runs})
    record = record.model_copy(update={"measurements": {name: measured}})
    render(record, judge(record), tmp_path, pdf=False)
    page = (tmp_path / "index.html").read_text()
    (caption,) = re.findall(r"<figcaption>(Distribution of the measure.*?)</figcaption>", page)
    return caption


def test_the_caption_of_a_distribution_names_the_rules_and_outlines_that_are_drawn_and_no_others(make, tmp_path):
    bare = "Distribution of the measure over the images of all runs."
    compared = caption_of(make, tmp_path / "a", "section-4/exact")
    assert compared == bare
    alone = caption_of(make, tmp_path / "b", "section-4/declared")
    assert alone == f"{bare} Solid line: the printed mean; dashed line: our mean."
    limited = caption_of(make, tmp_path / "c", "table-1/fc10-1/distortion")
    assert limited == f"{alone[:-1]}; dashed outline: the exact minimum for the same images."


def test_a_cell_has_two_lines_the_paper_s_number_and_ours_and_the_rest_is_told_when_it_is_asked_for(verdicts, page):
    style = (templates_folder() / "report.css").read_text()
    assert re.search(r"\.paper \{ display: block; \}", style)
    cells = re.findall(r'<td class="cell">(.*?)</td>', page, re.DOTALL)
    table = [verdict for verdict in verdicts if verdict.claim.startswith("table-1/")]
    for cell, verdict in zip(cells, table, strict=True):
        assert f'<span class="paper">{verdict.printed}</span>' in cell
        assert f'href="#{verdict.claim}"' in cell
        seen = re.sub("<[^>]*>", " ", cell).split()
        assert len([word for word in seen if re.search(r"\d", word)]) == 2
        (told,) = re.findall(r'title="([^"]*)"', cell)
        assert all(word in told for word in ("ours", "interval", "difference", "margin"))


def test_our_numbers_have_equal_decimals_down_a_column(page):
    rows = re.findall(r"<tr>\n<th scope=\"row\".*?</tr>", page, re.DOTALL)
    grid = [re.findall(r"<b>([^<]*)</b>", row) for row in rows if 'class="cell"' in row]
    assert len(grid) == 3
    for column in zip(*grid, strict=True):
        assert len({len(number.partition(".")[2]) for number in column}) == 1, column


def test_in_print_only_small_parts_are_kept_whole():
    """A claim or a figure that may not be broken leaves much of a page empty."""
    style = (templates_folder() / "report.css").read_text()
    kept = re.findall(r"([^{}]+)\{[^{}]*break-inside: avoid", style.partition("@media print")[2])
    parts = {part.strip() for selectors in kept for part in selectors.split(",")}
    small = {"tr", "footer", ".panel", ".picture", ".commands li", ".facts div"}
    assert parts == small


def test_a_long_statement_is_wrapped_in_the_figures_and_not_cut(make, tmp_path):
    name = "transfers-to-other-initial-weights"
    record = make()
    old, new = "section-4/fools-others", f"section-4/{name}"
    paper = record.paper.model_dump_json().replace(f'"{old}"', f'"{new}"')
    measured = record.measurements[old].model_copy(update={"claim": new})
    record = record.model_copy(
        update={"paper": type(record.paper).model_validate_json(paper), "measurements": {new: measured}}
    )
    render(record, judge(record), tmp_path, pdf=False)
    drawing = re.search(r"<svg.*?</svg>", (tmp_path / "index.html").read_text(), re.DOTALL)
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", drawing[0])
    says = "Examples made for one network fool others more than noise does"  # what is read, not the id
    assert says.replace(" ", "") in "".join(texts).replace(" ", "")
    assert name not in "".join(texts)
    assert not any("…" in text for text in texts)


@pytest.mark.parametrize("text", ["short", "transfers-to-other-initial-weights", "a b " * 12, "x" * 45, "y-" * 90])
def test_a_wrapped_label_keeps_to_its_width_and_lines_and_loses_nothing_that_fits(text):
    lines = wrapped(text, 20).split("\n")
    assert len(lines) <= 3
    assert max(map(len, lines)) <= 20
    letters = "".join(text.split())
    if len(letters) <= 45:
        assert "".join("".join(lines).split()) == letters
    else:
        assert "…" in "".join(lines)


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_all_text_has_contrast_enough_in_light_and_dark():
    style = (templates_folder() / "report.css").read_text()
    themes = [
        dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    ]
    assert all(len(theme) == 11 for theme in themes)
    for theme in themes:
        for name in ("ink", "soft", "link", "reproduced", "refuted", "open", "incomparable", "missing"):
            for ground in ("paper", "wash"):
                bright, dark = sorted((luminance(theme[name]), luminance(theme[ground])), reverse=True)
                assert (bright + 0.05) / (dark + 0.05) >= 4.5, (name, ground)


ATTACK = "</title></style></svg><script>alert(1)</script>\"'><img src=http://x.invalid/a onerror=x> $\\frac{1}{0}$ {{ 7*7 }} ]]> url(http://x.invalid) \x00\u202e"


@pytest.fixture
def poisoned(make):
    """A record whose every free text tries to become markup."""
    record = make(
        bibliography=Bibliography(title=ATTACK, authors=(ATTACK,), venue=ATTACK, url="javascript:alert(1)", version=ATTACK, note=ATTACK),
        assumptions={ATTACK: Assumption(question=ATTACK, readings={ATTACK: Reading(says=ATTACK, sets={ATTACK: ATTACK})}, chosen=ATTACK, because=ATTACK, fitted_on=(ATTACK,))},
    )  # fmt: skip
    paper = record.paper
    claims = tuple(claim.model_copy(update={"says": ATTACK, "deviates_because": ATTACK}) for claim in paper.claims)
    exhibits = tuple(
        exhibit.model_copy(
            update={
                "title": ATTACK,
                "rows": tuple(axis.model_copy(update={"label": ATTACK}) for axis in exhibit.rows),
                "columns": tuple(axis.model_copy(update={"label": ATTACK}) for axis in exhibit.columns),
            }
        )
        for exhibit in paper.exhibits
    )
    return record.model_copy(
        update={
            "paper": paper.model_copy(update={"name": ATTACK, "claims": claims, "exhibits": exhibits}),
            "provenance": {ATTACK: {ATTACK: {ATTACK: ATTACK}}},
            "digests": {ATTACK: ATTACK},
            "recipes": {ATTACK: {ATTACK: {"kind": ATTACK, ATTACK: [ATTACK]}}},
            "jobs": {
                ATTACK: {
                    "verb": ATTACK,
                    "name": ATTACK,
                    "seconds": ATTACK,
                    "when": ATTACK,
                    "training": {ATTACK: ATTACK},
                }
            },
        }
    )


def test_no_text_of_a_record_becomes_markup(poisoned, page, tmp_path):
    verdicts = [
        v.model_copy(update={"sentence": f"`{ATTACK}` {ATTACK}", "reason": ATTACK, "qualifiers": (ATTACK,)})
        for v in judge(poisoned)
    ]
    render(poisoned, verdicts, tmp_path, pdf=False)
    text = (tmp_path / "index.html").read_text()
    outline = Outline(text)
    assert not outline.open
    assert {tag for tag, _ in outline.tags} <= {tag for tag, _ in Outline(page).tags}
    allowed = {name for _, attributes in Outline(page).tags for name in attributes}
    assert {name for _, attributes in outline.tags for name in attributes} <= allowed
    assert all(href.startswith("#") or href in OWN for href in outline.all("href"))
    assert "\x00" not in text
    assert "\u202e" not in text
    assert "{{ 7*7 }}" in "".join(outline.text)
    assert "<script>alert(1)</script>" in "".join(outline.text)


def test_the_head_names_what_the_page_was_made_from(report, page):
    folder = report.written[0].parent
    marks = dict(re.findall(r'<meta name="harness-(report|files)" content="([^"]*)">', page))
    assert re.fullmatch("[0-9a-f]{64}", marks["report"])
    for part in marks["files"].split():
        name, digest = part.split("=")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_a_rehearsal_says_so_before_anything_else(make, tmp_path):
    record = make()
    paper = record.paper.model_copy(update={"comparable": False, "budget": "rehearsal"})
    record = record.model_copy(update={"paper": paper})
    render(record, judge(record), tmp_path, pdf=False)
    text = (tmp_path / "index.html").read_text()
    assert text.index("A rehearsal.") < text.index('id="summary"')


def test_a_record_without_any_measurement_has_a_report(make, tmp_path):
    record = make().model_copy(update={"measurements": {}, "jobs": {}, "provenance": {}, "digests": {}, "recipes": {}})
    render(record, judge(record), tmp_path, pdf=False)
    text = (tmp_path / "index.html").read_text()
    assert "No primary claim was measured." in text
    assert "No environment was recorded." in text
    assert "<svg" not in text


def first_paragraph(folder) -> str:
    page = (folder / "index.html").read_text()
    return re.sub("<[^>]*>", "", re.search(r'<p class="what">(.*?)</p>', page, re.DOTALL)[1])


@pytest.mark.parametrize(
    ("runs", "comparable", "says"),
    [
        ([3, 3], True, "and every claim was compared with the paper;"),
        ([3, 0], True, "and 1 of 2 claims measured and compared with the paper;"),
        ([3, 0], False, "and 1 of 2 claims measured, but none in a way that can be compared"),
        ([0, 0], True, "none of its claims was measured or compared"),
        ([0], False, "none of its claims was measured or compared"),
    ],
)
def test_the_first_paragraph_claims_no_more_than_was_run_and_compared(tmp_path, runs, comparable, says):
    pairs = []
    for at, number in enumerate(runs):
        one = claim(f"p/{at}", says="C.")
        values = [0.074, 0.0741, 0.0739][:number]
        pairs.append((one, measured(one.id, values, comparable=comparable, deterministic=True) if values else None))
    made = one_list(*pairs)
    render(made, judge(made), tmp_path, pdf=False)
    told = first_paragraph(tmp_path)
    assert says in told
    assert ("replication" in told) == (comparable and any(runs))


@pytest.mark.parametrize("runs", [0, 3])
def test_chance_is_spoken_of_only_where_there_are_runs(tmp_path, runs):
    one = claim("p/c", says="C.")
    made = one_list((one, measured(one.id, [0.074] * runs, deterministic=True)))
    render(made, judge(made), tmp_path, pdf=False)
    assert ("the value is deterministic" in (tmp_path / "index.html").read_text()) == bool(runs)


def alternatives(folder) -> list[str]:
    return re.findall(r"<title id[^>]*>(.*?)</title>", (folder / "index.html").read_text(), re.DOTALL)


def test_the_alternative_text_of_a_difference_s_distribution_describes_the_measure_that_is_drawn(tmp_path):
    one = distortion("p/exact", relation="equivalent_to", printed=None, margin=margin(absolute=0.001), says="Exact.")
    seen = measured(one.id, [0.053, 0.054, 0.052], [0.05, 0.051, 0.049], of=256, counted=False)
    runs = tuple(
        run.model_copy(
            update={"measured": run.measured.model_copy(update={"histogram": ((0.0, 0.05, 0.1), (100, 156))})}
        )
        for run in seen.runs
    )
    made = one_list((one, seen.model_copy(update={"runs": runs})))
    render(made, judge(made), tmp_path, pdf=False)
    (spread,) = [text for text in alternatives(tmp_path) if text.startswith("Distribution")]
    assert spread == "Distribution over images of the distortion measured for Exact, 3 runs."
    (compared,) = [text for text in alternatives(tmp_path) if "difference" in text]
    assert "Exact: difference +0.0030 (94 % confidence interval +0.0030 … +0.0030), margin ±0.001" in compared


def test_the_alternative_text_of_a_comparison_names_every_mark_that_is_drawn(tmp_path):
    one = distortion("p/d", limit="e", says="D.")
    made = one_list((one, measured(one.id, [0.06, 0.062, 0.061], limits=[0.05, 0.05, 0.05], of=256, counted=False)))
    render(made, judge(made), tmp_path, pdf=False)
    (text,) = alternatives(tmp_path)
    assert "printed 0.062, measured 0.0610 (94 % confidence interval " in text
    assert "margin ±0.0093, exact minimum 0.05, " in text


def one_list(*pairs):
    made = record_of(*pairs)
    ids = tuple(one.id for one, _ in pairs)
    exhibit = Exhibit(id="p", title="P", source=Source(section="4"), shape="list", claims=ids)
    return made.model_copy(update={"paper": made.paper.model_copy(update={"exhibits": (exhibit,)})})


def test_the_record_s_sha_256_is_that_of_its_file(make, tmp_path):
    record = make()
    write(record, tmp_path / "record")
    file = tmp_path / "record" / "results.json"
    render(record, judge(record), tmp_path, pdf=False, file=file)
    page = (tmp_path / "index.html").read_text()
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    assert f'record/results.json: SHA-256 <span class="code long">{sha256}</span>' in page
    file.write_bytes(file.read_bytes() + b"\n")
    written = render(record, judge(record), tmp_path, pdf=False, file=file).written
    assert [path.name for path in written] == ["index.html", "verdicts.json", "manifest.sha256"]
    assert hashlib.sha256(file.read_bytes()).hexdigest() in (tmp_path / "index.html").read_text()
    render(record, judge(record), tmp_path, pdf=False)
    assert "results.json" not in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize(
    ("record", "report", "place", "checking"),
    [
        ("out/record", "out", "record/results.json", "harness check ."),
        ("out", "out", "results.json", "harness check ."),
        ("out/old", "out", "old/results.json", "harness check ."),
        ("my audit/record", "out", "{0}/my audit/record/results.json", "harness judge '{0}/my audit/record/results.json'"),
    ],
)  # fmt: skip
def test_the_record_is_named_where_it_is_and_the_command_beneath_finds_it(
    make, tmp_path, monkeypatch, record, report, place, checking
):
    made = make().model_copy(update={"measurements": {}})
    write(made, tmp_path / record)
    file = tmp_path / record / "results.json"
    render(made, judge(made), tmp_path / report, pdf=False, file=file)
    text = html.unescape((tmp_path / report / "index.html").read_text())
    place, checking = (each.format(tmp_path.resolve()) for each in (place, checking))
    assert f"<dd>{place}: SHA-256 " in text
    assert f"<code>{checking}</code>" in text
    monkeypatch.chdir(tmp_path / report)
    assert Path(place).samefile(file)
    ended = CliRunner().invoke(main, shlex.split(checking)[1:])
    assert ended.exit_code == (0 if "check" in checking else 4), ended.output


def test_a_report_elsewhere_is_made_anew_once_its_record_has_moved(make, tmp_path):
    made = make().model_copy(update={"measurements": {}})
    for name in ("a", "b"):
        write(made, tmp_path / name)
    assert render(made, judge(made), tmp_path / "out", tmp_path / "a" / "results.json", pdf=False).written
    assert not render(made, judge(made), tmp_path / "out", tmp_path / "a" / "results.json", pdf=False).written
    assert render(made, judge(made), tmp_path / "out", tmp_path / "b" / "results.json", pdf=False).written


def figure_captions(folder) -> list[str]:
    return re.findall(r"<figcaption>(.*?)</figcaption>", (folder / "index.html").read_text(), re.DOTALL)


@pytest.mark.parametrize(("relation", "printed"), [("close_to", True), ("greater_than", False), ("at_most", True)])
def test_a_caption_speaks_of_a_printed_number_only_where_one_is_drawn(tmp_path, relation, printed):
    one = claim("p/c", relation=relation, says="C.")
    others = [0.01, 0.011, 0.009] if one.other else None
    made = one_list((one, measured(one.id, [0.074, 0.0741, 0.0739], others)))
    render(made, judge(made), tmp_path, pdf=False)
    (caption,) = figure_captions(tmp_path)
    assert caption.startswith("Measured against printed. Vertical bar" if printed else "What was measured. Shaded")


def test_the_page_says_what_kind_of_interval_it_shows_and_of_what_a_data_digest_is(page):
    assert "truncated to the range of the measure" in page
    assert "the Wilson score interval over the images of all runs" in page
    assert "the name of every split, and the dtype, shape and bytes of its images, labels and index" in page


def test_a_declaration_that_is_out_of_date_is_said_once(tmp_path):
    one = claim("p/c", says="C.", deviates_because="of the moon")
    made = one_list((one, measured(one.id, [0.074, 0.0741, 0.0739])))
    render(made, judge(made), tmp_path, pdf=False)
    summary = (tmp_path / "index.html").read_text().partition('id="exhibits"')[0]
    assert summary.count("remove the declaration") == 1
    assert summary.count("of the moon") == 1


@pytest.mark.parametrize("secondary", [True, False])
def test_the_marks_say_whether_they_show_more_claims_than_the_headline_counts(tmp_path, secondary):
    pairs = [(one := claim(f"p/{n}", says="C.", primary=not n), measured(one.id, [0.074] * 3)) for n in (0, 1)]
    made = one_list(*pairs[: 2 if secondary else 1])
    render(made, judge(made), tmp_path, pdf=False)
    told = "A mark is one claim, primary or secondary: "
    assert (told in (tmp_path / "index.html").read_text()) == secondary


def test_a_demonstration_is_called_that_and_never_a_replication(make, tmp_path):
    why = "Its data are not the paper's."
    record = make(bibliography=Bibliography(title="T", demonstration=why))
    render(record, judge(record), tmp_path, pdf=False)
    page = (tmp_path / "index.html").read_text()
    assert "<title>Demonstration: T</title>" in page
    assert f"<strong>A demonstration, not a replication.</strong> {why.replace(chr(39), '&#39;')}" in page
    shown = page.replace("not a replication", "")[page.index("<body>") :]
    assert "replication" not in shown.lower()


def test_a_p_value_is_called_what_it_is_and_an_interval_has_its_level(page):
    assert "p-value</dt><dd>" in page
    assert (
        "one-sided; the probability of a mean over runs at least this far away if the true mean is at the edge of the margin"
        in page
    )
    assert "94 % confidence interval" in page
    assert "if the paper were right" not in page


@pytest.mark.parametrize("relation", ["close_to", "at_most", "less_than", "equivalent_to", "all"])
@pytest.mark.parametrize("runs", [0, 1, 2, 3])
@pytest.mark.parametrize("comparable", [True, False])
def test_any_one_claim_has_a_report(tmp_path, relation, runs, comparable):
    one = claim("p/c", relation=relation, margin=margin(absolute=1.0) if relation != "all" else None, says="C.")
    values, others = [0.07, 0.071, 0.069][:runs], [0.07, 0.072, 0.068][:runs]
    seen = measured(one.id, values, others if one.other else None, comparable=comparable)
    made = one_list((one, seen if runs else None))
    render(made, judge(made), tmp_path, pdf=False)
    text = re.sub("<[^>]*>", "", (tmp_path / "index.html").read_text().partition("<body>")[2])
    assert not re.search(r"\b(nan|inf|None)\b", text.replace("None of", ""))


def test_a_record_of_nothing_and_empty_exhibits_have_a_report(tmp_path):
    made = record_of()
    exhibits = (
        Exhibit(id="x", title="X", source=Source(table=1), shape="table"),
        Exhibit(id="y", title="Y", source=Source(section="1"), shape="list"),
    )
    made = made.model_copy(update={"paper": made.paper.model_copy(update={"exhibits": exhibits})})
    rendered = render(made, judge(made), tmp_path)
    assert not rendered.notes
    assert "No primary claims." in (tmp_path / "index.html").read_text()
