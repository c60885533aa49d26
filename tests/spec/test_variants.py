import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.spec.paper import Assumption, Reading
from harness.spec.variants import MOST, Variant, choose_variants, requested_readings


def assumption(*readings, chosen=None):
    return Assumption(
        question="?", readings={name: Reading() for name in readings}, chosen=chosen or readings[0], because="a test"
    )


SMALL = {"decay": assumption("half", "whole", "over-k"), "target": assumption("random", "nearest")}
LARGE = SMALL | {"stop": assumption("late", "early"), "norm": assumption("squared", "plain")}


def labels(found):
    return {variant.label for variant in found.variants}


def test_all_takes_every_reading():
    assert requested_readings("all", [SMALL]) == {
        "decay": {"half", "whole", "over-k"},
        "target": {"random", "nearest"},
    }


def test_a_few_readings_are_combined_in_every_way():
    found = choose_variants(SMALL, requested_readings("all", [SMALL]))
    assert found.full
    assert labels(found) == {
        "decay=whole",
        "decay=over-k",
        "target=nearest",
        "decay=whole, target=nearest",
        "decay=over-k, target=nearest",
    }


def test_many_readings_are_tried_one_at_a_time():
    found = choose_variants(LARGE, requested_readings("all", [LARGE]))
    assert not found.full
    assert labels(found) == {"decay=whole", "decay=over-k", "target=nearest", "stop=early", "norm=plain"}


def test_named_readings_are_combined_with_the_chosen_ones():
    found = choose_variants(LARGE, requested_readings("decay=whole, target=nearest", [LARGE]))
    assert labels(found) == {"decay=whole", "target=nearest", "decay=whole, target=nearest"}


def test_all_readings_of_one_assumption_may_be_asked_for():
    assert labels(choose_variants(LARGE, requested_readings("decay=all", [LARGE]))) == {"decay=whole", "decay=over-k"}


def test_one_assumption_may_be_given_several_readings():
    assert labels(choose_variants(LARGE, requested_readings("decay=whole,decay=over-k", [LARGE]))) == {
        "decay=whole",
        "decay=over-k",
    }


def test_the_chosen_reading_is_no_variant():
    assert choose_variants(SMALL, requested_readings("decay=half", [SMALL])).variants == ()


def test_a_pack_without_the_assumption_has_no_variants():
    assert choose_variants({}, requested_readings("decay=whole", [SMALL, {}])).variants == ()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("decya=whole", "did you mean 'decay'"),
        ("decay=hole", "did you mean 'whole'"),
        ("decay", "expected all, or NAME=VALUE"),
        ("decay=", "expected all, or NAME=VALUE"),
        ("=whole", "expected all, or NAME=VALUE"),
        ("", "expected all, or NAME=VALUE"),
        ("decay=whole,,", "expected all, or NAME=VALUE"),
    ],
)
def test_words_that_name_nothing_are_refused_with_a_repair(words, message):
    with pytest.raises(UsageError, match=message):
        requested_readings(words, [SMALL])


@given(st.lists(st.integers(1, 5), max_size=6))
def test_no_variant_is_there_twice_nor_the_chosen_one_and_a_full_set_is_small(sizes):
    assumptions = {f"a{n}": assumption(*(f"r{k}" for k in range(size))) for n, size in enumerate(sizes)}
    found = choose_variants(assumptions, requested_readings("all", [assumptions]))
    assert len(set(found.variants)) == len(found.variants)
    assert Variant(()) not in found.variants
    if found.full:
        assert len(found.variants) < MOST
    assert {variant for variant in found.variants if len(variant.readings) == 1} == {
        Variant(((name, reading),))
        for name, each in assumptions.items()
        for reading in each.readings
        if reading != each.chosen
    }
