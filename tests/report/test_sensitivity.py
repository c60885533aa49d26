import pytest
from records import NEAR, read_otherwise

from harness.judge import judge
from harness.report.cases import cases_of
from harness.report.sensitivity import (
    assumption_effects,
    low_power,
    overall_sensitivity,
    paired_over,
    sensitivity_in_words,
    variant_rows,
)
from harness.spec.claim import Source
from harness.spec.paper import Exhibit

AWAY = (0.0941, 0.0939, 0.0943)
FARTHER = (0.1041, 0.1039, 0.1043)
WIDE = (0.074, 0.060, 0.088)


def cases(chosen, **points):
    """The cases of one claim under chosen readings and under others."""
    kept = read_otherwise(chosen, **points)
    exhibit = Exhibit(id="t", title="A list", source=Source(table=1), shape="list", claims=("t/c",))
    kept = kept.model_copy(update={"paper": kept.paper.model_copy(update={"exhibits": (exhibit,)})})
    return list(cases_of(kept, judge(kept)).values())


def test_a_row_holds_the_number_its_change_and_the_verdict():
    (row,) = variant_rows(cases(NEAR, decay_whole=(AWAY, {}))[0])
    assert (row.label, row.mean, row.change, row.half) == ("decay=whole", "9.41", "+2.00", "±0.00")
    assert row.look.word == "not reproduced"


def test_an_undecided_reading_beside_a_decided_chosen_one_is_one_of_less_power():
    assert low_power(cases(NEAR, decay_whole=(WIDE, {}))[0])
    assert not low_power(cases(NEAR, decay_whole=(AWAY, {}))[0])
    assert not low_power(cases(WIDE, decay_whole=(WIDE, {}))[0])
    assert not low_power(cases(NEAR, decay_whole=(AWAY, {"comparable": False}))[0])


def test_changes_are_said_to_be_paired_over_the_runs_both_readings_share():
    assert paired_over(cases(NEAR, decay_whole=(AWAY, {}))[0]) == ["runs 1–3"]
    assert paired_over(cases((*NEAR, 0.0742), decay_whole=(AWAY[:2], {}))[0]) == ["runs 1–2"]
    assert paired_over(cases(NEAR, decay_whole=(AWAY[:1], {}))[0]) == ["run 1"]
    assert paired_over(cases(NEAR)[0]) == []


@pytest.mark.parametrize(
    ("chosen", "points", "sentence"),
    [
        (
            NEAR,
            {"decay_whole": (NEAR, {})},
            "The verdict is the same under the one other reading measured, and none changes the number by as much as the margin.",
        ),
        (AWAY, {"decay_whole": (NEAR, {})}, "the claim reproduces with `decay=whole`."),
        (NEAR, {"decay_whole": (AWAY, {})}, "the claim reproduces with none."),
        (
            WIDE,
            {"decay_whole": (WIDE, {})},
            "The verdict is inconclusive under the one other reading measured too, and none changes",
        ),
        (
            AWAY,
            {"decay_whole": (FARTHER, {})},
            "The number depends on the reading: of 1 other reading measured, `decay=whole` changes it by more than the margin. No two",
        ),
        (
            NEAR,
            {"decay_whole": (WIDE, {})},
            "It is not shown whether the verdict depends on the reading: of 1 other reading measured, 1 gives another verdict",
        ),
        (NEAR, {"decay_whole": (AWAY, {"comparable": False})}, "No other reading gave a number"),
        (NEAR, {"decay_whole": ((), {})}, "No other reading gave a number"),
        (
            (),
            {"decay_whole": (NEAR, {})},
            "The claim is not compared with the paper under the chosen readings, but it is under 1 other reading.",
        ),
        (NEAR, {}, ""),
    ],
)
def test_a_sentence_says_whether_the_verdict_holds(chosen, points, sentence):
    said = sensitivity_in_words(cases(chosen, **points)[0])
    assert sentence in said
    assert bool(said) == bool(sentence)


