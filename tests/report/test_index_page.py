"""The index lists every report in a folder with its verdicts, and runs from disk without script or network."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from records import NEAR, claim, measured
from records import record as record_of

from harness.cli import main
from harness.errors import RecordError, ReportError, UsageError
from harness.judge import judge
from harness.record.file import read, write
from harness.report.alone import write_alone
from harness.report.index_page import index_reports
from harness.spec.paper import Bibliography

ROOT = Path(__file__).resolve().parents[2]


def call(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def reports(reported, tmp_path):
    """A folder with a report, one within a folder, whose page is not there, and things that are no reports."""
    folder = tmp_path / "reports"
    shutil.copytree(reported, folder / "fakes")
    other = record_of((claim(), measured("t/c", NEAR)), comparable=False)
    bibliography = Bibliography(title="<b>A & B</b>", authors=("Ann", "Bob", "Cy"), year=2020)
    other = other.model_copy(update={"paper": other.paper.model_copy(update={"bibliography": bibliography})})
    write(other, folder / "published" / "pa per#1" / "record")
    write(other, folder / ".hidden" / "record")
    write(other, folder / "one" / "two" / "three" / "record")
    (folder / "link").symlink_to(folder / "fakes")
    (folder / "notes.txt").write_text("mine")
    return folder


class Seen(HTMLParser):
    """The rows of a page's tables, its links, and its tags with their attributes."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.open = [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "br", "link", "wbr"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def text(html):
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


def rows_of(page):
    return [text(row) for row in re.findall(r"<tr id=.*?</tr>", page, re.DOTALL)]


def test_each_report_is_listed_with_paper_verdicts_date_commit_and_links_that_lead_to_its_files(reports):
    found = index_reports(reports)
    assert found.page == reports / "index.html"
    page = found.page.read_text()
    first, second = rows_of(page)
    assert [each.folder for each in found.reports] == ["fakes", "published/pa per#1"]
    record = read(reports / "fakes")
    counted = Counter(verdict.outcome.look.word for verdict in judge(record))
    assert counted
    for word, number in counted.items():
        assert re.search(rf"\b{number} {word}\b", first)
    assert f"{len(record.paper.claims)} claims" in first
    assert "A rehearsal" in second
    assert "<b>A & B</b>" in second
    assert "Ann and 2 others · 2020" in second
    assert "no page: harness report 'published/pa per#1' in this folder writes it" in second
    links = [attributes["href"] for tag, attributes in Seen(page).tags if tag == "a"]
    assert links == ["fakes/index.html", "fakes/index.html", "fakes/report.pdf", "fakes/verdicts.json"]
    assert all((reports / unquote(link)).is_file() for link in links)


def test_the_date_is_that_of_the_last_measurement_and_the_commit_that_of_most_jobs(tmp_path):
    published = ROOT / "reports" / "published"
    for folder in published.iterdir():
        (tmp_path / folder.name / "record").mkdir(parents=True)
        shutil.copy(folder / "record" / "results.json", tmp_path / folder.name / "record")
    found = index_reports(tmp_path)
    assert len(found.reports) == len(list(published.iterdir()))
    for each, row in zip(found.reports, rows_of(found.page.read_text()), strict=True):
        record = read(tmp_path / each.folder)
        assert max(str(job["when"]) for job in record.jobs.values() if job.get("when"))[:10] in row
        commits = Counter(record.provenance[job["provenance"]]["commit"] for job in record.jobs.values())
        assert f"commit {commits.most_common(1)[0][0]}" in row
        assert f"{sum(verdict.primary for verdict in judge(record))} reproduced" in row


def test_the_page_needs_no_script_and_no_network_and_its_policy_forbids_both(reports):
    index_reports(reports)
    seen = Seen((reports / "index.html").read_text())
    assert not {"script", "link", "iframe", "img", "object"} & {tag for tag, _ in seen.tags}
    assert not [name for _, attributes in seen.tags for name in attributes if name.startswith("on") or name == "src"]
    (policy,) = [each["content"] for tag, each in seen.tags if each.get("http-equiv") == "Content-Security-Policy"]
    parts = dict(part.split(" ", 1) for part in policy.split("; "))
    assert parts["default-src"] == "'none'"
    assert "script-src" not in parts
    assert "url(" not in (reports / "index.html").read_text()


def test_what_is_written_a_second_time_is_left_alone_and_a_new_report_changes_it(reports):
    assert index_reports(reports).written
    before = (reports / "index.html").stat().st_mtime_ns
    assert not index_reports(reports).written
    assert (reports / "index.html").stat().st_mtime_ns == before
    shutil.copytree(reports / "fakes", reports / "again")
    assert index_reports(reports).written
    assert len(index_reports(reports).reports) == 3
    assert [path.name for path in reports.iterdir() if path.name.endswith(".partial")] == []


@pytest.mark.parametrize("name", ["empty", "nowhere", "file"])
def test_a_folder_without_reports_is_an_error_that_says_what_would_help_and_writes_nothing(tmp_path, name):
    (tmp_path / "empty" / "sub").mkdir(parents=True)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match=r"expected .*reports, found"):
        index_reports(tmp_path / name)
    result = call("index", tmp_path / name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert name in result.stderr
    assert name != "empty" or "`harness verify` writes reports" in result.stderr
    assert sorted(path.name for path in (tmp_path / "empty").iterdir()) == ["sub"]


def test_a_report_itself_is_no_folder_of_reports_and_its_page_stays(reports):
    before = (reports / "fakes" / "index.html").read_bytes()
    with pytest.raises(ReportError, match="is a report itself; name the folder that contains it"):
        index_reports(reports / "fakes")
    assert (reports / "fakes" / "index.html").read_bytes() == before


def test_a_page_of_other_origin_is_never_overwritten(reports, tmp_path):
    (reports / "index.html").write_text("mine")
    with pytest.raises(ReportError, match="is no index that harness wrote; move it away"):
        index_reports(reports)
    assert (reports / "index.html").read_text() == "mine"
    (reports / "index.html").unlink()
    (reports / "index.html").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ReportError, match="is no index that harness wrote"):
        index_reports(reports)
    assert not (tmp_path / "elsewhere").exists()


def test_a_write_that_fails_leaves_the_old_index_and_no_rubbish(reports, monkeypatch):
    index_reports(reports)
    before = (reports / "index.html").read_bytes()
    shutil.copytree(reports / "fakes", reports / "again")

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(ReportError, match="No space left on device"):
        index_reports(reports)
    assert (reports / "index.html").read_bytes() == before
    assert not [path for path in reports.iterdir() if path.name.endswith(".partial")]


def test_a_record_that_cannot_be_read_is_named_and_costs_only_its_own_row(reports):
    (reports / "fakes" / "record" / "results.json").write_text("{")
    result = call("index", reports)
    assert result.exit_code == 0
    assert "not listed: " in result.stderr
    assert result.stdout.endswith("index.html: 1 report\n")
    page = (reports / "index.html").read_text()
    assert "fakes/record/results.json:1:2: cut short" in text(page)
    assert str(reports) not in page
    shutil.rmtree(reports / "published")
    with pytest.raises(RecordError, match="cut short"):
        index_reports(reports)


def test_one_kind_of_page_is_not_written_over_another(tmp_path, reports):
    index_reports(reports)
    with pytest.raises(ReportError, match="is no comparison that harness wrote"):
        write_alone(reports / "index.html", "comparison", "text")
