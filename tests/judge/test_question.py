"""Another question: other margins and another level are judged as if the pack had said so, and marked wherever shown."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import NEAR, claim, distortion, margin, measured, read_otherwise, record

import harness
from harness.errors import UsageError
from harness.judge import answer, exit_status, judge, pose
from harness.judge.looks import LEVEL, level_of, spending
from harness.judge.outcome import Outcome
from harness.judge.question import ANOTHER

OFF = (0.0781, 0.0783, 0.0785)
"""Error rates of three runs that lie 0.43 points from 7.4 %."""


def kept(*, values=NEAR, **given):
    return record(
        (claim("t/a"), measured("t/a", values)),
        (claim("t/b"), measured("t/b", OFF)),
        (distortion("u/d"), measured("u/d", (0.061, 0.062, 0.063), of=256, counted=False, found=1.0)),
        (claim("u/all", relation="all"), measured("u/all", (1.0, 1.0, 1.0))),
        **given,
    )


def plain(verdicts):
    return [
        each.model_copy(update={"qualifiers": tuple(mark for mark in each.qualifiers if mark != ANOTHER)})
        for each in verdicts
    ]


def test_the_record_s_own_question_is_no_other_one():
    asked = pose(kept())
    assert (asked.another, asked.sentences, asked.changed) == (False, (), frozenset())
    assert answer(asked) == judge(kept())
    assert not any(ANOTHER in each.qualifiers for each in judge(kept()))


@given(st.floats(0.06, 5.0))
def test_another_margin_gives_the_verdicts_of_a_pack_that_declares_it(width):
    declared = record((claim("t/b", margin=margin(absolute=width)), measured("t/b", OFF)))
    asked = judge(kept(), margins={"t/b": width})[1]
    assert plain([asked]) == list(judge(declared))


def test_only_the_claims_asked_about_are_marked_and_the_record_is_as_it_was():
    one, before = kept(), kept()
    asked = judge(one, margins={"t/*": "0.1"})
    assert [ANOTHER in each.qualifiers for each in asked] == [True, True, False, False]
    assert [each.margin for each in asked[:2]] == [0.1, 0.1]
    assert asked[2:] == judge(one)[2:]
    assert one == before


def test_the_sentence_says_how_many_margins_and_which_level_are_not_the_record_s():
    (sentence,) = pose(kept(), {"t/": "0.3"}, 0.01).sentences
    assert sentence.startswith(
        "Another question: margin of 2 claims ±0.3 points instead of ±0.5 points; alpha 0.01 instead of 0.05."
    )


def test_of_two_patterns_the_later_counts_and_the_record_s_own_margin_is_no_change():
    asked = pose(kept(), {"t/": "0.3", "t/b": "0.5"})
    assert [each.claim for each in asked.margins] == ["t/a"]


def test_a_margin_below_half_a_printed_unit_is_taken_as_that_and_said_to_be():
    asked = pose(kept(), {"t/a": "0.01"})
    assert (
        asked.sentences[1]
        == "The margin asked for is narrower than half a printed unit, which is used instead: t/a (±0.05)."
    )
    assert answer(asked)[0].margin == pytest.approx(0.05)


def test_a_claim_without_a_margin_is_left_out_of_a_pattern_and_named():
    asked = pose(kept(), {"u/": "5%"})
    assert [each.claim for each in asked.margins] == ["u/d"]
    assert asked.sentences[-1].endswith("takes none: u/all.")


@given(st.floats(1e-6, 0.49), st.lists(st.integers(3, 999), min_size=1, max_size=5, unique=True))
def test_the_looks_spend_the_level_that_is_asked_for(level, looks):
    spent = spending(sorted(looks), level)
    assert level_of(spent) == pytest.approx(level, abs=1e-11)
    assert min(spent.values()) > 0


@given(st.floats(1e-6, 0.49), st.floats(1e-6, 0.49), st.lists(st.floats(0.06, 0.09), min_size=3, max_size=3))
def test_a_stricter_level_never_decides_what_a_laxer_one_leaves_open(one, two, values):
    strict, lax = (judge(kept(values=values), alpha=each)[0] for each in sorted((one, two)))
    assert strict.level >= lax.level
    if strict.outcome.decided:
        assert lax.outcome is strict.outcome


def test_the_level_reaches_intervals_variants_and_holm():
    first = judge(kept(), alpha=0.01)[0]
    assert first.level == pytest.approx(1 - 2 * 0.006)
    whole = read_otherwise(NEAR, a_b=((0.0741, 0.0739, 0.0743), {}))
    assert "robust" in judge(whole)[0].qualifiers
    assert judge(whole, alpha=1e-6)[0].qualifiers == (ANOTHER,)  # open under both readings


def test_holm_s_correction_is_at_the_level_that_is_asked_for():
    refuted = "t/b", (0.0830, 0.0838, 0.0846)
    pairs = [(claim(f"t/{name}"), measured(f"t/{name}", NEAR)) for name in range(9)]
    kept = record((claim(refuted[0]), measured(*refuted)), *pairs)
    found = {alpha: judge(kept, alpha=alpha) for alpha in (LEVEL, 0.4)}
    assert all(each[0].outcome is Outcome.NOT_REPRODUCED for each in found.values())
    # Of p = .0088, one of ten claims: refuted at .03 / 10 by no correction, at .24 / 10 by every one.
    assert 0.003 < found[LEVEL][0].p_value < 0.024
    assert {alpha: exit_status(each) for alpha, each in found.items()} == {LEVEL: 3, 0.4: 1}


def test_the_package_is_called_with_another_question_too():
    assert harness.judge(kept(), margins={"t/a": margin(relative=0.1)}, alpha=0.1) == judge(kept(), {"t/a": "10%"}, 0.1)


@pytest.mark.parametrize("alpha", [0, -1, 0.5, 1, 5, math.nan, math.inf, 1e-9, "much"])
def test_an_alpha_out_of_range_is_refused_with_the_range(alpha):
    with pytest.raises(UsageError, match=r"alpha: expected a number from 1e-06 to below 0\.5, found"):
        pose(kept(), alpha=alpha)


@pytest.mark.parametrize(
    ("pattern", "width", "says"),
    [
        ("nowhere", "1", "margin nowhere=1: nowhere: no claim of 4 matches"),
        ("t/a", "wide", "margin t/a=wide: expected 0.3 or absolute:0.3"),
        ("u/all", "1", "margin u/all=1: u/all: the relation all takes no margin"),
        ("t/a", "sampling:20000", "our 10000 images are fewer than the 20000 asked for; write at most sampling:10000"),
    ],
)
def test_a_margin_that_cannot_be_is_refused_with_pattern_claim_and_repair(pattern, width, says):
    with pytest.raises(UsageError) as refused:
        pose(kept(), {pattern: width})
    assert says in str(refused.value)


def test_a_part_of_a_printed_0_and_shared_images_that_each_run_draws_are_refused():
    zero = record((claim("t/0", printed="0.0"), measured("t/0", NEAR)))
    with pytest.raises(UsageError, match="t/0: a fraction of a printed 0 is 0; write an absolute margin"):
        pose(zero, {"t/0": "10%"})
    drawn = record((claim("t/d", sample={"count": 256}), measured("t/d", NEAR)))
    with pytest.raises(UsageError, match="t/d: each run draws its own 256 images; write sampling:N"):
        pose(drawn, {"t/d": "same_images"})


def test_what_is_no_record_is_refused():
    with pytest.raises(UsageError, match="judge: expected a record"):
        pose("reports/x", {"t": 1})
