"""The manifest: one text file, of every file of a report, that says by itself whether it is whole."""

import hashlib
import os
import shutil
import subprocess

import pytest

from harness.errors import ReportError
from harness.files import UnfitError
from harness.record.file import write
from harness.report import manifest as manifest_module
from harness.report import pdf as pdf_module
from harness.report import render
from harness.report.manifest import NAME, manifest_text, read_manifest, sha256_within, write_manifest

A, B = "a" * 64, "b" * 64


@pytest.fixture
def rendered(bare, tmp_path):
    """A report, without its PDF, beside its record."""
    write(bare[0], tmp_path / "record")
    render(*bare, tmp_path, tmp_path / "record" / "results.json", pdf=False)
    return tmp_path


def test_it_lists_every_file_of_the_report_and_the_record_with_its_sha_256(rendered):
    found = read_manifest(rendered)
    every = {path.relative_to(rendered).as_posix() for path in rendered.rglob("*") if path.is_file()} - {NAME}
    assert found.files.keys() == every
    assert found.record == "record/results.json"
    assert found.sha256 == hashlib.sha256((rendered / NAME).read_bytes()).hexdigest()
    for path, sha256 in found.files.items():
        assert hashlib.sha256((rendered / path).read_bytes()).hexdigest() == sha256


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="needs sha256sum")
def test_sha256sum_reads_it_and_names_a_touched_file(rendered):
    def summed():
        return subprocess.run(
            ["sha256sum", "--strict", "-c", NAME], cwd=rendered, capture_output=True, text=True, check=False
        )

    whole = summed()
    assert (whole.returncode, whole.stderr) == (0, "")
    (rendered / "junit.xml").write_text("other")
    assert summed().returncode == 1
    assert "junit.xml: FAILED" in summed().stdout


def test_the_same_report_gives_the_same_manifest_and_writes_it_once(bare, rendered):
    before = (rendered / NAME).stat().st_mtime_ns
    assert render(*bare, rendered, rendered / "record" / "results.json", pdf=False).written == ()
    assert (rendered / NAME).stat().st_mtime_ns == before
    assert manifest_text({"b": B, "a": A}, "a") == manifest_text({"a": A, "b": B}, "a")


@pytest.mark.parametrize("name", [NAME, "results.csv"])
def test_what_was_lost_or_altered_is_right_again_after_the_next_report(bare, rendered, name):
    true = (rendered / NAME).read_bytes()
    (rendered / name).write_bytes((rendered / name).read_bytes() + b"x")
    render(*bare, rendered, rendered / "record" / "results.json", pdf=False)
    assert (rendered / NAME).read_bytes() == true


def test_a_pdf_of_an_earlier_page_is_not_listed_and_one_that_lacks_a_glyph_is(bare, rendered, monkeypatch):
    def pdf(page, target, *, identifier, incomplete, when):
        target.write_text(f"%PDF {incomplete}")
        return pdf_module.PdfResult(notes=("a letter is missing",))

    monkeypatch.setattr(pdf_module, "make_pdf", pdf)
    file = rendered / "record" / "results.json"
    render(*bare, rendered, file)
    assert "report.pdf" in read_manifest(rendered).files
    other = [verdict.model_copy(update={"sentence": "Something else."}) for verdict in bare[1]]
    render(bare[0], other, rendered, file, pdf=False)
    assert "report.pdf" not in read_manifest(rendered).files


def test_a_record_elsewhere_is_not_listed(bare, tmp_path):
    write(bare[0], tmp_path / "there")
    render(*bare, tmp_path / "out", tmp_path / "there" / "results.json", pdf=False)
    found = read_manifest(tmp_path / "out")
    assert found.record == ""
    assert found.files.keys() == {"index.html", "results.csv", "runs.csv", "readings.csv", "verdicts.json", "junit.xml"}


def test_a_path_that_would_need_an_escape_is_left_out(tmp_path):
    assert write_manifest(tmp_path, {"a": A, "b\nc": B, "b\\c": B, "../d": B, NAME: B}, "b\nc")
    found = read_manifest(tmp_path)
    assert (found.files, found.record) == ({"a": A}, "")


def resealed(text):
    """A manifest whose lines were changed by someone who also made its checksum anew."""
    above = text[: text.index("# SHA-256 of the lines above")]
    return f"{above}# SHA-256 of the lines above: {hashlib.sha256(above.encode()).hexdigest()}\n"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: "", "does not begin like a manifest"),
        (lambda text: text[1:], "does not begin like a manifest"),
        (lambda text: text[:-1], "truncated"),
        (lambda text: text[:300], "truncated"),
        (lambda text: text.replace("junit", "jumit"), "was changed since harness wrote it"),
        (lambda text: text.replace("# record: record", "# record: ricord"), "was changed since"),
        (
            lambda text: resealed(text.replace("# record: record", "# record: ricord")),
            "a record that is not among its files",
        ),
        (
            lambda text: resealed(text.replace("  junit.xml", "  ../junit.xml")),
            "line 4: expected a SHA-256 and the path",
        ),
        (
            lambda text: resealed(text.replace("  junit.xml", "  /etc/passwd")),
            "line 4: expected a SHA-256 and the path",
        ),
        (lambda text: resealed(text.replace("  junit.xml", "  index.html")), "line 4: expected a SHA-256 and the path"),
        (lambda text: text.replace("format 1", "format 2"), "format 2, but this version of harness reads up to 1"),
    ],
)
def test_a_damaged_manifest_is_refused_with_what_is_wrong_and_what_repairs_it(rendered, damage, said):
    path = rendered / NAME
    path.write_text(damage(path.read_text()))
    with pytest.raises(ReportError) as refused:
        read_manifest(rendered)
    assert said in str(refused.value)
    assert "restore it from a copy" in str(refused.value)
    assert "harness report" in str(refused.value)


def test_bytes_that_are_no_text_and_too_many_are_refused(rendered):
    (rendered / NAME).write_bytes(b"\xff\xfe")
    with pytest.raises(ReportError, match="not UTF-8 text at byte 0"):
        read_manifest(rendered)
    (rendered / NAME).write_bytes(b"#" * (manifest_module.MOST_BYTES + 1))
    with pytest.raises(ReportError, match="expected at most"):
        read_manifest(rendered)


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("elsewhere"), os.mkfifo, os.mkdir])
def test_what_is_no_file_of_its_own_is_refused_and_never_waited_for(rendered, make):
    (rendered / NAME).rename(rendered / "elsewhere")
    make(rendered / NAME)
    with pytest.raises(ReportError, match="restore it from a copy"):
        read_manifest(rendered)


@pytest.mark.parametrize("name", ["absent", "file"])
def test_what_is_no_folder_is_refused(tmp_path, name):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ReportError, match="expected the folder of a report"):
        read_manifest(tmp_path / name)


def test_a_file_larger_than_any_of_a_report_is_not_read(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"0" * 11)
    monkeypatch.setattr(manifest_module, "LARGEST_FILE", 10)
    with pytest.raises(UnfitError, match="expected at most 10 bytes"):
        sha256_within(tmp_path, "file")
