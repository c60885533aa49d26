import math

import pytest
from records import NEAR, claim, measured, read_otherwise, record

from harness.judge import judge
from harness.judge.outcome import Outcome
from harness.judge.sensitivity import sensitivities
from harness.record.model import MeasuredVariant

AWAY = (0.0941, 0.0939, 0.0943)
"""Error rates of three runs that refute 7.4 %."""
FARTHER = (0.1041, 0.1039, 0.1043)
WIDE = (0.074, 0.060, 0.088)
"""Runs that spread too widely to decide anything."""


def sensitivity(kept):
    verdicts = judge(kept)
    return sensitivities(kept, verdicts)["t/c"], verdicts[0]


def test_a_verdict_that_every_reading_gives_is_robust():
    found, verdict = sensitivity(read_otherwise(NEAR, decay_whole=(NEAR, {})))
    assert found.qualifier == "robust"
    assert verdict.qualifiers == ("robust",)


def test_a_refutation_that_every_reading_gives_is_robust_too():
    found, verdict = sensitivity(read_otherwise(AWAY, decay_whole=([each + 0.001 for each in AWAY], {})))
    assert verdict.outcome is Outcome.NOT_REPRODUCED
    assert found.qualifier == "robust"
    assert found.reproducing == ()


def test_a_verdict_that_another_reading_changes_is_choice_dependent_with_the_readings_that_reproduce():
    found, verdict = sensitivity(read_otherwise(AWAY, decay_whole=(NEAR, {}), stop_early=(FARTHER, {})))
    assert verdict.outcome is Outcome.NOT_REPRODUCED
    assert "choice-dependent" in verdict.qualifiers
    assert found.reproducing == ("decay=whole",)


def test_a_reading_that_moves_the_number_by_more_than_the_margin_makes_it_depend_though_the_verdict_is_the_same():
    found, verdict = sensitivity(read_otherwise(AWAY, decay_whole=(FARTHER, {})))
    assert {each.verdict.outcome for each in found.variants} == {verdict.outcome}
    assert [each.label for each in found.beyond] == ["decay=whole"]
    assert found.qualifier == "choice-dependent"


def test_a_reading_that_leaves_the_claim_open_shows_neither_that_it_depends_nor_that_it_does_not():
    found, verdict = sensitivity(read_otherwise(NEAR, decay_whole=(WIDE, {})))
    assert (verdict.outcome, found.variants[0].verdict.outcome) == (Outcome.REPRODUCED, Outcome.INCONCLUSIVE)
    assert found.qualifier == ""
    assert verdict.qualifiers == ()


def test_a_verdict_is_not_robust_where_the_move_may_be_as_large_as_the_margin():
    # The same verdict on runs that are not alike run by run: the interval of the move is wide.
    found, _ = sensitivity(read_otherwise([0.0741, 0.0720, 0.0760] * 3, decay_whole=([0.0760, 0.0741, 0.0720], {})))
    assert {each.verdict.outcome for each in found.variants} <= {Outcome.REPRODUCED, Outcome.INCONCLUSIVE}
    assert found.unsure
    assert found.qualifier == ""


def test_opposite_verdicts_of_readings_whose_numbers_do_not_differ_show_nothing():
    # By chance the other reading's runs agree beyond the edge of the margin, 7.9 %.
    inside = [0.0792, 0.0770, 0.0785, 0.0782, 0.0784, 0.0786, 0.0785, 0.0785, 0.0785, 0.0785]
    beyond = (0.07951, 0.07950, 0.07952)
    found, verdict = sensitivity(read_otherwise(inside, decay_whole=(beyond, {"counted": False})))
    assert verdict.outcome is Outcome.REPRODUCED
    assert found.variants[0].verdict.outcome is Outcome.NOT_REPRODUCED
    assert not found.variants[0].move.differs()
    assert found.qualifier == ""


@pytest.mark.parametrize(("shift", "qualifier"), [(-0.004, "robust"), (-0.05, "robust"), (0.02, "choice-dependent")])
def test_only_a_move_against_a_bound_counts(shift, qualifier):
    one = claim(relation="at_most")
    low = [each - 0.03 for each in NEAR]
    variants = {
        "decay=whole": MeasuredVariant(
            readings={"decay": "whole"},
            measurements={one.id: measured(one.id, [max(each + shift, 0.0) for each in low])},
        )
    }
    found, _ = sensitivity(record((one, measured(one.id, low)), variants=variants))
    assert found.room == (-math.inf, pytest.approx(0.5))
    assert found.qualifier == qualifier


@pytest.mark.parametrize(
    ("other", "qualifier"), [((0.20, 0.21, 0.19), "robust"), ((0.05, 0.051, 0.049), "choice-dependent")]
)
def test_of_an_order_without_margin_the_verdicts_alone_tell(other, qualifier):
    one = claim(relation="greater_than")
    variants = {
        "decay=whole": MeasuredVariant(
            readings={"decay": "whole"}, measurements={one.id: measured(one.id, other, (0.09, 0.09, 0.09))}
        )
    }
    found, _ = sensitivity(record((one, measured(one.id, (0.12, 0.121, 0.119), (0.09,) * 3)), variants=variants))
    assert found.room is None
    assert found.qualifier == qualifier


