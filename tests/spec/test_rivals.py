"""Rivals: which values other than the printed one would reproduce a claim."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import claim, margin
from tables import clean, fed, noisy, table

from harness.spec.doubts import pack_doubts
from harness.spec.rivals import Rival, Sort, accepted, counted, rivals, without_attack

CONTROLS = {"noise"}


def sorts(one, *others, width=3.0, controls=CONTROLS, **given):
    return [each.sort for each in rivals(one, width, table(one, *others).paper, controls, **given)]


@pytest.mark.parametrize(
    ("printed", "found"),
    [("9", [Sort.CLEAN]), ("10", []), ("10.1", []), ("9.99", [Sort.CLEAN]), ("4.01", [Sort.CLEAN]), ("4", [])],
)
def test_the_printed_value_without_an_attack_is_a_rival_where_it_lies_inside_the_open_margin(printed, found):
    assert sorts(fed(printed), clean("7")) == found


def test_without_an_attack_means_the_same_network_the_same_split_and_the_same_metric():
    near = fed("8")
    assert sorts(near, clean("7", model="n")) == []
    assert sorts(near, claim("other/m/clean", printed="7", data="d/train")) == []
    assert sorts(near, claim("other/m/clean", printed="7", metric="accuracy")) == []
    assert sorts(near, claim("other/m/clean", printed="7", sample={"count": 16})) == []
    assert sorts(near, claim("other/m/clean", printed="7", relation="at_most")) == []
    assert sorts(near, claim("other/m/clean", printed="7")) == [Sort.CLEAN]


def test_a_measured_value_without_an_attack_is_a_rival_beside_the_printed_one():
    one, other = fed("8"), clean("2")
    found = rivals(one, 3.0, table(one, other).paper, CONTROLS, {other.id: 0.06})
    assert found == (Rival(Sort.CLEAN, pytest.approx(6.0), other.id, measured=True),)


def test_a_control_is_a_rival_where_it_stands_in_the_same_table_under_the_same_network_and_is_called_by_its_row():
    (found,) = rivals(fed("12"), 3.0, table(fed("12"), noisy("10")).paper, CONTROLS)
    assert found == Rival(Sort.CONTROL, 10.0, "t/noise/m", "row noise")
    assert sorts(fed("12"), noisy("10", model="n")) == []
    assert sorts(fed("12"), noisy("10"), controls=()) == []
    elsewhere = noisy("10").model_copy(update={"id": "other/noise"})
    assert sorts(fed("12"), elsewhere) == []


def test_a_control_has_no_control_as_its_rival_but_what_is_without_it():
    assert sorts(noisy("8"), fed("9"), clean("7")) == [Sort.CLEAN]


@pytest.mark.parametrize(
    ("printed", "width", "found"),
    [
        ("2", 3.0, [Sort.END]),
        ("98", 3.0, [Sort.END]),
        ("0", 3.0, []),  # the end is what is printed
        ("100", 3.0, []),
        ("50", 25.0, []),
        ("50", 25.1, [Sort.RANGE]),
        ("10", 45.0, [Sort.RANGE, Sort.END]),
    ],
)
def test_an_end_of_the_range_and_more_than_half_of_it_are_rivals(printed, width, found):
    assert sorts(claim("t/c/m", printed=printed), width=width) == found


def test_a_bound_has_no_end_of_the_range_as_its_rival_but_what_is_without_an_attack():
    assert sorts(fed("5", relation="at_least"), clean("7")) == [Sort.CLEAN]
    assert sorts(fed("8", relation="at_least"), clean("7")) == []


def test_a_claim_without_a_margin_or_a_printed_number_has_none():
    assert rivals(fed("8"), None, table(fed("8"), clean("7")).paper) == ()
    assert accepted(claim(relation="less_than"), None) is None
    assert accepted(claim(relation="all"), None) is None


def test_the_mean_over_several_networks_has_the_mean_of_their_values_as_its_rival():
    several = fed("9", model=("m", "n"), made_for=("m", "n"))
    assert [each.id for each in without_attack(several.measure, table(clean("6", "m"), clean("8", "n")).paper)] == [
        "other/m/clean",
        "other/n/clean",
    ]
    (found,) = rivals(several, 3.0, table(clean("6", "m"), clean("8", "n")).paper)
    assert found.value == pytest.approx(7.0)
    assert rivals(several, 3.0, table(clean("6", "m")).paper) == ()


def test_units_are_converted():
    plain = claim("other/m/clean", printed="0.07", unit="fraction", margin=margin(absolute=0.01))
    (found,) = rivals(fed("8"), 3.0, table(fed("8"), plain).paper)
    assert found.value == pytest.approx(7.0)


@given(st.floats(0, 100), st.floats(0.01, 60), st.floats(0.01, 60))
def test_a_wider_margin_loses_no_rival(value, one, other):
    narrow, wide = sorted((one, other))
    each, paper = fed("40"), table(fed("40"), clean(f"{value:.3f}"), noisy("35")).paper
    assert set(rivals(each, narrow, paper, CONTROLS)) <= set(rivals(each, wide, paper, CONTROLS))


def test_claims_are_counted_once_for_each_sort():
    end, plain = Rival(Sort.END, 0.0), Rival(Sort.CLEAN, 7.0)
    found = counted([(end, end), (plain, Rival(Sort.CLEAN, 6.9, measured=True)), (), (end, plain)])
    assert found == {Sort.END: 2, Sort.CLEAN: 2}
    assert list(found) == [Sort.END, Sort.CLEAN]


def doubted(*claims):
    return {doubt.id: doubt.claims for doubt in pack_doubts(table(*claims).paper, CONTROLS)}


def test_a_declared_margin_with_a_rival_inside_is_doubted_before_anything_is_run():
    assert doubted(fed("9"), clean("7"))["rival-inside"] == ("t/fed/m",)
    assert "rival-inside" not in doubted(fed("12"), clean("7"))


def test_a_margin_that_is_called_wide_is_not_doubted_twice():
    found = doubted(fed("4", width=margin(absolute=3.5)), clean("1"))
    assert "t/fed/m" in found["wide-margin"]
    assert "t/fed/m" not in found.get("rival-inside", ())


def test_a_margin_that_only_a_measurement_sets_is_left_to_the_plan_and_the_report():
    assert "rival-inside" not in doubted(fed("9", width=margin(sampling={"images": 256})), clean("40"))
