"""What an error quotes of foreign origin is one printable line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import MOST, brief, shown
from harness.sources import Unsound


@given(st.text(max_size=3 * MOST))
def test_whatever_is_quoted_is_one_printable_line_of_a_length_that_fits_a_sentence(text):
    said = brief(text)
    assert said.isprintable()
    assert len(said) <= MOST + 3


@pytest.mark.parametrize("odd", ["\x1b[2J", "\u202e", "\ud800", "\x00", "\n", "\x85"])
def test_no_name_in_a_file_that_is_refused_steers_the_terminal(odd):
    said = str(Unsound(f"has not the array {odd}"))
    assert said.isprintable()
    said.encode()


def test_what_can_be_printed_stays_as_it_is():
    assert shown("σ = 0.5 −  é") == "σ = 0.5 −  é"
