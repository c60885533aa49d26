"""The first page: who, what, when, on what, by which source; and how to check it again."""

import html
import itertools
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from pdftext import pages
from records import claim, record

from harness.judge import judge
from harness.kinds.registry import discover
from harness.record.file import write
from harness.record.model import MeasuredVariant
from harness.report import render
from harness.report.again import in_a_clone, in_its_folder, with_readings
from harness.report.cases import cases_of
from harness.report.certificate import certificate, verified
from harness.report.computed import computed_by, machines, times
from harness.report.exhibits import views
from harness.report.pdf import make_pdf
from harness.report.record_file import NO_FILE, RecordFile
from harness.spec.checker import Checker
from harness.spec.claim import Source
from harness.spec.doubts import Doubt
from harness.spec.paper import Assumption, Exhibit, Reading
from harness.spec.reading.load import load

ROOT = Path(__file__).resolve().parents[2]
SHA = "5f" * 32
MACHINE = {
    "processor": "AMD EPYC", "threads": 2, "device": "cpu", "system": "Linux x86_64", "python": "3.11.7",
    "backend": "tensorflow", "versions": {"tensorflow": "2.21.0", "keras": "3.15.1"}, "harness": "1.2",
}  # fmt: skip


def computed(*commits, **more):
    """A record with a job an hour, each by the commit given; ``-dirty`` ends that of a tree with uncommitted changes."""
    jobs = {
        str(at): {"verb": "measure", "provenance": commit, "seconds": 1800.0, "when": f"2026-03-0{1 + at // 2}T{12 * (at % 2):02}:30:00+00:00"}
        for at, commit in enumerate(commits)
    }  # fmt: skip
    provenance = {commit: MACHINE | {"commit": commit or None} for commit in commits}
    return record((claim(), None), jobs=jobs, provenance=provenance, **more)


def facts(made, source=NO_FILE, doubts=()):
    return {fact.name: [line.text for line in fact.lines] for fact in certificate(made, source, doubts).facts}


def test_a_committed_tree_is_said_to_be_clean_and_the_report_is_final():
    made = computed("aaa", "aaa")
    assert computed_by(made) == "harness 1.2 at commit aaa, its tree clean"
    assert certificate(made, NO_FILE, ()).preliminary == ""
    assert computed_by(computed("aaa", "aaa", "bbb")) == (
        "harness 1.2 at commit aaa (2 of 3 jobs) and 1 other commit, their trees clean"
    )


@pytest.mark.parametrize("commits", [("aaa-dirty",), ("aaa", "aaa", "aaa-dirty"), ("aaa", "aaa", "bbb-dirty")])
def test_a_tree_that_was_not_clean_is_said_in_words_and_makes_the_report_preliminary(commits):
    made = computed(*commits)
    assert computed_by(made).endswith("with uncommitted changes")
    said = certificate(made, NO_FILE, ()).preliminary
    assert said.startswith(f"1 of {len(commits)} jobs were computed from source with uncommitted changes")
    assert "final when these jobs are computed again from a committed tree" in said


def test_a_commit_that_is_not_known_is_said_to_be_that():
    assert computed_by(record((claim(), None))) == "harness 0, at a commit that is not known"
    assert computed_by(computed("")) == "harness 1.2, at a commit that is not known"


def test_a_preliminary_report_says_so_in_its_name_on_every_page_and_a_final_one_does_not(make, tmp_path):
    clean = make()
    (name, environment), *_ = clean.provenance.items()
    jobs = {key: job | {"provenance": name} for key, job in clean.jobs.items()}
    clean = clean.model_copy(update={"jobs": jobs})
    dirty = clean.model_copy(update={"provenance": {name: environment | {"commit": f"{environment['commit']}-dirty"}}})
    for made, folder in ((clean, "a"), (dirty, "b")):
        render(made, judge(made), tmp_path / folder, pdf=False)
    final, preliminary = ((tmp_path / folder / "index.html").read_text() for folder in "ab")
    assert "reliminary" not in re.sub(r"<style>.*?</style>", "", final, flags=re.DOTALL)
    assert preliminary.count("Preliminary replication report") >= 4  # title, head, every page's head, how to cite it
    assert preliminary.index("<strong>Preliminary.</strong>") < preliminary.index('id="summary"')


def test_the_id_names_pack_day_and_record_and_is_the_same_for_the_same_record():
    made, source = computed("aaa", "aaa", "aaa"), RecordFile(SHA)
    assert certificate(made, source, ()).id == "paper-2026-03-02-5f5f5f5f"
    assert certificate(made, source, ()) == certificate(made.model_copy(), source, ())
    assert certificate(record((claim(), None)), NO_FILE, ()).id == "paper"


def test_first_and_last_run_and_the_hours_of_computing_are_told():
    assert list(times(computed("aaa", "aaa"))) == ["2026-03-01 00:30 to 12:30 (UTC), 1 h 0 min of computing in 2 jobs"]
    assert next(times(computed("aaa", "aaa", "aaa"))).startswith("2026-03-01 00:30 to 2026-03-02 00:30 (UTC)")
    assert list(times(record((claim(), None)))) == []


