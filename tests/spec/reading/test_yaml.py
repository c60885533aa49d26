from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paces import least_seconds

from harness.spec.reading.node import Problems
from harness.spec.reading.scalar import resolve
from harness.spec.reading.yaml import MAX_BYTES, read


@pytest.fixture
def reading(tmp_path):
    """Read a text (or bytes); return the root node and the problems as shown, without the folder."""

    def read_text(text):
        file = tmp_path / "a.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        problems = Problems()
        root = read(file, problems)
        return root, [
            str(problem).removeprefix(f"{tmp_path}/").removesuffix(f" [{problem.rule}]") for problem in problems
        ]

    return read_text


REFUSED = {
    "a tag": ("a: !!python/object:os.system x", "a.yaml:1:4: a: found the tag '!!python/object:os.system'"),
    "a local tag": ("a: !x 1", "a.yaml:1:4: a: found the tag '!x'"),
    "an anchor": ("a: &b [1]", "a.yaml:1:4: a: found the anchor '&b'"),
    "an alias": ("b: 1\na: *b", "a.yaml:2:4: a: found the alias '*b'"),
    "a merge key": ("a: 1\n<<: {b: 2}", "a.yaml:2:1: <<: '<<' (merge key) is not supported"),
    "a directive": ("%YAML 1.1\n---\na: 1", "a.yaml:2:1: found a directive"),
    "a second document": ("a: 1\n---\nb: 2", "a.yaml:2:1: found a second document"),
    "a duplicate key": ("a:\n  b: 1\n  b: 2", "a.yaml:3:3: a.b: written twice (first in line 2)"),
    "a duplicate key that is quoted once": ("a: 1\n'a': 2", "a.yaml:2:1: a: written twice (first in line 1)"),
    "a key that is a list": ("? [a]\n: 1", "a.yaml:1:3: expected a name as key"),
    "bytes that are not UTF-8": (b"a: 1\nb: caf\xe9\n", "a.yaml:2:7: not UTF-8: found the byte 0xe9"),
    "UTF-16": ("a: 1".encode("utf-16"), "a.yaml:1:1: not UTF-8: found the byte 0xff"),
    "a null byte": ("a: 1\nb: \x00", "a.yaml:2:4: found the control character U+0000"),
    "a terminal's escape": ("a: \x1b[31m", "a.yaml:1:4: found the control character U+001B"),
    "an escaped control character": (r'a: "\x1b"', "a.yaml:1:4: a: found the control character U+001B, written as"),
    "an escaped control character in a key": (r'"a\0": 1', "a.yaml:1:1: found the control character U+0000"),
    "an escaped surrogate": (r'a: "\ud800"', "a.yaml:1:4: a: found the control character U+D800"),
    "an escape beyond Unicode": (r'a: "\Uffffffff"', "a.yaml: not YAML: "),
    "an infinite number": ("a: -.inf", "a.yaml:1:4: a: expected a finite number, found -.inf"),
    "an empty file": ("", "a.yaml: the file is empty"),
    "a file of comments": ("# nothing\n", "a.yaml: the file is empty"),
    "a tab as indentation": ("a:\n\tb: 1", "a.yaml:2:1: not YAML: found character '\\t' that cannot start any token"),
    "a percent sign without quotes": ("unit: %", "a.yaml:1:7: not YAML: found character '%'"),
    "a colon within text": ("a: b: c", "a.yaml:1:5: not YAML: mapping values are not allowed here"),
    "an open bracket": ("a: [1,\nb: 2", "a.yaml:2:5: not YAML: expected ',' or ']'"),
    "an open quote": ("a: 'b\n", "a.yaml:2:1: not YAML: found unexpected end of stream"),
    "a file that is too large": ("#" * (MAX_BYTES + 1), "a.yaml: expected at most 2,097,152 bytes, found 2,097,153"),
}


