"""Orders stated in prose, held against the numbers the same paper prints."""

import pytest
from records import claim, record

from harness.judge import judge
from harness.record.model import Record
from harness.report.cases import cases_of
from harness.report.explain import story
from harness.report.orders import order_in_words
from harness.spec.claim import Measure, Source
from harness.spec.orders import printed_orders
from harness.spec.paper import Axis, Exhibit

TABLE = {
    ("a", "b"): "20", ("a", "c"): "6.25", ("b", "a"): "9", ("b", "c"): "8", ("c", "a"): "30", ("c", "b"): "40",
    ("noise", "a"): "5", ("noise", "b"): "10", ("noise", "c"): "8.2",
}  # fmt: skip
"""What each model (second) errs on examples made for another (first), or on noise."""


def cells(table=TABLE):
    """The claims of a table: one for each number."""
    for (source, model), number in table.items():
        attack = {"attack": "noise"} if source == "noise" else {"attack": "lbfgs", "crafted_on": source}
        measure = Measure(metric="error-rate", data="d/train", model=model, **attack)
        yield claim(f"t/{source}/{model}", printed=number).model_copy(update={"measure": measure})


def order(relation="greater_than", mine=None, other=None, **changes):
    """Examples made for two of three models against noise on the third, unless told otherwise."""
    usual = {"metric": "error-rate", "data": "d/train"}
    mine = mine or {"model": ("a", "b", "c"), "crafted_on": ("a", "b", "c"), "attack": "lbfgs"}
    other = other or {"model": ("a", "b", "c"), "attack": "noise"}
    measures = {"measure": Measure(**usual, **mine), "other": Measure(**usual, **other)}
    return claim("p/order", relation=relation, **changes).model_copy(update=measures)


def found(*claims):
    return printed_orders(claims)["p/order"]


def test_both_sides_are_the_means_of_what_is_printed_for_them():
    told = found(*cells(), order())
    assert told.measured == pytest.approx((20 + 6.25 + 9 + 8 + 30 + 40) / 6)
    assert told.other == pytest.approx((5 + 10 + 8.2) / 3)
    assert told.agrees


def test_pairs_are_fed_to_the_same_model_and_are_means_over_the_sources_that_feed_it():
    pairs = {pair.model: (pair.measured, pair.other, pair.agrees) for pair in found(*cells(), order()).pairs}
    assert pairs["a"] == pytest.approx((19.5, 5, True))
    assert pairs["c"] == pytest.approx((7.125, 8.2, False))
    assert len(pairs) == 3


def test_the_cells_that_disagree_are_listed_although_the_mean_agrees():
    told = found(*cells(), order())
    assert told.agrees
    assert [pair.model for pair in told.against] == ["c"]


def test_turned_round_the_order_disagrees_where_it_agreed():
    less, greater = found(*cells(), order("less_than")), found(*cells(), order())
    assert [pair.agrees for pair in less.pairs] == [not pair.agrees for pair in greater.pairs]
    assert less.agrees is not greater.agrees


def test_equal_numbers_contradict_no_order():
    same = dict.fromkeys(TABLE, "7")
    for relation in ("less_than", "greater_than"):
        told = found(*cells(same), order(relation))
        assert told.agrees
        assert not told.against


def test_of_an_order_whose_numbers_are_not_all_printed_nothing_is_said():
    some = {place: number for place, number in TABLE.items() if place != ("noise", "c")}
    assert printed_orders([*cells(some), order()]) == {}


def test_models_that_only_one_side_feeds_make_no_pair():
    apart = order(mine={"model": "a", "crafted_on": "b", "attack": "lbfgs"}, other={"model": "c", "attack": "noise"})
    told = found(*cells(), apart)
    assert told.pairs == ()
    assert (told.measured, told.other) == (pytest.approx(9), pytest.approx(8.2))


def case_of(*claims):
    """The last claim's case, in a record without measurements."""
    exhibit = Exhibit(
        id="t", title="T", source=Source(table=1), shape="list", rows=(), columns=(Axis(name="x", label="x"),),
        claims=tuple(each.id for each in claims),
    )  # fmt: skip
    kept = record(*[(each, None) for each in claims])
    kept = kept.model_copy(update={"paper": kept.paper.model_copy(update={"exhibits": (exhibit,)})})
    return kept, cases_of(kept, judge(kept))[claims[-1].id]


def test_the_sentence_states_both_means_and_names_the_pair_that_disagrees():
    _, case = case_of(*cells(), order())
    assert order_in_words(case) == (
        "The paper's own tables print, on average, 18.88 % > 7.733 %; "
        "1 of 3 pairs fed to one network disagrees: fed to c, 7.125 % < 8.2 %."
    )


def test_where_all_agree_the_sentence_says_so():
    all_more = TABLE | {("a", "c"): "60"}
    assert order_in_words(case_of(*cells(all_more), order())[1]).endswith("; all 3 pairs fed to one network agree.")


def test_an_order_the_tables_contradict_is_called_the_opposite():
    one = order(mine={"model": "c", "crafted_on": "a", "attack": "lbfgs"}, other={"model": "c", "attack": "noise"})
    assert order_in_words(case_of(*cells(), one)[1]).endswith("6.25 % < 8.2 %: the opposite.")


def test_explain_tells_it_from_the_record_alone():
    kept, _ = case_of(*cells(), order())
    kept = Record.model_validate_json(kept.model_dump_json())
    case = cases_of(kept, judge(kept))["p/order"]
    assert dict(story(kept, case).entries)["as printed"] == order_in_words(case)


def test_a_claim_that_states_no_order_has_none():
    plain = claim("p/plain")
    assert case_of(*cells(), plain)[1].order is None
