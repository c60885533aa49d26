"""Scripts that our own fonts lack: other fonts are let in, and what none has is named."""

from __future__ import annotations

import pdftext
import pikepdf
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from harness.judge import judge
from harness.report import render
from harness.report.glyphs import drawn
from harness.report.glyphs import note as note_on
from harness.spec.paper import Bibliography

DEEP = "深"


def a_font(path, letters: str) -> None:
    """Write a font in which each of some letters is a black square."""
    names = [".notdef", *(f"u{ord(letter):04X}" for letter in letters)]
    pen = TTGlyphPen(None)
    for place, point in enumerate(((0, 0), (0, 800), (800, 800), (800, 0))):
        (pen.lineTo if place else pen.moveTo)(point)
    pen.closePath()
    square = pen.glyph()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(letter): f"u{ord(letter):04X}" for letter in letters})
    builder.setupGlyf(dict.fromkeys(names, square))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Made Up", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)


@pytest.fixture
def fonts(tmp_path, monkeypatch):
    """The folder of the only fonts this machine has beside ours."""
    folder = tmp_path / "fonts"
    folder.mkdir()
    settings = tmp_path / "fonts.conf"
    settings.write_text(
        f'<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>{folder}</dir></fontconfig>'
    )
    monkeypatch.setenv("FONTCONFIG_FILE", str(settings))
    return folder


@pytest.fixture
def titled(bare):
    """A record of a paper of the given title, and its verdicts."""

    def make(title: str):
        record = bare[0]
        paper = record.paper.model_copy(update={"bibliography": Bibliography(title=title)})
        record = record.model_copy(update={"paper": paper})
        return record, judge(record)

    return make


def test_a_character_without_glyph_is_named_in_the_terminal_and_in_the_pdf(fonts, titled, tmp_path):
    rendered = render(*titled(f"{DEEP}度 learning, नमस्ते"), tmp_path / "out")
    (note,) = rendered.notes
    assert note.startswith(
        "The PDF cannot show 8 characters that no font on this machine has (6 Devanagari, 2 Chinese: "
    )
    assert "U+6DF1" in note
    assert "Install Noto Sans Devanagari and Noto Sans CJK" in note
    first = pdftext.pages(tmp_path / "out" / "report.pdf")[0]
    assert note.replace("`", "")[:60] in first.replace("\n", " ")
    assert tmp_path / "out" / "report.pdf" in rendered.written


def test_the_pdf_is_made_anew_until_it_shows_all_and_then_kept(fonts, titled, tmp_path):
    given, out = titled(f"On {DEEP}"), tmp_path / "out"
    assert render(*given, out).notes
    again = render(*given, out)
    assert again.notes, "it must not become silent"
    a_font(fonts / "made-up.ttf", DEEP)
    better = render(*given, out)
    assert not better.notes
    assert better.written == (out / "report.pdf", out / "manifest.sha256")
    with pikepdf.open(out / "report.pdf") as pdf:
        names = {str(o.FontName) for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and "/FontName" in o}
    assert any("Made-Up" in name for name in names)
    assert not render(*given, out).written


def test_other_fonts_are_let_in_only_where_ours_lack_a_character(fonts, titled, tmp_path):
    a_font(fonts / "made-up.ttf", DEEP + "abcdefghijklmnopqrstuvwxyz")
    rendered = render(*titled("Привет, العربية, Πλάτων"), tmp_path / "out")
    assert not rendered.notes
    with pikepdf.open(tmp_path / "out" / "report.pdf") as pdf:
        names = {str(o.FontName) for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and "/FontName" in o}
    assert names
    assert not any("Made-Up" in name for name in names)


@pytest.mark.parametrize(
    ("page", "letters"),
    [
        ("<p>a<b>b</b></p>", "ab"),
        ("<style>p { content: '深' }</style><title>深</title><p>a</p>", "a"),
        ("<svg><title>深</title><text>層</text></svg>", "層"),
        ("<p>&#x6DF1;</p>", DEEP),
        ("<p title='深'>\u200d\ufe0f \u00a0</p>", ""),
    ],
)
def test_only_what_a_page_draws_needs_a_glyph(page, letters):
    assert drawn(page) == frozenset(letters)


@pytest.mark.parametrize(
    ("letter", "script", "font"),
    [
        ("の", "Japanese", "Noto Sans CJK"),
        ("한", "Korean", "Noto Sans CJK"),
        ("ไ", "Thai", "Noto Sans Thai"),
        ("अ", "Devanagari", "Noto Sans Devanagari"),
        ("😀", "symbol", "Noto Sans Symbols"),
        ("\u0378", "symbol", "Noto Sans Symbols"),
    ],
)
def test_scripts_are_named_with_a_font_that_has_them(letter, script, font):
    told = note_on([letter])
    assert f"1 character that no font on this machine has (1 {script}: U+{ord(letter):04X})" in told
    assert f"Install {font} " in told


def test_of_many_characters_some_are_named_and_the_rest_counted():
    assert "U+4E09 and 20 more" in note_on(chr(0x4E00 + n) for n in range(30))