def test_assumptions_are_ranked_over_the_paper_by_their_effect_in_margins():
    found = assumption_effects(cases(NEAR, decay_whole=((0.0751,) * 3, {}), stop_early=(AWAY, {})))
    assert [each.name for each in found] == ["stop", "decay"]
    assert found[0].margins == pytest.approx(2.0 / 0.5)
    assert found[1].margins == pytest.approx(0.1 / 0.5)
    assert [each.turned for each in found] == [1, 0]
    assert found[0].largest[1].reading == found[0].reading == "early"


def test_an_assumption_is_worth_the_median_over_claims_of_its_reading_that_moves_them_most():
    steps = [(0.0761, 0.0751), (0.0771, 0.0751), (0.0901, 0.0801)]
    groups = [cases(NEAR, decay_whole=((one,) * 3, {}), decay_half=((other,) * 3, {})) for one, other in steps]
    (found,) = assumption_effects([case for group in groups for case in group])
    assert (found.claims, found.reading) == (3, "whole")
    assert found.margins == pytest.approx(0.3 / 0.5)
    assert found.largest[1].change == pytest.approx(1.6)
    built = [case.under(case.verdict.model_copy(update={"qualifiers": ("by-construction",)})) for case in groups[2]]
    (without,) = assumption_effects([*groups[0], *groups[1], *built])
    assert without.margins == pytest.approx(0.25 / 0.5)
    assert without.largest[1].change == pytest.approx(0.3)


def test_the_overview_says_how_many_of_the_verdicts_that_hold_could_hardly_have_failed():
    found = [case for _ in range(3) for case in cases(NEAR, decay_whole=(NEAR, {}))]
    marks = ("by-construction",), ("fitted",), ()
    marked = [
        case.under(case.verdict.model_copy(update={"qualifiers": (*case.verdict.qualifiers, *mark)}))
        for case, mark in zip(found, marks, strict=True)
    ]
    said = "3 verdicts hold under all readings (1 true by construction, 1 fitted, 1 tested)"
    assert said in overall_sensitivity(marked)


NONE: tuple[float, ...] = ()
REHEARSED = (NEAR, {"comparable": False})


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        (
            [(NEAR, {"decay_whole": (NEAR, {})})],
            "1 claim was also measured under other readings: 1 verdict holds under all readings and 0 depend on the reading.",
        ),
        ([(NEAR, {})], ""),
        (
            [(NEAR, {"decay_whole": (NONE, {})}), (AWAY, {"decay_whole": REHEARSED})],
            "No other reading of 2 claims gave a number that can be compared with the paper.",
        ),
        (
            [(NEAR, {"decay_whole": (AWAY, {})}), (NEAR, {"decay_whole": (NONE, {})})],
            (
                "1 claim was also measured under other readings: 0 verdicts hold under all readings and 1 depends on the reading. "
                "For 1 more claim no other reading gave a number that can be compared with the paper (“c”)."
            ),
        ),
        (
            [(NEAR, {"decay_whole": (NEAR, {}), "stop_early": (NONE, {})}), (NEAR, {"decay_whole": (NEAR, {})})],
            "2 claims were also measured under other readings: 2 verdicts hold under all readings that gave a comparable number and 0 depend on the reading.",
        ),
        (
            [(WIDE, {"decay_whole": (WIDE, {})}), (NONE, {"decay_whole": (NEAR, {})})],
            (
                "2 claims were also measured under other readings: 0 verdicts hold under all readings, 0 depend on the reading, "
                "1 is not compared with the paper under the chosen readings and for 1 neither is shown."
            ),
        ),
    ],
)
def test_the_overview_counts_only_claims_another_reading_gave_a_number_for(groups, sentence):
    assert overall_sensitivity([case for chosen, points in groups for case in cases(chosen, **points)]) == sentence