@pytest.mark.parametrize(("text", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_more_or_less_than_data_is_refused_at_its_place(reading, text, told):
    _, problems = reading(text)
    assert len(problems) == 1
    assert problems[0].startswith(told)


REPAIRS = {
    "a tab": ("a:\n\tb: 1", "indent with spaces"),
    "a percent sign": ("unit: %", 'put it in quotes: "%"'),
    "an at sign": ("a: @b", "put the text in quotes"),
    "a colon within text": ("a: b: c", "put the text in quotes if it contains ': '"),
    "an open bracket": ("a: [1, 2", "check that every bracket is closed"),
    "an open quote": ("a: 'b\n", "a quote is opened and never closed"),
    "a quote within quotes": ("a: 'it's'", "double a quote inside quotes"),
    "a crooked indentation": ("a: 1\n b: 2", "check the indentation"),
    "a list that ends as a mapping": ("- a\nb: c", "start in the same column"),
}


@pytest.mark.parametrize(("text", "repair"), REPAIRS.values(), ids=REPAIRS.keys())
def test_a_syntax_error_says_how_to_repair_it(reading, text, repair):
    root, problems = reading(text)
    assert root is None
    assert len(problems) == 1
    assert repair in problems[0]


def test_an_alias_bomb_is_never_expanded(reading):
    names = "abcdefghijklmnop"
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]" for old, new in itertools.pairwise(names)]
    root, problems = reading("\n".join(lines))
    assert root is not None
    assert sum(len(node.members) for node in root.entries.values()) == 10 * len(names)
    assert any("found the alias '*a'" in problem for problem in problems)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_is_refused_and_exhausts_nothing(reading, opening):
    root, problems = reading(opening * 20_000)
    assert root is None
    assert len(problems) == 1
    assert "nested more than 24 levels deep" in problems[0] or "not YAML" in problems[0]


@pytest.mark.parametrize("before", ["", "a: ", "a: {", "- - - "])
def test_brackets_within_brackets_are_refused_in_no_time(reading, before):
    def refused():
        root, problems = reading(before + "[" * 200_000)
        assert (root, len(problems)) == (None, 1)
        assert "nested more than 24 levels deep; no part of a pack is" in problems[0]

    assert least_seconds(refused, enough=1) < 1


def test_a_byte_order_mark_is_no_part_of_the_text(reading):
    root, problems = reading(b"\xef\xbb\xbfa: 1")
    assert (root.plain(), problems) == ({"a": 1}, [])


def test_what_cannot_be_read_is_a_problem(tmp_path):
    problems = Problems()
    assert read(tmp_path, problems) is None
    assert read(tmp_path / "absent.yaml", problems) is None
    folder, absent = map(str, problems)
    assert "expected a regular file" in folder
    assert "cannot be read" in absent


def test_every_value_and_key_knows_its_line_column_and_path(reading):
    root, _ = reading('title: x\nrows:\n  a: {printed: ["1", {b: 2}]}\n')
    cell = root.entries["rows"].entries["a"].entries["printed"].members[1]
    inner = cell.entries["b"]
    assert (cell.place.line, cell.place.column, cell.place.where) == (3, 22, "rows.a.printed[1]")
    assert (inner.key.line, inner.key.column) == (3, 23)
    assert (inner.place.line, inner.place.column, inner.place.where) == (3, 26, "rows.a.printed[1].b")


def test_a_column_counts_characters_and_not_bytes(reading):
    _, problems = reading("a: {é: 1, é: 2}")
    assert problems[0].startswith("a.yaml:1:11: a.é: written twice")


MEANINGS = {
    "1e-4": 1e-4,
    "1.0e-9": 1e-9,
    "-3": -3,
    "+3": 3,
    ".5": 0.5,
    "7.40": 7.4,
    "0x1f": 31,
    "0o17": 15,
    "0777": 777,
    "1_000": "1_000",
    "yes": "yes",
    "no": "no",
    "on": "on",
    "NaN": "NaN",
    "true": True,
    "False": False,
    "null": None,
    "~": None,
    "2014-01-01": "2014-01-01",
    "1:30": "1:30",
    "٣": "٣",
}


@pytest.mark.parametrize(("text", "value"), MEANINGS.items())
def test_a_scalar_means_what_yaml_1_2_says(reading, text, value):
    root, problems = reading(f"a: {text}")
    assert problems == []
    assert root.plain() == {"a": value}
    assert type(root.plain()["a"]) is type(value)


@pytest.mark.parametrize("text", ["7.40", "true", "null", ".nan", "1e999"])
def test_what_is_quoted_is_text(reading, text):
    root, problems = reading(f"a: '{text}'")
    assert (root.plain(), problems) == ({"a": text}, [])


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_float_as_python_writes_it_is_read_back(number):
    assert resolve(repr(number), quoted=False) == (number, "")


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_every_integer_of_64_bits_is_read_back(number):
    assert resolve(str(number), quoted=False) == (number, "")


@given(st.text(alphabet="0123456789.eExXoO+-_naif", max_size=400))
def test_no_scalar_becomes_a_number_that_is_not_finite(text):
    value, _ = resolve(text, quoted=False)
    assert not isinstance(value, float) or math.isfinite(value)
