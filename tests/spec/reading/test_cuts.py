import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.spec.reading.cuts import PROSE, cut_texts
from harness.spec.reading.lint import lint

CUT = {
    "title: The # of hidden units": "ends with 'The'",
    "because: see issue #12": "ends with 'see issue'",
    "note: #1 of all": "there is no text",
    "x: {label: Network #2\n  }": "ends with 'Network'",
    "x: {label: #2\n  }": "there is no text",
    "authors:\n  - A. Author\n  - Author No #2": "ends with 'Author No'",
    "question:\n  Which one\n  is # 1?": "ends with 'Which one is'",
    "says: C# and  #3": "ends with 'C# and'",
    "anything: several words #": "ends with 'several words'",
    "because: 7 # of 10": "ends with '7'",
    "a: {b: [1, 2]}\nsays: x #y": "ends with 'x'",
}
WHOLE = [
    "title: 'The # of hidden units' # a comment",
    'because: "see issue #12" # a comment',
    "because: see issue#12, C# and a#",
    "seed: 1 # a comment",
    "kind: digits # a comment",
    "x: {a: 1} # a comment",
    "x: [a b, c d] # a comment",
    "x: # a comment\n  says: y\n  # a comment\n",
    "says: >- # a comment\n  folded # text\n",
    "says: |\n  literal # text\n",
    "title: x\n# a comment\nsays: y\n",
    "url: https://example.org/#12",
    "",
    "[",
    "a: b: c # d",
]  # fmt: skip


@pytest.mark.parametrize("text", CUT)
def test_an_unquoted_text_that_a_comment_follows_is_warned_of(tmp_path, text):
    (tmp_path / "a.yaml").write_text(text)
    (warning,) = cut_texts(tmp_path / "a.yaml")
    assert CUT[text] in warning.message
    assert "put the text in quotes, or the comment on a separate line" in warning.message
    line = text.splitlines()[warning.line - 1] if CUT[text] != "there is no text" else ""
    assert warning.line >= 1
    assert not line or line[warning.column - 1] not in " :#"


@pytest.mark.parametrize("text", WHOLE)
def test_an_ordinary_comment_is_not(tmp_path, text):
    (tmp_path / "a.yaml").write_text(text)
    assert cut_texts(tmp_path / "a.yaml") == []


@given(st.sampled_from(sorted(PROSE)), st.text("ab #:-\"'[]{},|>\t\n", max_size=15))
def test_whatever_a_text_holds_it_is_whole_or_warned_of_or_a_mistake(tmp_path_factory, key, text):
    file = tmp_path_factory.mktemp("cut") / "a.yaml"
    file.write_text(f"{key}: {text}\n")
    assert all(re.search(r"\s#", text) or text.startswith("#") for _ in cut_texts(file))


def test_the_packs_of_this_checkout_have_no_warnings():
    assert lint([Path(__file__).parents[3] / "specs"]).doubts == []
