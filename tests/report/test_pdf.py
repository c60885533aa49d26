"""The PDF: tagged, the same every time, and never the end of the report."""

from __future__ import annotations

import os
import re
import signal
import sys

import pikepdf
import pytest

from harness.report import render
from harness.report.pdf import PdfResult, make_pdf


@pytest.fixture
def pretend(tmp_path, monkeypatch):
    """Make the child find a weasyprint of our own making."""

    def place(source: str):
        (tmp_path / "fake").mkdir()
        (tmp_path / "fake" / "weasyprint.py").write_text(source)
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "fake"), *filter(None, sys.path)]))
        return tmp_path / "out"

    return place


def test_the_pdf_is_tagged_titled_and_dated_by_the_record(report):
    with pikepdf.open(report.written[0].parent / "report.pdf") as pdf:
        assert len(pdf.pages) > 3
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.StructTreeRoot.K
        assert pdf.Root.Lang == "en"
        assert pdf.docinfo["/Title"] == "Replication report: Intriguing properties of neural networks"
        assert str(pdf.docinfo["/Author"]).startswith("harness")
        assert str(pdf.docinfo["/CreationDate"]).startswith("D:20260303100000")
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"


def test_every_figure_of_the_pdf_has_a_text_alternative_and_only_folded_ones_are_left_out(report, page):
    shown = re.sub(r'<details class="folded">.*?</details>', "", page, flags=re.DOTALL)
    assert page.count("<svg") > shown.count("<svg") > 0
    with pikepdf.open(report.written[0].parent / "report.pdf") as pdf:
        figures = [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/Figure"]
        assert len(figures) == shown.count("<svg") + shown.count("<img")
        assert all(str(figure.Alt) for figure in figures)


def test_a_picture_of_the_page_is_in_the_pdf(report):
    with pikepdf.open(report.written[0].parent / "report.pdf") as pdf:
        images = [o for o in pdf.objects if isinstance(o, pikepdf.Stream) and o.get("/Subtype") == "/Image"]
        assert [(int(image.Width), int(image.Height)) for image in images] == [(2, 1)]


def test_the_pdf_uses_the_fonts_that_come_with_us_and_embeds_them(report):
    with pikepdf.open(report.written[0].parent / "report.pdf") as pdf:
        fonts = [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/FontDescriptor"]
        assert fonts
        for font in fonts:
            assert any(name in str(font.FontName) for name in ("DejaVu", "STIX"))
            assert "/FontFile2" in font or "/FontFile3" in font


def test_the_same_record_gives_the_same_pdf(record, verdicts, report, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    render(record, verdicts, tmp_path)
    assert (tmp_path / "report.pdf").read_bytes() == (report.written[0].parent / "report.pdf").read_bytes()


def test_without_pango_all_but_the_pdf_is_written_and_one_note_says_what_to_install(bare, pretend):
    out = pretend("raise OSError(\"cannot load library 'libpango-1.0-0'\\nand more\")")
    rendered = render(*bare, out)
    names = ["index.html", "junit.xml", "manifest.sha256", "readings.csv", "results.csv", "runs.csv", "verdicts.json"]
    assert sorted(path.name for path in rendered.written) == names
    assert sorted(path.name for path in out.iterdir()) == names
    (note,) = rendered.notes
    assert note.startswith("report.pdf was not written: ")
    assert "libpango-1.0-0" in note
    assert "\n" not in note


def test_a_weasyprint_that_crashes_takes_nothing_with_it(bare, pretend):
    out = pretend(f"import os\nos.kill(os.getpid(), {int(signal.SIGSEGV)})")
    rendered = render(*bare, out)
    assert len(rendered.written) == 7
    assert rendered.notes == ("report.pdf was not written: WeasyPrint crashed (SIGSEGV); everything else is complete",)


def test_a_weasyprint_that_fails_is_quoted(tmp_path, pretend):
    out = pretend("raise RuntimeError('out of paper')")
    made = make_pdf(tmp_path / "index.html", out, identifier="x", incomplete="y", when=None)
    assert made.failure == "WeasyPrint failed: RuntimeError: out of paper"


def test_setting_a_page_reads_no_file_and_asks_no_network(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    secret = (tmp_path / "secret.txt").as_uri()
    page = tmp_path / "index.html"
    page.write_text(
        '<html lang="en"><title>t</title><link rel="attachment" href="%s"><style>@import "%s"; p{background:url(%s)}</style><p>x<img alt="a" src="%s">'
        % ((secret,) * 4)
    )
    assert make_pdf(page, tmp_path / "out.pdf", identifier="x", incomplete="y", when=0) == PdfResult()
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert not pdf.attachments
        assert not any("/Subtype" in o and o.Subtype == "/Image" for o in pdf.objects if isinstance(o, pikepdf.Stream))
