"""What an error quotes of foreign origin is one printable line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import MOST, Problem, brief, shown
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


@given(st.text(), st.text(), st.text())
def test_a_mistake_is_one_line_whatever_the_names_in_the_pack_hold(file, where, message):
    """A name with a line feed would otherwise write a second mistake of its own."""
    said = str(Problem(Path(file.replace("\0", "")), 1, 2, where, message, "wrong-value"))
    assert len(said.splitlines()) == 1
    assert said.endswith(" [wrong-value]")
