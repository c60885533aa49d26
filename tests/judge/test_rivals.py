"""Rivals of a record's claims: with the margins of their verdicts and what was measured without an attack, in words."""

import pytest
from records import claim
from tables import clean, fed, noisy, table

from harness.judge import judge
from harness.judge.rivals import clean_means, controls_of, rivals_in_words, rivals_of, rivals_told

PLAIN = "other/m/clean"
NEAR = {PLAIN: (0.0679, 0.0680, 0.0681), "t/fed/m": (0.085, 0.086, 0.087)}


def found(*claims, values=NEAR):
    made = table(*claims, values=values)
    return made, rivals_of(made, judge(made))


def test_an_attack_is_a_control_where_its_kind_says_that_it_does_not_look_at_the_model():
    assert controls_of(table(fed("9"))) == {"noise"}
    gone = table(fed("9")).model_copy(update={"recipes": {"attacks": {"noise": {"kind": "not installed"}}}})
    assert controls_of(gone) == frozenset()


def test_the_mean_without_an_attack_is_over_judged_runs_that_may_be_compared():
    made = table(clean("7"), fed("9"), values=NEAR)
    assert clean_means(made) == {PLAIN: pytest.approx(0.068)}
    rehearsed = made.measurements[PLAIN].model_copy(update={"comparable": False})
    assert clean_means(made.model_copy(update={"measurements": {PLAIN: rehearsed}})) == {}


def test_each_rival_is_told_with_its_value_and_where_it_comes_from():
    one = fed("9")
    _, rivals = found(one, noisy("8.0"), clean("7"))
    assert rivals_in_words(rivals[one.id], one) == (
        "7 % as printed without an attack (other/m/clean); 6.8 % over our runs without an attack (other/m/clean); "
        "8 % as printed under a control (row noise)"
    )


def test_a_rival_of_ours_into_which_nothing_random_enters_is_called_exact():
    one = fed("9")
    made = table(one, noisy("8.0"), clean("7"), values=NEAR)
    still = made.measurements[PLAIN].model_copy(update={"deterministic": True})
    made = made.model_copy(update={"measurements": {**made.measurements, PLAIN: still}})
    assert "6.8 % exact in our runs without an attack" in rivals_in_words(rivals_of(made, judge(made))[one.id], one)


def test_a_table_says_how_many_of_its_margins_hold_something_else_and_what():
    claims = fed("9"), fed("40", "far"), noisy("8.0"), fed("2", "low"), clean("7")
    _, rivals = found(*claims, values={each.id: (0.068, 0.0685, 0.069) for each in claims})
    inside = {name: each for name, each in rivals.items() if name.startswith("t/")}
    assert rivals_told(inside, "cell") == (
        "The margins of 3 of 4 cells also include alternative values, which would reproduce too: an end of the range (1), the value without an "
        "attack (2), a printed control (1)."
    )
    assert rivals_told({"t/far": ()}, "cell") == ""


def test_a_claim_that_compares_no_printed_number_is_not_counted_among_those_that_could_have_rivals():
    order = claim("t/order/m", relation="less_than")
    _, rivals = found(fed("9"), order, values={"t/fed/m": NEAR["t/fed/m"], order.id: NEAR["t/fed/m"]})
    assert rivals == {"t/fed/m": ()}