def test_the_machine_that_did_most_is_named_and_others_are_counted():
    one = computed("aaa", "aaa", "bbb")
    assert list(machines(one)) == ["AMD EPYC, 2 threads, on cpu, Linux x86_64, Python 3.11.7, tensorflow 2.21.0"]
    other = one.model_copy(update={"provenance": one.provenance | {"bbb": MACHINE | {"threads": 1, "device": "gpu"}}})
    assert next(machines(other)).endswith("(2 of 3 jobs; 1 other machine did 1)")
    assert list(machines(record((claim(), None)))) == []
    assert list(machines(record((claim(), None), provenance={"p": {"python": None}}))) == []


def test_data_have_the_first_digits_of_their_digest_and_their_origin_or_what_they_are_made_of():
    made = computed("aaa", digests={"m": SHA, "halves": SHA, "d": SHA})
    made = made.model_copy(
        update={
            "jobs": made.jobs | {"f": {"verb": "fetch", "name": "m", "origin": "downloaded from https://a.org/m.npz"}},
            "recipes": {"data": {"m": {"kind": "m"}, "halves": {"kind": "halves", "of": "m"}, "d": {"kind": "d"}}},
        }
    )
    assert facts(made)["Data"] == [
        "m (downloaded from https://a.org/m.npz)", "halves (halves of m)", "d",
        "the first 12 digits of each SHA-256; the appendix has all",
    ]  # fmt: skip
    *data, last = next(fact for fact in certificate(made, NO_FILE, ()).facts if fact.name == "Data").lines
    assert ({line.code for line in data}, last.code) == ({SHA[:12]}, "")


def test_the_digests_of_all_data_sets_stand_in_full_in_the_appendix_alone(make, tmp_path):
    made = make()
    render(made, judge(made), tmp_path, pdf=False)
    first, _, rest = (tmp_path / "index.html").read_text().partition('<section id="appendix"')
    for sha in made.digests.values():
        assert sha[:12] in first
        assert sha not in first
        assert rest.count(sha) == 1


def test_what_was_verified_is_told_with_its_pages_and_the_share_of_printed_numbers():
    made = record((claim("t/a"), None), (claim("t/b"), None))
    exhibits = (
        Exhibit(id="t", title="T", source=Source(table=2), shape="list", claims=("t/a", "t/b")),
        Exhibit(id="s", title="A title", source=Source(), shape="list"),
    )
    paper = made.paper.model_copy(update={"exhibits": exhibits})
    assert verified(paper) == "Table 2 (p. 6) and A title"
    moved = tuple(
        each.model_copy(update={"source": Source(page=page)}) for each, page in zip(paper.claims, (9, 7), strict=True)
    )
    assert verified(paper.model_copy(update={"claims": moved})).startswith("Table 2 (pp. 7, 9)")
    assert facts(made.model_copy(update={"paper": paper}))["Verified"] == [
        "Table 2 (p. 6) and A title; all 2 printed numbers listed in the exhibits of this pack have a claim."
    ]


def test_doubts_checkers_and_outside_packages_are_named_and_so_is_that_there_are_none():
    made = computed("aaa")
    none = facts(made)
    assert (none["Doubts"], none["Checked by"], none["Outside packages"]) == (
        ["none"],
        ["no person is named"],
        ["none"],
    )
    paper = made.paper.model_copy(update={"checked_by": (Checker(name="A. B.", orcid="0000-0002-1825-0097"),)})
    jobs = {"j": {"verb": "train", "kind": "net", "source": "aaa", "package": "nets 2"}}
    some = made.model_copy(update={"paper": paper, "jobs": jobs})
    told = facts(some, doubts=[Doubt("wide-margin", "Wide.", ()), Doubt("seed-changed", "Changed.", ())])
    assert told["Doubts"] == ["wide margin and seed changed; explained in the summary"]
    assert told["Outside packages"] == [
        "nets 2 supplies the model net (source aaa)",
        "harness checks their results, not how these were computed.",
    ]
    (line,) = next(fact for fact in certificate(some, NO_FILE, ()).facts if fact.name == "Checked by").lines
    assert (line.text, line.address) == ("A. B.", "https://orcid.org/0000-0002-1825-0097")


def test_the_commands_check_files_and_verdicts_in_the_folder_and_measure_anew_in_a_clone():
    made, source = computed("aaa", "bbb", "bbb"), RecordFile(SHA)
    assert [each.command for each in in_its_folder(source)] == ["sha256sum -c manifest.sha256", "harness check ."]
    assert [each.command for each in in_a_clone(made)] == [
        "git checkout bbb && make install", "harness verify specs/paper --budget audit --runs 3",
    ]  # fmt: skip
    assert [each.command for each in in_its_folder(NO_FILE)] == ["sha256sum -c manifest.sha256"]
    assert len(list(in_a_clone(record((claim(), None))))) == 1


