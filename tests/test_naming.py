from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paces import least_seconds

from harness.naming import NAME, nearest, refused, shortened, unknown


@pytest.mark.parametrize("name", ["a", "1", "fc10-1e-4", "table-1", "a_b", "x" * 80])
def test_small_letters_digits_and_dashes_make_a_name(name):
    assert refused(name, "a model") == ""


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../a", "a/b", "a\\b", "A", "a b", "-a", "a-", "a.b", "é", "a\n", "x" * 81]
)
def test_what_could_leave_a_folder_or_break_an_id_is_no_name(name):
    assert "cannot be the name of a model" in refused(name, "a model")


@given(st.text())
def test_a_name_advised_is_a_name(text):
    advised = re.search(r"; write '(.*)'$", refused(text, "a model"))
    assert advised is None or NAME.fullmatch(advised[1])


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("iteration", "iterations"),
        ("max_iter", "iterations"),
        ("decay-convention", "decay_convention"),
        ("Hidden", "hidden"),
    ],
)
def test_a_near_miss_is_found(name, meant):
    assert nearest(name, ["hidden", "iterations", "decay_convention", "seed"]) == meant


def test_what_is_like_nothing_has_no_near_miss():
    assert nearest("zzz", ["hidden", "iterations"]) is None


def test_without_a_near_miss_the_known_names_are_listed():
    assert unknown("kind", "zzz", ["b", "a"]) == "unknown kind 'zzz'; known: a, b"


def test_a_long_list_of_known_names_is_cut():
    assert unknown("kind", "zzz", [f"k{i:02}" for i in range(30)]).endswith("k10, k11, … (30 in all)")


def test_where_nothing_is_known_that_is_said():
    assert unknown("kind", "zzz", []) == "unknown kind 'zzz'; there is no kind to choose from"


@pytest.mark.parametrize("name", ["\x1b[31m", "\u202e", "\ud800", "a\nb"])
def test_a_known_name_of_a_foreign_file_neither_steers_the_terminal_nor_is_no_text(name):
    said = unknown("array", "zzz", [name, "b"])
    assert said.isprintable()
    said.encode()


def test_names_of_a_million_characters_are_compared_in_no_time_and_cut():
    known = [letter * 1_000_000 for letter in "abcdefgh"]

    def compare():
        assert len(unknown("array", "a" * 1_000_000, known)) < 300
        assert len(unknown("array", "z" * 90, known)) < 1000

    assert least_seconds(compare, enough=1) < 1


@given(st.text(max_size=500))
def test_whatever_is_quoted_fits_a_line(text):
    assert "\n" not in shortened(text)
    assert len(shortened(text, 20)) <= 20 * 10 + 2
