"""Every outcome, for every reason there is."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import HALF_POINT, claim, distortion, margin, measured, pilot, record, verdict
from scipy.stats import binomtest, t

from harness.judge import judge
from harness.judge.outcome import Outcome
from harness.record.measurement import Missing
from harness.spec.claim import Another, Margin

NEAR, TIME = (0.0741, 0.0739, 0.0743), Missing(reason="time-limit", sentence="Out of time; run it again.")
ORDER = {"relation": "less_than"}
ALL = {"relation": "all", "metric": "success-rate", "attack": "a", "unit": "fraction"}
COUNTED = {"relation": "equivalent_to", "margin": margin(absolute=0.5)}

TIMES = {"metric": "time-per-image", "unit": "s", "relation": "less_than"}

SIZES = {"found": 0.9, "counted": False}

FULL = {"found": 1.0, "counted": False}
CASES = [
    ("NOT_RUN", "not-yet-run", verdict(claim())),
    ("NOT_RUN", "time-limit", verdict(claim(), missing=TIME)),
    ("NOT_RUN", "time-limit", verdict(claim(), NEAR[:1], missing=TIME)),
    ("NOT_RUN", "failed", verdict(claim(**ORDER), NEAR)),
    ("NOT_RUN", "invalid", verdict(distortion(), [0.05, 0.06, 0.06], limits=[0.055] * 3, found=1.0, counted=False)),
    ("NOT_COMPARABLE", "rehearsal", verdict(claim(), NEAR[:1], comparable=False)),
    ("NOT_COMPARABLE", "not-converged", verdict(claim(), NEAR, settled=False)),
    ("NOT_RUN", "infeasible", verdict(claim(infeasible="It takes a year."))),
    ("NOT_COMPARABLE", "another-network", verdict(claim(another=Another(network="A smaller one.")), NEAR)),
    ("NOT_COMPARABLE", "another-data", verdict(claim(another=Another(data="Others.")), NEAR)),
    (
        "NOT_COMPARABLE",
        "another-metric",
        verdict(claim(another=Another(metric="A nearer one.")), [0.09, 0.0901, 0.0902]),
    ),
    ("NOT_COMPARABLE", "another-machine", verdict(claim(metric="time-per-image", unit="s"), NEAR)),
    ("NOT_REPRODUCED", "opposite", verdict(claim(**TIMES), NEAR, [0.05, 0.051, 0.05])),
    ("REPRODUCED", "within-margin", verdict(claim(), NEAR)),
    ("REPRODUCED", "within-margin", verdict(claim(**COUNTED), NEAR, NEAR)),
    ("REPRODUCED", "within-bound", verdict(claim(relation="at_most", printed="7.5"), NEAR)),
    ("REPRODUCED", "within-bound", verdict(claim(relation="at_least", printed="7.3"), NEAR)),
    ("REPRODUCED", "as-ordered", verdict(claim(**ORDER), NEAR, [0.09, 0.091, 0.09])),
    ("REPRODUCED", "as-ordered", verdict(claim(relation="greater_than"), NEAR, [0.05, 0.051, 0.05])),
    ("REPRODUCED", "without-exception", verdict(claim(**ALL), [1.0] * 3)),
    ("REPRODUCED", "unexpected-pass", verdict(claim(deviates_because="Known."), NEAR)),
    ("NOT_REPRODUCED", "worse", verdict(claim(), [0.09, 0.0901, 0.0902])),
    ("NOT_REPRODUCED", "better", verdict(claim(), [0.06, 0.0601, 0.0602])),
    ("NOT_REPRODUCED", "worse", verdict(claim(metric="accuracy"), [0.06, 0.0601, 0.0602])),
    ("NOT_REPRODUCED", "worse", verdict(claim(relation="at_most"), [0.09, 0.0901, 0.0902])),
    ("NOT_REPRODUCED", "smaller", verdict(distortion(), [0.04, 0.041, 0.04], found=1.0, counted=False)),
    ("NOT_REPRODUCED", "larger", verdict(distortion(), [0.08, 0.081, 0.08], found=1.0, counted=False)),
    ("NOT_REPRODUCED", "better", verdict(distortion(), [0.04, 0.041, 0.04], limits=[0.039] * 3, **FULL)),
    ("NOT_REPRODUCED", "worse", verdict(distortion(), [0.08, 0.081, 0.08], limits=[0.039] * 3, **FULL)),
    ("NOT_REPRODUCED", "lower", verdict(distortion(), [0.04, 0.041, 0.04], found=0.995, counted=False)),
    ("NOT_COMPARABLE", "attack-incomplete", verdict(distortion(), [0.062, 0.061, 0.062], **SIZES)),
    ("NOT_COMPARABLE", "attack-incomplete", verdict(distortion(metric="another"), [0.062, 0.061, 0.062], **SIZES)),
    ("REPRODUCED", "within-margin", verdict(distortion(metric="perturbation"), [0.062, 0.061, 0.062], **SIZES)),
    ("NOT_REPRODUCED", "higher", verdict(claim(attack="a"), [0.09, 0.0901, 0.0902])),
    ("NOT_REPRODUCED", "lower", verdict(claim(attack="a", metric="success-rate"), [0.06, 0.0601, 0.0602])),
    ("NOT_REPRODUCED", "higher", verdict(claim(**COUNTED), NEAR, [0.05, 0.051, 0.05])),
    ("NOT_REPRODUCED", "opposite", verdict(claim(**ORDER), NEAR, [0.05, 0.051, 0.05])),
    ("NOT_REPRODUCED", "counterexample", verdict(claim(**ALL), [1.0, 0.9999, 1.0])),
    ("INCONCLUSIVE", "too-few-runs", verdict(claim(), NEAR[:2], wanted=2)),
    ("INCONCLUSIVE", "too-few-runs", verdict(claim(**ALL), [1.0] * 2, wanted=2)),
    ("INCONCLUSIVE", "noisy", verdict(claim(), [0.076, 0.070, 0.078])),
    ("INCONCLUSIVE", "borderline", verdict(claim(), [0.0790, 0.0791, 0.0789])),
    ("INCONCLUSIVE", "borderline", verdict(claim(relation="at_most"), [0.0771], deterministic=True)),
    ("INCONCLUSIVE", "margin-below-noise", verdict(claim(), [0.074, 0.09, 0.06])),
]


@pytest.mark.parametrize(("outcome", "reason", "found"), CASES, ids=lambda case: getattr(case, "claim", case))
def test_every_outcome_is_reached_for_each_of_its_reasons(outcome, reason, found):
    assert (found.outcome, found.reason) == (outcome, reason), found.sentence


def test_the_cases_reach_all_five_outcomes():
    assert {outcome for outcome, *_ in CASES} == set(Outcome)


@pytest.mark.parametrize("found", [found for *_, found in CASES], ids=lambda found: f"{found.outcome}-{found.reason}")
def test_every_sentence_is_whole_and_speaks_no_code(found):
    assert found.sentence[0].isupper()
    assert found.sentence.endswith(".")
    prose = "CODE".join(found.sentence.split("`")[::2])
    assert not any(code in prose for code in ("_", "None", "..", "  ", "nan", "{", found.claim))


def test_verdicts_come_in_the_order_of_the_papers_claims():
    claims = [claim(f"t/{name}") for name in "zabm"]
    made = record(*[(each, measured(each.id, NEAR)) for each in claims])
    shuffled = made.model_copy(update={"measurements": dict(sorted(made.measurements.items()))})
    assert [found.claim for found in judge(shuffled)] == ["t/z", "t/a", "t/b", "t/m"]


def test_numbers_of_a_verdict_are_in_the_printed_unit():
    found = verdict(claim(), [0.070, 0.072, 0.074])
    assert found.mean == pytest.approx(7.2)
    assert found.sd == pytest.approx(0.2)
    assert found.interval is not None
    assert found.interval[0] < 7.2 < found.interval[1]
    assert (found.n, found.margin, found.printed, found.unit) == (3, 0.5, "7.4", "%")


def test_an_order_is_judged_on_paired_differences():
    values, others = np.array([0.05, 0.20, 0.35]), np.array([0.06, 0.212, 0.361])
    found = verdict(claim(**ORDER), list(values), list(others))
    assert found.outcome == Outcome.REPRODUCED  # unpaired, the runs' spread of 15 points would hide it
    assert found.mean == pytest.approx(-1.1)
    assert found.sd == pytest.approx(100 * np.std(values - others, ddof=1))


@pytest.mark.parametrize(
    "relation", ["close_to", "at_most", "at_least", "less_than", "greater_than", "equivalent_to", "all"]
)
def test_one_run_never_reproduces_a_claim_that_chance_enters(relation):
    value, other = {"less_than": (0.0, 0.9), "all": (1.0, None)}.get(
        relation, (0.074, 0.0 if relation == "greater_than" else 0.074)
    )
    others = None if other is None else [other]
    drawn = verdict(claim(relation=relation), [value], others, wanted=1)
    exact = verdict(claim(relation=relation), [value], others, deterministic=True)
    assert drawn.outcome == Outcome.INCONCLUSIVE
    assert exact.outcome == Outcome.REPRODUCED
    assert exact.qualifiers == ("exact",)
    assert exact.interval is None


def test_one_exception_in_a_single_run_refutes_a_claim_about_all():
    assert verdict(claim(**ALL), [0.9999], wanted=1).outcome == Outcome.NOT_REPRODUCED


def test_pilot_runs_are_never_judged():
    assert verdict(claim(), NEAR, first=1000).outcome == Outcome.NOT_RUN


def test_two_of_three_runs_are_shown_and_what_is_missing_is_said():
    found = verdict(claim(), NEAR[:2], missing=TIME)
    assert (found.outcome, found.reason, found.n) == (Outcome.INCONCLUSIVE, "too-few-runs", 2)
    assert found.sentence.endswith("Only 2 of 3 runs were measured: Out of time; run it again.")


def test_three_of_five_runs_are_judged_and_what_is_missing_is_said():
    found = verdict(claim(), NEAR, missing=TIME, wanted=5)
    assert found.outcome == Outcome.REPRODUCED
    assert "Only 3 of 5 runs were measured" in found.sentence


def test_what_was_never_run_names_the_command_that_runs_it():
    assert "`harness verify specs/paper -k t/c`" in verdict(claim()).sentence
    assert "`harness verify specs/paper -k t/c`" in judge(record((claim(), None)))[0].sentence


def test_a_reason_without_a_sentence_still_names_the_command():
    assert "harness verify" in verdict(claim(), missing=Missing(reason="no-device", sentence=" ")).sentence


def test_a_rehearsal_that_did_not_settle_is_both_and_shows_its_number():
    found = verdict(claim(), NEAR, settled=False, comparable=False)
    assert (found.outcome, found.reason) == (Outcome.NOT_COMPARABLE, "rehearsal")
    assert found.qualifiers == ("not-converged",)
    assert found.mean == pytest.approx(7.41)


def test_a_claim_that_chose_a_reading_is_marked_as_fitted():
    assert verdict(claim("t/a/b"), NEAR, fitted_on=["t/*/b"]).qualifiers == ("fitted",)
    assert verdict(claim("t/a/c"), NEAR, fitted_on=["t/*/b"]).qualifiers == ()


def test_a_declared_deviation_is_marked_and_its_reason_is_said():
    found = verdict(claim(deviates_because="The data differ."), [0.09, 0.0901, 0.0902])
    assert (found.outcome, found.qualifiers) == (Outcome.NOT_REPRODUCED, ("explained-afterwards",))
    assert found.sentence.endswith("This deviation was explained afterwards: The data differ.")


@pytest.mark.parametrize(("found", "limit", "invalid"), [(1.0, 0.0500, False), (1.0, 0.0501, True), (0.9, 0.06, False)])
def test_an_exact_minimum_may_be_met_but_not_undercut_where_every_example_was_found(found, limit, invalid):
    judged = verdict(distortion(), [0.05] * 3, limits=[limit] * 3, found=found, counted=False)
    assert (judged.reason == "invalid") == invalid


def test_the_exact_minimum_stands_beside_the_number():
    found = verdict(distortion(), [0.0612] * 3, limits=[0.06] * 3, found=1.0, counted=False)
    assert found.limit == pytest.approx(0.06)
    assert found.sentence.endswith("This is 2 % above the exact minimum for the same images, 0.0600.")


@pytest.mark.parametrize(
    ("given", "width"),
    [
        ({"margin": margin(absolute=0.5)}, 0.5),
        ({"margin": margin(relative=0.1)}, 0.74),
        ({"margin": margin(absolute=0.01)}, 0.05),
        ({"margin": margin(absolute=0.01), "decimals": 0}, 0.5),
        ({"margin": None}, 0.05),
    ],
)
def test_a_margin_is_in_the_printed_unit_and_at_least_half_a_printed_one(given, width):
    assert verdict(claim(**given), NEAR).margin == pytest.approx(width)


def test_a_sampling_margin_joins_the_papers_sampling_error_and_the_pilots_spread():
    sampling = Margin.model_validate({"sampling": {"images": 256}, "because": "a test"})
    alone = verdict(claim(margin=sampling), NEAR).margin
    assert alone == pytest.approx(3.24, abs=0.01)
    piloted = verdict(claim(margin=sampling), NEAR, piloted=pilot(1.0)).margin
    assert piloted == pytest.approx(np.hypot(alone, 1.96))  # of a whole split, the same in each run
    assert verdict(claim(margin=sampling), [0.01, 0.07, 0.13]).margin == alone  # never widened by the runs' own spread


def test_a_margin_for_a_mean_over_images_uses_their_spread():
    sampling = Margin.model_validate({"sampling": {"images": 100}, "because": "a test"})
    made = distortion(margin=sampling)
    runs = measured(made.id, [0.06, 0.061, 0.062], counted=False)
    spread = tuple(
        run.model_copy(update={"measured": run.measured.model_copy(update={"spread": 0.02})}) for run in runs.runs
    )
    found = judge(record((made, runs.model_copy(update={"runs": spread}))))[0]
    assert found.margin == pytest.approx(1.96 * 0.02 / 10)


SAMPLING = Margin.model_validate({"sampling": {"images": 100}, "because": "a test"})


def spread_over_images(claim_id, spread):
    runs = measured(claim_id, [0.06, 0.061, 0.062], counted=False, inputs="these")
    sides = [run.measured.model_copy(update={"spread": spread}) for run in runs.runs]
    paired = zip(runs.runs, sides, strict=True)
    return runs.model_copy(update={"runs": tuple(run.model_copy(update={"measured": side}) for run, side in paired)})


@pytest.mark.parametrize("spread", [0.001, 0.02, 0.5])
def test_a_margin_for_a_mean_over_images_uses_the_pilot_s_spread_over_images_whatever_the_runs_judged_show(spread):
    made = distortion(margin=SAMPLING)
    shown = pilot(0.003, images_sd=0.03)
    found = judge(record((made, spread_over_images(made.id, spread)), pilot={made.id: shown}))[0]
    assert found.margin == pytest.approx(np.hypot(1.96 * 0.03 / 10, 1.96 * 0.003))


def test_a_pilot_out_of_date_widens_no_margin_and_the_verdict_says_so():
    made = claim(margin=SAMPLING)
    without = verdict(made, NEAR)
    stale = verdict(made, NEAR, piloted=pilot(1.0, inputs="others"))
    fresh = verdict(made, NEAR, piloted=pilot(1.0))
    assert stale.margin == without.margin < fresh.margin
    command = "so the margin does not include the variance between runs; `harness verify specs/paper -k t/c --pilot` measures it."
    assert stale.sentence.endswith(f"The pilot runs are out of date, {command}")
    assert without.sentence.endswith(f"There are no pilot runs, {command}")
    assert "pilot" not in fresh.sentence


def test_a_measurement_whose_inputs_are_unknown_fits_no_pilot():
    made = claim(margin=SAMPLING)
    assert verdict(made, NEAR, piloted=pilot(1.0), inputs="").margin == verdict(made, NEAR).margin


@pytest.mark.parametrize("other", [HALF_POINT, margin(relative=0.1)])
def test_a_pilot_changes_nothing_about_other_margins(other):
    made = claim(margin=other)
    assert verdict(made, NEAR, piloted=pilot(9.0)).margin == verdict(made, NEAR).margin
    assert "pilot" not in verdict(made, NEAR).sentence


def test_nothing_is_said_of_pilots_where_no_run_is_random():
    assert "pilot" not in verdict(claim(margin=SAMPLING), NEAR[:1], deterministic=True).sentence


def test_a_relative_margin_between_two_measures_is_of_the_one_compared_with():
    found = verdict(claim(relation="equivalent_to", margin=margin(relative=0.02)), [0.0505] * 3, [0.05] * 3)
    assert found.margin == pytest.approx(0.1)
    assert found.outcome == Outcome.REPRODUCED


def test_only_a_claim_that_chance_could_have_refuted_carries_a_p_value():
    for outcome, *_, found in CASES:
        chance = "exact" not in found.qualifiers and found.relation != "all"
        assert (found.p_value is not None) == (outcome == "NOT_REPRODUCED" and chance)


@pytest.mark.parametrize("spread", [0, 1, 2])
@pytest.mark.parametrize("points", [0.1, 0.2, 0.3, 0.5, 1.0])
def test_as_many_runs_as_are_said_to_settle_a_claim_do_settle_it_if_they_are_like_these(points, spread):
    """Counts of 597 images near a printed 2 %, in runs that agree, or of which one differs by an image or two."""

    def judged(n, count):
        counts = [count] * (n - n // 3) + [count + spread] * (n // 3)
        return verdict(
            claim(printed="2.0", unit="%", margin=margin(absolute=points)), [k / 597 for k in counts], of=597
        )

    for count in range(25):
        found = judged(3, count)
        if promised := re.search(r"`--runs (\d+)`", found.sentence):
            assert judged(int(promised[1]), count).outcome != Outcome.INCONCLUSIVE, found.sentence


def test_counts_that_agree_to_the_image_show_no_spread_and_are_decided_as_if_they_spread_by_one():
    found = verdict(claim(margin=margin(absolute=0.1)), [0.074] * 3, of=1000)
    assert found.sd == 0
    assert found.outcome == Outcome.INCONCLUSIVE


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=12),
    st.sampled_from(["close_to", "at_most", "at_least", "all"]),
    st.booleans(),
    st.sampled_from([1, 256, 60_000, None]),
)
def test_any_runs_at_all_get_a_verdict_with_a_sentence(values, relation, deterministic, of):
    found = verdict(claim(relation=relation), values, deterministic=deterministic, of=of)
    assert found.sentence.endswith(".")
    assert found.outcome != Outcome.REPRODUCED or deterministic or len(values) >= 3


@given(st.lists(st.floats(0.01, 0.5), min_size=3, max_size=10), st.floats(0.001, 0.3))
def test_a_wider_margin_never_turns_a_reproduced_claim_into_another(values, width):
    narrow = verdict(claim(margin=margin(absolute=100 * width)), values)
    wide = verdict(claim(margin=margin(absolute=200 * width)), values)
    assert narrow.outcome != Outcome.REPRODUCED or wide.outcome == Outcome.REPRODUCED
    assert wide.outcome != Outcome.NOT_REPRODUCED or narrow.outcome == Outcome.NOT_REPRODUCED


INVALID = Missing(reason="invalid", sentence="A run gave a result that cannot be.")


def test_a_run_that_cannot_be_leaves_the_others_unjudged():
    found = verdict(claim(), NEAR, missing=INVALID, wanted=5)
    assert (found.outcome, found.reason) == (Outcome.NOT_RUN, "invalid")


def test_a_run_beyond_a_rung_of_the_ladder_waits_for_the_next():
    three, four = verdict(claim(), NEAR), verdict(claim(), [*NEAR, 0.5], wanted=5)
    assert (four.n, four.mean, four.interval) == (3, three.mean, three.interval)


RATES = st.lists(st.integers(0, 256), min_size=2, max_size=10)
RELATIONS = st.sampled_from(["close_to", "at_most", "at_least", "equivalent_to", "less_than", "greater_than"])


@given(RATES, RELATIONS, st.sampled_from(["%", "fraction"]), st.integers(0, 256))
def test_an_interval_of_rates_lies_within_what_a_rate_can_be_and_says_its_level(counts, relation, unit, other):
    scale = 100 if unit == "%" else 1
    paired = relation in {"equivalent_to", "less_than", "greater_than"}
    printed = {} if paired else {"printed": f"{0.4 * scale:.1f}"}
    each = claim(relation=relation, unit=unit, margin=margin(absolute=0.1 * scale), **printed)
    others = [other / 256] * len(counts) if paired else None
    found = verdict(each, [count / 256 for count in counts], others, of=256)
    assert found.interval is not None
    low, high = found.interval
    assert -scale * paired <= low <= found.mean + 1e-9
    assert found.mean - 1e-9 <= high <= scale
    assert found.level == pytest.approx({2: 0.94, 3: 0.94, 5: 0.976, 10: 0.984}[found.n])
    if found.n >= 3 and found.outcome in {Outcome.REPRODUCED, Outcome.INCONCLUSIVE, Outcome.NOT_REPRODUCED}:
        assert f"{100 * found.level:.3g} % interval" in found.sentence


@given(st.lists(st.integers(0, 256), min_size=3, max_size=10), st.integers(1, 99), st.floats(1, 60))
def test_a_claim_reproduces_only_where_the_interval_shown_lies_within_its_margin_and_is_refuted_only_beyond(
    counts, printed, width
):
    each = claim(printed=str(printed), margin=margin(absolute=width))
    found = verdict(each, [count / 256 for count in counts], of=256)
    if found.outcome == Outcome.NOT_COMPARABLE:
        return
    low, high = (end - printed for end in found.interval)
    if found.outcome == Outcome.REPRODUCED:
        assert -width < low
        assert high < width
    if found.outcome == Outcome.NOT_REPRODUCED:
        assert low > width or high < -width
    if "lies partly outside the margin" in found.sentence:
        assert low <= -width or high >= width


def test_agreeing_runs_that_one_image_would_move_beyond_the_margin_are_said_to_be_just_that():
    found = verdict(claim(printed="100", margin=margin(absolute=0.7)), [1.0] * 3, of=256)
    assert found.outcome == Outcome.INCONCLUSIVE
    assert (
        "all runs gave the same value, but if each changed by one image (0.4 points), the mean could lie"
        in found.sentence
    )
    assert "partly outside" not in found.sentence


def test_an_interval_within_the_margin_only_because_it_is_cut_off_is_said_to_be_just_that():
    found = verdict(claim(printed="99.5", margin=margin(absolute=1.0)), [0.992, 0.9975, 1.0], of=2000)
    assert (found.outcome, found.interval[1]) == (Outcome.INCONCLUSIVE, 100)
    assert "within the margin only because it is truncated" in found.sentence


@given(st.integers(0, 256), st.sampled_from([3, 5, 10]))
def test_runs_that_agree_to_the_image_have_the_wilson_interval_over_all_their_images(count, runs):
    found = verdict(claim(), [count / 256] * runs, of=256)
    level = {3: 0.94, 5: 0.976, 10: 0.984}[runs]
    expected = binomtest(count * runs, 256 * runs).proportion_ci(level, method="wilson")
    assert found.interval == pytest.approx((100 * expected.low, 100 * expected.high), abs=1e-9)
    assert found.sd == 0


def test_runs_that_differ_by_an_image_or_more_have_a_t_interval():
    values = [0.10, 0.12, 0.14]
    found = verdict(claim(), values, of=1000)
    half = t.ppf(0.97, 2) * np.std(values, ddof=1) / math.sqrt(3)
    assert found.interval == pytest.approx((100 * (0.12 - half), 100 * (0.12 + half)))
    assert found.sd == pytest.approx(2.0)


def test_agreement_on_few_images_that_resolve_no_such_margin_is_said_to_be_that_and_no_wide_spread():
    found = verdict(claim(printed="50", margin=margin(absolute=1)), [0.5] * 3, of=20)
    assert (found.outcome, found.reason) == (Outcome.INCONCLUSIVE, "margin-below-noise")
    assert (
        "all runs gave the same value, but with 20 images per run even 10 runs cannot resolve this margin"
        in found.sentence
    )
    assert "vary too much" not in found.sentence


def test_agreeing_runs_on_too_few_images_for_the_margin_say_how_many_runs_would_do():
    found = verdict(claim(printed="50", margin=margin(absolute=3.2)), [0.5] * 3, of=256)
    assert (found.outcome, found.reason) == (Outcome.INCONCLUSIVE, "noisy")
    assert "94 % interval 46.6 to 53.4" in found.sentence
    assert "`--runs 10`" in found.sentence or "`--runs 5`" in found.sentence


def test_a_prediction_interval_of_a_rate_lies_within_what_a_rate_can_be():
    found = verdict(claim(printed="99.5", margin=margin(absolute=0.2)), [0.945, 0.955, 0.965], of=1000)
    assert "within the 97 % prediction interval for one more run (88.98 to 100.00)" in found.sentence


def test_a_measure_compared_with_itself_under_another_name_is_invalid():
    each, given = claim(**COUNTED), measured("t/c", NEAR, NEAR)
    same = tuple(run.model_copy(update={"other": run.measured}) for run in given.runs)
    found = judge(record((each, given.model_copy(update={"runs": same}))))[0]
    assert (found.outcome, found.reason) == (Outcome.NOT_RUN, "invalid")
    assert "are the same jobs" in found.sentence