def varied(*readings):
    """A record with so many other readings of one assumption, each with a variant of its own."""
    made = computed("aaa")
    known = {name: Reading() for name in ("chosen", *readings, "untried")}
    open_choice = Assumption(question="?", readings=known, chosen="chosen", because="It is usual.")
    variants = {f"choice={name}": MeasuredVariant(readings={"choice": name}) for name in readings}
    paper = made.paper.model_copy(update={"assumptions": {"choice": open_choice}})
    return made.model_copy(update={"paper": paper, "variants": variants})


def test_a_few_other_readings_are_in_the_command_and_many_are_left_to_the_appendix(tmp_path):
    few, many = varied("one", "two"), varied(*(f"reading-{number}" for number in range(20)))
    assert list(in_a_clone(few))[-1].command.endswith("--runs 3 --readings choice=one,choice=two")
    assert with_readings(few) == ""
    last = list(in_a_clone(many))[-1]
    assert last.command.endswith("--runs 3")
    assert last.purpose.endswith("; other readings: see the appendix")
    asked = shlex.split(with_readings(many))
    assert asked[:-2] == shlex.split(last.command)
    assert asked[-1].split(",") == sorted(f"choice=reading-{number}" for number in range(20))
    paper = many.paper.model_copy(
        update={"exhibits": (Exhibit(id="t", title="T", source=Source(), shape="list", claims=("t/c",)),)}
    )
    render(many.model_copy(update={"paper": paper}), judge(many), tmp_path, pdf=False)
    page = html.unescape((tmp_path / "index.html").read_text())
    assert page.index('id="provenance"') < page.index(with_readings(many))


def test_a_long_table_with_one_column_is_folded_and_read_downwards(make):
    made = make()
    table = next(each for each in views(made, cases_of(made, judge(made))) if each.rows)
    for many, lines in ((8, 8), (9, 5), (16, 8), (17, 6)):
        rows = tuple((str(number), (number,)) for number in range(many))
        marks = list(replace(table, columns=table.columns[:1], rows=rows).marks)
        assert len(marks) == lines
        assert [line[0] for line in marks] == list(range(lines))
        assert sorted(mark for line in marks for mark in line) == list(range(many))
        assert all(later - earlier == lines for line in marks for earlier, later in itertools.pairwise(line))


def test_the_page_shows_every_claim_once_as_its_table_arranges_it_with_its_verdict_in_words(make, tmp_path):
    made = make()
    write(made, tmp_path / "record")
    render(made, judge(made), tmp_path, tmp_path / "record" / "results.json", pdf=False)
    page = (tmp_path / "index.html").read_text()
    section = page.partition('<section id="certificate"')[2].partition('<section id="summary"')[0]
    table, prose = re.findall(r"<li[^>]*><a class=\"where\".*?</li>", section, re.DOTALL)
    rows = re.findall(r'<span class="dots">(.*?)</span>\n', table)
    assert [row.count('class="dot') for row in rows] == [3, 3, 3]
    shown = re.findall(r'href="#([^"]+)" title', table + prose)
    assert shown == [claim.id for claim in made.paper.claims]
    assert all(
        re.search(r'title="[^"]+: (not )?(reproduced|inconclusive|comparable|run)"', dot)
        for dot in re.findall(r"<a class=\"dot.*?</a>", section)
    )
    for command in map(html.unescape, re.findall(r"<li><code>(.*?)</code>", section)):
        assert shlex.split(command)
    assert len(re.findall(r"<li><code>", section)) == 4


def test_the_certificate_of_a_whole_paper_is_one_page_of_the_pdf_and_the_summary_begins_the_next(tmp_path):
    """Today's pack szegedy2013, all its exhibits, with everything on the first page that may be there."""
    discover()
    paper = load(ROOT / "specs" / "szegedy2013").paper
    named = (Checker(name="A. B.", orcid="0000-0002-1825-0097"), Checker(name="C. D.", orcid="0000-0002-1694-233X"))
    made = computed("0123456789ab", "0123456789ab", "ba9876543210-dirty", digests={"mnist": SHA, "mnist-halves": SHA})
    made = made.model_copy(update={"paper": paper.model_copy(update={"checked_by": named}), "harness": "1.2"})
    write(made, tmp_path / "record")
    render(made, judge(made), tmp_path, tmp_path / "record" / "results.json", pdf=False)
    page = (tmp_path / "index.html").read_text()
    rest = page.index('<ul class="opening">')
    (tmp_path / "cut.html").write_text(f"{page[:rest]}</section></main></body></html>")
    set_as = make_pdf(tmp_path / "cut.html", tmp_path / "cut.pdf", identifier="a", incomplete="b", when=None)
    assert set_as.failure == ""
    first, second = (text.split() for text in pages(tmp_path / "cut.pdf"))
    assert {"PRELIMINARY", "Certificate".upper(), "manifest.sha256"} <= set(first)
    assert "verify" in first
    assert "Summary" in second
    assert "Summary" not in first
