"""A narrow terminal breaks texts at their joints; only a piece wider than its column is folded."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import NEAR, claim, verdict
from rich.console import Console

from harness.judge.outcome import Outcome
from harness.spec.doubts import Doubt
from harness.terminal.breaking import Breakable
from harness.terminal.commands import print_doubts
from harness.terminal.verdicts import verdict_table

LONG = "section-4-2/amplified-comes-from-the-other-half-less"


def printed(*what, width=80, terminal=True):
    console = Console(width=width, file=io.StringIO(), force_terminal=terminal, color_system=None)
    for each in what:
        console.print(each)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("within-margin, choice-dependent", ["within-margin,", "choice-", "dependent"]),
        ("choice-dependent, exact", ["choice-", "dependent,", "exact"]),
        ("fc100-100-10, exact", ["fc100-100-10,", "exact"]),
        ("table-1/fc10-1e-4/train-error", ["table-1/", "fc10-1e-4/", "train-error"]),
        ("=all of them", ["=all of them"]),
        ("", [""]),
    ],
)
def test_lines_end_at_joints(text, lines):
    assert Breakable(text).lines(14) == lines


@given(st.text("ab-/= ,", max_size=40), st.integers(1, 20))
def test_no_letter_is_lost_and_no_line_of_short_pieces_is_too_wide(text, width):
    lines = Breakable(text).lines(width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(len(line) <= width or not set(line[:-1]) & set("/= ") for line in lines)


def test_a_table_of_verdicts_at_eighty_columns_breaks_no_word():
    marks = ("explained-afterwards", "choice-dependent", "by-construction")
    one = verdict(claim(LONG, primary=False), NEAR).model_copy(update={"qualifiers": marks})
    lines = printed(verdict_table([one, one.model_copy(update={"outcome": Outcome.NOT_REPRODUCED})]))
    assert max(map(len, lines)) <= 80
    words = {word for line in lines for word in line.split()}
    whole = {"choice-dependent,", "explained-", "afterwards,", "secondary", "REPRODUCED"}
    assert whole <= words
    assert all(piece in " ".join(words) for piece in ("section-4-2/", "amplified-", "other-", "less"))


def test_doubts_are_wrapped_at_words_in_a_terminal_and_in_one_line_in_a_pipe():
    doubt = Doubt("amended", "A promise was amended after judged runs; " * 4)
    for terminal, lines in ((True, 3), (False, 1)):
        console = Console(width=80, file=io.StringIO(), force_terminal=terminal, color_system=None)
        print_doubts([doubt], console)
        found = console.file.getvalue().rstrip().splitlines()
        assert len(found) == lines
        assert " ".join(line.strip() for line in found) == f"amended: {doubt.sentence.strip()}"
