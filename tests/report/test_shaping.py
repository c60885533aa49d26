"""Labels of figures that WeasyPrint sets letter by letter are named where that is not how they are written."""

import unicodedata

import pytest
from records import NEAR, claim, measured, record

from harness.judge import judge
from harness.report import render
from harness.report.shaping import note as note_on
from harness.report.shaping import unshaped
from harness.spec.claim import Source
from harness.spec.paper import Axis, Exhibit


def labelled(text: str) -> str:
    return f"<p>العربية</p><svg><title>العربية</title><text x='1'>{text}</text></svg>"


@pytest.mark.parametrize(
    ("label", "script"),
    [
        ("العربية", "Arabic is written"),
        ("שלום", "Hebrew is written"),
        ("error, ܐܪܡܝܐ", "Syriac is written"),
        ("नमस्ते", "Devanagari is written"),
        ("বাংলা", "Bengali is written"),
        ("ไม่", "Thai is written"),
        ("ᠮᠣᠩᠭᠣᠯ", "Mongolian is written"),
        (unicodedata.normalize("NFD", "é"), "combining marks are written"),
        ("العربية שלום", "Arabic and Hebrew are written"),
    ],
)
def test_a_label_whose_letters_change_beside_others_is_named_by_its_script(label, script):
    assert unshaped(labelled(label)) == [label]
    told = note_on([label])
    assert "1 label of its figures" in told
    assert f"not how {script};" in told


@pytest.mark.parametrize(
    "label", ["plain", "Ошибка, Σ é", "深度学习", "한국어", "FC10(10⁻⁴) → ≤ ½", "✔\ufe0f", "a &lt;b&gt;"]
)
def test_a_label_that_is_right_letter_by_letter_is_not_named(label):
    assert unshaped(labelled(label)) == []


def test_the_pdf_and_the_terminal_say_which_labels_are_not_as_they_are_written(tmp_path):
    one = claim("p/r/c", says="C.")
    made = record((one, measured(one.id, NEAR)))
    exhibit = Exhibit(
        id="p", title="P", source=Source(table=1), shape="table", rows=(Axis(name="r", label="العربية"),),
        columns=(Axis(name="c", label="error"),), cells={"r/c": one.id}, claims=(one.id,),
    )  # fmt: skip
    made = made.model_copy(update={"paper": made.paper.model_copy(update={"exhibits": (exhibit,)})})
    (note,) = render(made, judge(made), tmp_path).notes
    assert note == note_on(["العربية"])
    assert render(made, judge(made), tmp_path).notes == (note,), "it must not become silent"
