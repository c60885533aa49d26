"""JSON that can be written again, and only that."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.strictjson import LARGEST, UnwritableError, loads

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**90), 10**90) | st.floats(-LARGEST, LARGEST) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(values, st.booleans())
def test_what_json_wrote_is_read_back(value, ascii_alone):
    assert loads(json.dumps(value, ensure_ascii=ascii_alone)) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("NaN", "NaN, which is not a number"),
        ("-Infinity", "-Infinity, which is not a number"),
        ("1e999", "1e999, which is larger than any number"),
        ("-1e101", "-1e101, which is larger"),
        ("9" * 5000, "99999999999999999999…, which is larger"),
        (r'"\ud800"', "half a surrogate pair"),
        (r'{"\uDFFF": 1}', "half a surrogate pair"),
    ],
)
@pytest.mark.parametrize("within", ["{}", "[1, {}]", '{{"a": [{}]}}'])
def test_what_could_not_be_written_again_is_refused_at_any_depth(text, why, within):
    with pytest.raises(UnwritableError, match=why):
        loads(within.format(text))


def test_a_surrogate_pair_is_one_character():
    assert loads(r'"\ud83d\ude00"') == "\N{GRINNING FACE}"