def test_one_image_with_another_outcome_in_a_statement_on_all_makes_it_depend():
    one = claim(relation="all", attack="a", metric="success-rate")
    readings = {"one": (1.0, 1.0, 1.0), "two": (1.0, 0.9999, 1.0)}
    variants = {
        f"stop={name}": MeasuredVariant(readings={"stop": name}, measurements={one.id: measured(one.id, values)})
        for name, values in readings.items()
    }
    found, _ = sensitivity(record((one, measured(one.id, (1.0,) * 3)), variants=variants))
    assert [each.move for each in found.variants] == [None, None]
    assert found.qualifier == "choice-dependent"


def test_other_readings_never_change_the_verdict_itself():
    alone = judge(record((claim(), measured("t/c", NEAR))))[0]
    beside = judge(read_otherwise(NEAR, decay_whole=(AWAY, {})))[0]
    assert beside.model_copy(update={"qualifiers": alone.qualifiers}) == alone


def test_an_undecided_verdict_is_not_called_robust():
    found, verdict = sensitivity(read_otherwise(WIDE, decay_whole=(WIDE, {})))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert found.qualifier == ""


@pytest.mark.parametrize("given", [{"comparable": False}, {"settled": False}])
def test_what_cannot_be_compared_says_nothing_about_robustness(given):
    found, verdict = sensitivity(read_otherwise(NEAR, decay_whole=(AWAY, given)))
    assert found.variants[0].verdict.outcome is Outcome.NOT_COMPARABLE
    assert found.qualifier == ""
    assert verdict.qualifiers == ()


def test_assumptions_are_ranked_by_their_effect_on_the_number():
    found, _ = sensitivity(
        read_otherwise(NEAR, decay_whole=(AWAY, {}), decay_half=(FARTHER, {}), stop_early=((0.07,) * 3, {}))
    )
    assert [(each.assumption, each.reading) for each in found.effects] == [("decay", "half"), ("stop", "early")]
    assert [each.change for each in found.effects] == pytest.approx([3.0, -0.41], abs=1e-9)


def test_combinations_show_but_do_not_rank_a_single_choice():
    one = claim()
    both = MeasuredVariant(readings={"decay": "whole", "stop": "early"}, measurements={one.id: measured(one.id, AWAY)})
    found, _ = sensitivity(record((one, measured(one.id, NEAR)), variants={"decay=whole, stop=early": both}))
    assert found.qualifier == "choice-dependent"
    assert found.effects == ()


def test_a_claim_that_no_other_reading_affects_has_no_qualifier():
    one, two = claim(), claim("t/e")
    variants = {
        "decay=whole": MeasuredVariant(readings={"decay": "whole"}, measurements={one.id: measured(one.id, NEAR)})
    }
    kept = record((one, measured(one.id, NEAR)), (two, measured(two.id, NEAR)), variants=variants)
    assert [verdict.qualifiers for verdict in judge(kept)] == [("robust",), ()]


def test_a_reading_that_was_not_reached_says_so():
    one = claim()
    from harness.record.measurement import Measurement, Missing

    cut = Measurement(claim=one.id, missing=Missing(reason="time-limit", sentence="Not reached."))
    kept = record(
        (one, measured(one.id, NEAR)),
        variants={"decay=whole": MeasuredVariant(readings={"decay": "whole"}, measurements={one.id: cut})},
    )
    found, _ = sensitivity(kept)
    assert found.variants[0].verdict.reason == "time-limit"
    assert found.variants[0].change is None
    assert found.effects == ()


def test_the_change_of_a_number_is_paired_over_the_runs_both_have():
    one = claim()
    more = measured(one.id, (*NEAR, 0.09, 0.09))
    variants = {
        "decay=whole": MeasuredVariant(
            readings={"decay": "whole"}, measurements={one.id: measured(one.id, [each + 0.01 for each in NEAR])}
        )
    }
    found, _ = sensitivity(record((one, more), variants=variants))
    assert found.variants[0].change == pytest.approx(1.0)


def test_a_declared_deviation_is_that_of_the_chosen_readings_alone():
    one = claim(deviates_because="it is known")
    variants = {
        "decay=whole": MeasuredVariant(readings={"decay": "whole"}, measurements={one.id: measured(one.id, NEAR)})
    }
    found, verdict = sensitivity(record((one, measured(one.id, AWAY)), variants=variants))
    assert "This deviation was explained afterwards" in verdict.sentence
    assert found.variants[0].verdict.reason == "within-margin"
    assert "explained-afterwards" not in found.variants[0].verdict.qualifiers
