"""The folder: written in one step, left alone where it is true, never at the cost of other people's files."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from harness.errors import ReportError
from harness.record.file import write
from harness.report import folder as folder_module
from harness.report import pdf as pdf_module
from harness.report import render
from harness.report.checksum import is_intact, with_checksum

TEXTS = ["index.html", "results.csv", "runs.csv", "readings.csv", "verdicts.json", "junit.xml"]


def contents(folder):
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir() if path.is_file()}


def names(paths):
    return sorted(path.name for path in paths)


def test_the_same_record_gives_the_same_bytes_in_another_folder(record, verdicts, report, tmp_path):
    render(record, verdicts, tmp_path, pdf=False)
    for name in TEXTS:
        assert (tmp_path / name).read_bytes() == (report.written[0].parent / name).read_bytes()


def test_nothing_is_written_where_nothing_changed(record, verdicts, report):
    folder = report.written[0].parent
    before = contents(folder)
    again = render(record, verdicts, folder)
    assert again.written == ()
    assert names(again.unchanged) == sorted([*TEXTS, "manifest.sha256", "report.pdf"])
    assert again.notes == ()
    assert contents(folder) == before


def test_where_nothing_changed_nothing_heavy_is_imported(record, report, tmp_path):
    write(record, tmp_path / "record")
    program = (
        "import json, sys\nfrom pathlib import Path\nfrom harness.judge import judge\nfrom harness.record.file import read\n"
        "from harness.report import render\nrecord = read(Path(sys.argv[1]))\n"
        "rendered = render(record, judge(record), Path(sys.argv[2]))\n"
        "print(json.dumps([len(rendered.written), sorted({name.partition('.')[0] for name in sys.modules})]))"
    )
    command = [sys.executable, "-c", program, str(tmp_path), str(report.written[0].parent)]
    ended = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, text=True, check=True
    )
    written, modules = json.loads(ended.stdout)
    assert written == 0
    assert not {"pandas", "matplotlib", "jinja2", "weasyprint", "keras", "tensorflow", "jax", "sklearn"} & set(modules)


def test_after_a_report_the_room_still_offers_its_function_under_its_name(bare, tmp_path):
    """A module of the same name, imported while rendering, would take its place."""
    render(*bare, tmp_path, pdf=False)
    from harness import report

    assert report.render is render


def test_the_order_of_a_records_entries_does_not_matter(record, verdicts):
    turned = record.model_copy(
        update={
            "measurements": dict(reversed(record.measurements.items())),
            "jobs": dict(reversed(record.jobs.items())),
        }
    )
    assert folder_module.digest_of(turned, verdicts) == folder_module.digest_of(record, verdicts)


@pytest.mark.parametrize("name", TEXTS)
def test_a_file_that_is_lost_is_written_again(bare, tmp_path, name):
    render(*bare, tmp_path, pdf=False)
    (tmp_path / name).unlink()
    assert names(render(*bare, tmp_path, pdf=False).written) == [name]


def test_a_file_that_was_altered_is_written_again(bare, tmp_path):
    render(*bare, tmp_path, pdf=False)
    true = (tmp_path / "results.csv").read_bytes()
    (tmp_path / "results.csv").write_bytes(true + b"one more line\n")
    assert names(render(*bare, tmp_path, pdf=False).written) == ["results.csv"]
    assert (tmp_path / "results.csv").read_bytes() == true


def test_a_page_edited_by_hand_is_written_again(bare, tmp_path):
    """The edit keeps the head as it was, and the length too: only the page's own digest can tell."""
    render(*bare, tmp_path, pdf=False)
    path = tmp_path / "index.html"
    true = path.read_bytes()
    head, body = true.split(b"</head>")
    path.write_bytes(head + b"</head>" + body.replace(b"not run", b"NOT RUN"))
    assert path.read_bytes() != true
    assert names(render(*bare, tmp_path, pdf=False).written) == ["index.html"]
    assert path.read_bytes() == true


def test_a_pdf_is_never_made_of_a_page_edited_by_hand(bare, tmp_path, monkeypatch):
    """The page is set right before it is set as a PDF."""
    set_from = []
    monkeypatch.setattr(
        pdf_module,
        "make_pdf",
        lambda page, *_, **__: set_from.append(page.read_bytes()) or pdf_module.PdfResult("no PDF here"),
    )
    render(*bare, tmp_path)
    path = tmp_path / "index.html"
    path.write_bytes(path.read_bytes().replace(b"not run", b"reproduced"))
    render(*bare, tmp_path)
    assert len(set_from) == 2
    assert set_from[0] == set_from[1]


@pytest.mark.parametrize("place", [0, 200, -1])
def test_a_page_with_any_byte_changed_is_not_intact(bare, tmp_path, place):
    render(*bare, tmp_path, pdf=False)
    page = bytearray((tmp_path / "index.html").read_bytes())
    assert is_intact(bytes(page))
    page[place] ^= 1
    assert not is_intact(bytes(page))


def test_a_page_without_a_place_for_its_digest_is_neither_intact_nor_given_one():
    assert not is_intact(b"<html></html>")
    with pytest.raises(ValueError, match="harness-page"):
        with_checksum("<html></html>")


def test_another_verdict_makes_another_report(bare, tmp_path):
    render(*bare, tmp_path, pdf=False)
    other = [verdict.model_copy(update={"sentence": "Something else."}) for verdict in bare[1]]
    assert "index.html" in names(render(bare[0], other, tmp_path, pdf=False).written)
    assert "Something else." in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize("name", [*TEXTS, "report.pdf"])
def test_a_file_of_other_origin_is_never_touched(bare, tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(ReportError, match=f"{name} was not written by harness"):
        render(*bare, tmp_path, pdf=False)
    assert contents(tmp_path).keys() == {name}
    assert (tmp_path / name).read_text() == "mine"


def test_a_link_out_of_the_folder_is_not_followed(bare, tmp_path):
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "index.html").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ReportError, match="was not written by harness"):
        render(*bare, tmp_path / "out", pdf=False)
    assert (tmp_path / "elsewhere").read_text() == "mine"


def test_other_files_in_the_folder_stay(bare, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    render(*bare, tmp_path, pdf=False)
    assert names(tmp_path.iterdir()) == sorted([*TEXTS, "manifest.sha256", "notes.txt"])


def test_a_folder_that_cannot_be_made_is_an_error_that_says_where(bare, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ReportError, match="the report cannot be written"):
        render(*bare, tmp_path / "file" / "report", pdf=False)


def test_a_write_that_fails_leaves_the_old_report_and_no_rubbish(bare, tmp_path, monkeypatch):
    render(*bare, tmp_path, pdf=False)
    before = contents(tmp_path)
    other = [verdict.model_copy(update={"sentence": "Something else."}) for verdict in bare[1]]

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(ReportError, match="No space left on device"):
        render(bare[0], other, tmp_path, pdf=False)
    assert contents(tmp_path) == before


def test_verdicts_of_another_record_are_refused(bare, tmp_path):
    with pytest.raises(ReportError, match="'table-1/fc10-1e-4/train-error' is in one only"):
        render(bare[0], bare[1][1:], tmp_path, pdf=False)
    assert not list(tmp_path.iterdir())
