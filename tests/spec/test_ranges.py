"""A margin that no possible value lies outside of is found, and no other."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from records import claim, margin, measured, record

from harness.judge import judge
from harness.spec.claim import Expected, Sampling
from harness.spec.ranges import RANGES, cannot_be_missed

PRINTED = ["close_to", "at_most", "at_least"]


def expected(unit, printed, relation, decimals=6, **width):
    return Expected(
        printed=printed, unit=unit, decimals=decimals, relation=relation, margin=margin(**width) if width else None
    )


@given(
    st.sampled_from(["%", "fraction", "distortion"]),
    st.floats(0, 1),
    st.floats(1e-3, 3),
    st.sampled_from(PRINTED),
)
def test_a_margin_is_called_idle_exactly_where_no_end_of_the_range_lies_outside(unit, place, size, relation):
    high = RANGES[unit][1]
    number, width = round(place * high, 3), size * high
    what = expected(unit, f"{number:.3f}", relation, absolute=width)
    beyond = {"close_to": max(number, high - number), "at_most": high - number, "at_least": number}[relation]
    assume(abs(beyond - width) > 1e-6 * high)
    assume(beyond > 2 * what.half_unit or relation == "close_to")
    assert bool(cannot_be_missed(what, width)) == (beyond < width)


@given(st.floats(1, 1e6), st.sampled_from([*PRINTED, "equivalent_to", "less_than"]), st.sampled_from(list(RANGES)))
def test_a_relative_margin_of_the_whole_number_or_more_is_idle_whatever_it_refers_to(relative, relation, unit):
    printed = "0.5" if relation in PRINTED else None
    assert "%" in cannot_be_missed(expected(unit, printed, relation, relative=relative), None)


@pytest.mark.parametrize(
    ("unit", "printed", "relation", "idle"),
    [
        ("%", "100", "at_most", True),
        ("fraction", "1", "at_most", True),
        ("%", "0", "at_least", True),
        ("distortion", "0", "at_least", True),
        ("distortion", "1", "at_most", True),
        ("%", "100", "at_least", False),
        ("%", "0", "at_most", False),
        ("%", "99", "at_most", False),
        ("number", "0", "at_least", False),
        ("distortion", "2", "at_most", False),
    ],
)
def test_a_bound_at_the_end_of_the_range_is_idle_whatever_its_margin(unit, printed, relation, idle):
    assert bool(cannot_be_missed(expected(unit, printed, relation), 0.0)) == idle


@pytest.mark.parametrize(("width", "idle"), [(100.0, True), (99.9, False), (5.0, False)])
def test_two_rates_differ_by_a_hundred_points_at_most(width, idle):
    for relation in ("equivalent_to", "less_than", "greater_than"):
        assert bool(cannot_be_missed(expected("%", None, relation, absolute=width), width)) == idle


@pytest.mark.parametrize("relation", ["at_most", "at_least", "less_than"])
def test_a_bound_near_the_end_keeps_its_verdict_whatever_width_its_sampling_margin_comes_to(relation):
    printed = {"at_most": "99", "at_least": "1", "less_than": None}[relation]
    assert not cannot_be_missed(expected("%", printed, relation, sampling=Sampling(images=4)), 100.0)
    two_sided = {"at_most": "close_to", "at_least": "close_to", "less_than": "equivalent_to"}[relation]
    assert cannot_be_missed(expected("%", printed, two_sided, sampling=Sampling(images=4)), 100.0)


IDLE = [
    {"margin": margin(relative=20.0)},
    {"margin": margin(relative=1.0)},
    {"margin": margin(absolute=200.0)},
    {"relation": "at_most", "printed": "100"},
    {"relation": "at_least", "printed": "0"},
    {"relation": "equivalent_to", "margin": margin(relative=3.0)},
    {"relation": "equivalent_to", "margin": margin(absolute=100.0)},
]


@pytest.mark.parametrize("given", IDLE, ids=str)
@pytest.mark.parametrize("deterministic", [False, True])
def test_a_record_with_such_a_margin_reproduces_nothing(given, deterministic):
    one = claim(**given)
    others = [0.08, 0.081, 0.079] if given.get("relation") == "equivalent_to" else None
    (found,) = judge(record((one, measured(one.id, [0.07, 0.071, 0.069], others, deterministic=deterministic))))
    assert (found.outcome, found.reason) == ("NOT_COMPARABLE", "margin-decides-nothing")
    assert "not comparable, because" in found.sentence
