"""Margins in one word: what a pack may declare can be asked for, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import claim, margin

from harness.errors import UsageError
from harness.spec.widths import read_width, width_in_words


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("0.3", {"absolute": 0.3}),
        ("absolute:0.3", {"absolute": 0.3}),
        ("3e-2", {"absolute": 0.03}),
        ("10%", {"relative": 0.1}),
        ("10 %", {"relative": 0.1}),
        ("relative:0.1", {"relative": 0.1}),
        ("relative: 10%", {"relative": 0.1}),
        ("sampling:256", {"sampling": {"images": 256}}),
        ("same_images", {"same_images": True}),
    ],
)
def test_a_margin_is_asked_for_by_the_keys_of_a_pack_or_as_a_number_or_a_percentage(text, width):
    assert read_width(text).model_dump(exclude_none=True, exclude={"because"}) == width


@given(st.floats(1e-9, 1e9))
def test_any_positive_number_is_a_half_width(width):
    assert read_width(repr(width)).absolute == width


@pytest.mark.parametrize(
    "text",
    ["", "x", "0", "-1", "inf", "nan", "%", "absolute:", "absolute:3%", "sampling", "sampling:1", "sampling:2.5", "same_images:no", "because:x", "wide:1"],
)  # fmt: skip
def test_what_is_no_margin_is_refused_with_the_forms_there_are(text):
    with pytest.raises(UsageError, match=r"expected 0\.3 or absolute:0\.3 .* found"):
        read_width(text)


def test_each_way_to_declare_a_margin_has_words_of_its_own():
    expected = claim().expected
    widths = [{"absolute": 0.3}, {"relative": 0.1}, {"sampling": {"images": 256}}, {"same_images": True}]
    words = [width_in_words(margin(**width), expected) for width in widths]
    assert words == ["±0.3 points", "±10 %", "sampling of 256 images", "same images"]
    assert width_in_words(None, expected) == "none"
