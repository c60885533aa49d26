import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.spec.paper import Assumption, Reading
from harness.spec.variants import MOST, Point, asked, sweep


def assumption(*readings, chosen=None):
    return Assumption(
        question="?", readings={name: Reading() for name in readings}, chosen=chosen or readings[0], because="a test"
    )


SMALL = {"decay": assumption("half", "whole", "over-k"), "target": assumption("random", "nearest")}
LARGE = SMALL | {"stop": assumption("late", "early"), "norm": assumption("squared", "plain")}


def labels(found):
    return {point.label for point in found.points}


def test_all_takes_every_reading():
    assert asked("all", [SMALL]) == {
        "decay": {"half", "whole", "over-k"},
        "target": {"random", "nearest"},
    }


def test_a_few_readings_are_combined_in_every_way():
    found = sweep(SMALL, asked("all", [SMALL]))
    assert found.full
    assert labels(found) == {
        "decay=whole",
        "decay=over-k",
        "target=nearest",
        "decay=whole, target=nearest",
        "decay=over-k, target=nearest",
    }


def test_many_readings_are_tried_one_at_a_time():
    found = sweep(LARGE, asked("all", [LARGE]))
    assert not found.full
    assert labels(found) == {"decay=whole", "decay=over-k", "target=nearest", "stop=early", "norm=plain"}


def test_named_readings_are_combined_with_the_chosen_ones():
    found = sweep(LARGE, asked("decay=whole, target=nearest", [LARGE]))
    assert labels(found) == {"decay=whole", "target=nearest", "decay=whole, target=nearest"}


def test_all_readings_of_one_assumption_may_be_asked_for():
    assert labels(sweep(LARGE, asked("decay=all", [LARGE]))) == {"decay=whole", "decay=over-k"}


def test_one_assumption_may_be_given_several_readings():
    assert labels(sweep(LARGE, asked("decay=whole,decay=over-k", [LARGE]))) == {"decay=whole", "decay=over-k"}


def test_the_chosen_reading_is_no_point_of_its_own():
    assert sweep(SMALL, asked("decay=half", [SMALL])).points == ()


def test_a_pack_without_the_assumption_has_no_points():
    assert sweep({}, asked("decay=whole", [SMALL, {}])).points == ()


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
        asked(words, [SMALL])


@given(st.lists(st.integers(1, 5), max_size=6))
def test_no_sweep_has_a_point_twice_nor_the_chosen_one_and_a_full_one_is_small(sizes):
    assumptions = {f"a{n}": assumption(*(f"r{k}" for k in range(size))) for n, size in enumerate(sizes)}
    found = sweep(assumptions, asked("all", [assumptions]))
    assert len(set(found.points)) == len(found.points)
    assert Point(()) not in found.points
    if found.full:
        assert len(found.points) < MOST
    assert {point for point in found.points if len(point.readings) == 1} == {
        Point(((name, reading),))
        for name, each in assumptions.items()
        for reading in each.readings
        if reading != each.chosen
    }
