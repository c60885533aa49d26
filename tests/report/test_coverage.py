"""How much of what a paper prints has a claim: counted from the record alone, each number once."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import claim, record

from harness.report.coverage import coverage_of, coverage_of_exhibit, without_claim
from harness.spec.claim import Source
from harness.spec.paper import Exhibit, NotExpressible, Paper

PLACE = Source(table=2, page=7)


def gap(name, printed="1", **more):
    return NotExpressible(
        **{"id": f"t/{name}", "source": PLACE, "printed": printed, "why": "needs maxout units", **more}
    )


def paper(claims=(), gaps=(), left_out=None, source=PLACE):
    """A paper of one exhibit."""
    exhibit = Exhibit(
        id="t", title="T", source=source, shape="list", claims=tuple(each.id for each in claims), not_expressible=gaps
    )
    made = record(*[(each, None) for each in claims]).paper
    return made.model_copy(update={"exhibits": (exhibit,), "printed_numbers": left_out or {}})


def claims(number, **more):
    return tuple(claim(f"t/c{place}", **more) for place in range(number))


def test_what_the_pack_holds_is_all_that_is_known_where_it_says_no_more():
    shown = paper(claims(24), tuple(gap(place) for place in range(6)))
    assert coverage_of(shown) == (
        "24 of 30 printed numbers listed in the exhibits of this pack have a claim and 6 are not expressible."
    )
    assert coverage_of_exhibit(shown, shown.exhibits[0]) == (
        "24 of 30 printed numbers have a claim and 6 are not expressible."
    )


def test_what_the_pack_leaves_out_is_counted_and_named():
    left_out = {"table-5": 12, "table-6": 10, "figure-3": 4, "section-4-2": 1}
    assert coverage_of(paper(claims(119), left_out=left_out)) == (
        "119 of 146 printed numbers have a claim and 27 are in Tables 5 and 6, Figure 3 and Section 4.2, "
        "which this pack leaves out."
    )


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (paper(claims(1)), "the one printed number has a claim."),
        (paper(claims(2)), "all 2 printed numbers have a claim."),
        (paper(claims(1), (gap("x"),)), "1 of 2 printed numbers has a claim and 1 is not expressible."),
        (paper((), (gap("x"),)), "the one printed number is not expressible."),
        (paper((), (gap("x"), gap("y"))), "none of the 2 printed numbers is expressible."),
        (paper(claims(1, relation="less_than")), ""),
        (paper((), (gap("x", None),)), ""),
    ],
)
def test_an_exhibit_is_told_in_one_sentence_or_none(made, told):
    assert coverage_of_exhibit(made, made.exhibits[0]) == told


def test_a_pack_about_no_printed_number_says_so():
    assert coverage_of(paper(claims(3, relation="all"))) == "no claim of this pack is about a printed number."


def test_a_number_printed_twice_counts_once():
    twice = (*claims(2), claim("t/again", same_as="t/c0"))
    shown = paper(twice, (gap("x"), gap("y", same_as="t/x")))
    assert coverage_of_exhibit(shown, shown.exhibits[0]) == (
        "2 of 3 printed numbers have a claim and 1 is not expressible; 2 more repeat a number that is counted once."
    )


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5), st.integers(0, 5), st.integers(0, 9))
def test_the_numbers_told_add_up(stated, repeated, lost, orders, missing):
    made = (
        *claims(stated),
        *(claim(f"t/r{place}", same_as="t/c0") for place in range(repeated)),
        *(claim(f"t/o{place}", relation="greater_than") for place in range(orders)),
    )
    left_out = {"table-9": missing} if missing else {}
    told = coverage_of(paper(made, tuple(gap(place) for place in range(lost)), left_out))
    total = stated + lost + missing
    if total == 0:
        assert told == "no claim of this pack is about a printed number."
    elif total > 1:
        assert f"{total} printed numbers" in told
        assert ("Table 9" in told) == bool(missing)
        assert told.startswith(f"all {total}" if stated == total else f"{stated or 'none'} of ")


def test_the_terminal_is_told_what_cannot_be_expressed_by_exhibit_and_reason():
    gaps = (*(gap(place) for place in range(3)), gap("torn", why="The page is torn."), gap("seen", None))
    assert list(without_claim(paper(claims(1), gaps))) == [
        "3 printed numbers and 1 statement of Table 2 cannot be expressed: needs maxout units.",
        "1 printed number of Table 2 cannot be expressed: The page is torn.",
    ]


def test_a_record_of_before_says_nothing_of_what_is_left_out():
    old = record((claim(), None)).paper.model_dump(mode="json")
    del old["printed_numbers"]
    assert Paper.model_validate_json(json.dumps(old)).printed_numbers == {}
