import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import claim, record, verdict

from harness.judge import judge
from harness.record.invocation import Invocation
from harness.shell import command

PATHS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)


@given(PATHS)
def test_a_shell_reads_the_words_that_were_meant_and_no_path_as_an_option(path):
    words = shlex.split(command("verify", Path(path)))
    assert words[:2] == ["harness", "verify"]
    assert Path(words[2]) == Path(path)
    assert not words[2].startswith("-")


def test_a_command_carries_the_options_that_are_not_at_their_defaults_and_that_it_has():
    called = Invocation(pack="My Pack", store="a store", out="there", data_dir="~/d", device="cpu")
    assert called.command("verify", "-k", "t/c") == (
        "harness verify 'My Pack' -k t/c --data-dir '~/d' --device cpu --out there --store 'a store'"
    )
    assert called.command("plan") == "harness plan 'My Pack' --device cpu --store 'a store'"
    assert Invocation(pack="specs/p").command("verify") == "harness verify specs/p"


def test_a_sentence_names_the_pack_where_the_user_said_it_is():
    made = record((claim(), None), invocation=Invocation(pack="./My [b]Pack[/b]", store="s"))
    (judged,) = judge(made)
    assert "`harness verify 'My [b]Pack[/b]' -k t/c --store s`" in judged.sentence.replace("./", "")


def test_a_command_without_options_is_the_pack_alone():
    assert "`harness verify specs/paper -k t/c`" in judge(record((claim(), None)))[0].sentence
    assert "`harness verify specs/paper -k t/c`" in verdict(claim()).sentence


@pytest.mark.parametrize(
    ("budget", "comparable", "words"),
    [("audit", True, ""), ("full", True, " --budget full"), ("rehearsal", False, "")],
)
def test_another_budget_is_named_unless_its_numbers_cannot_be_judged(budget, comparable, words):
    made = record((claim(), None), budget=budget, comparable=comparable)
    assert made.verifying("t/c") == f"harness verify specs/paper -k t/c{words}"
