"""The error rates of judging, proved by simulation with the code that judges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.judge.foresight import power
from harness.judge.looks import LADDER, LEVEL, Ladder, alpha, spending
from harness.judge.printed import BestOf, MeanOf
from harness.judge.statistics import (
    OPEN,
    REFUTED,
    REPRODUCED,
    Region,
    decide,
    decide_exact,
    half_width,
    holm,
    p_value,
    predicted,
    sampling_margin,
    settling_look,
    spread,
    why_open,
    wilson_half_width,
)

TRIALS = 100_000
"""Simulated claims; the standard error of a rate of 5 % is then 0.07 points."""


def within(delta: float, *, printed: bool = True) -> Region:
    return Region((-delta, delta), (-delta, delta), printed)


def at_most(slack: float, delta: float) -> Region:
    return Region((-math.inf, slack), (-math.inf, delta))


ORDER = Region((-math.inf, 0.0), (-math.inf, 0.0), printed=False)
"""What ``less_than`` accepts and what refutes it."""


def climb(
    runs: np.ndarray, region: Region, *, resolution: float = 0.0, extra: float = 0.0, ladder: Ladder = LADDER
) -> np.ndarray:
    """Judge simulated claims (trials, 10) at every look until decided; return the first decision of each."""
    decided = np.zeros(len(runs), np.int8)
    for n in ladder:
        sd = np.maximum(runs[:, :n].std(axis=1, ddof=1), resolution)
        found = decide(runs[:, :n].mean(axis=1), sd, n, region, MeanOf(extra=extra), ladder=ladder)
        decided = np.where(decided == OPEN, found, decided)
    return decided


def rate(decided: np.ndarray, decision: int) -> float:
    return float(np.mean(decided == decision))


@pytest.fixture(scope="module")
def noise():
    """Runs of unit spread around zero, (trials, 10)."""
    return np.random.default_rng(20140214).standard_normal((TRIALS, 10))


def tolerance(expected: float) -> float:
    """Four standard errors of a simulated rate."""
    return 4 * math.sqrt(expected * (1 - expected) / TRIALS)


@pytest.mark.parametrize(("delta", "stated"), [(2, 0.38), (3, 0.71), (4, 0.91)])
def test_three_runs_reproduce_a_right_claim_with_the_power_the_design_states(noise, delta, stated):
    found = rate(decide(noise[:, :3].mean(axis=1), noise[:, :3].std(axis=1, ddof=1), 3, within(delta)), REPRODUCED)
    assert found == pytest.approx(stated, abs=0.005 + tolerance(stated))
    assert found == pytest.approx(power(delta, 1.0, 3), abs=tolerance(stated))


@pytest.mark.parametrize("n", LADDER)
@pytest.mark.parametrize("delta", [0.8, 1.5, 3.0])
def test_the_power_is_what_simulated_runs_show(noise, n, delta):
    drawn = decide(0.1 * noise[:, :n].mean(axis=1), 0.1 * noise[:, :n].std(axis=1, ddof=1), n, within(0.1 * delta))
    expected = power(0.1 * delta, 0.1, n)
    assert rate(drawn, REPRODUCED) == pytest.approx(expected, abs=tolerance(max(expected, 0.001)))


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("delta", [0.25, 0.5, 1, 2, 4, 16])
def test_at_the_margin_neither_wrong_decision_exceeds_the_level_over_the_whole_ladder(noise, delta, sign):
    decided = climb(noise + sign * delta, within(delta))
    assert rate(decided, REPRODUCED) <= LEVEL
    assert rate(decided, REFUTED) <= LEVEL


@pytest.mark.parametrize("delta", [0.25, 0.5, 1, 2, 4])
def test_an_equivalence_of_two_measures_keeps_both_errors_within_the_level(noise, delta):
    decided = climb(noise + delta, within(delta, printed=False))
    assert rate(decided, REPRODUCED) <= LEVEL
    assert rate(decided, REFUTED) <= LEVEL


def test_a_bound_is_wrongly_kept_or_broken_at_most_at_the_level(noise):
    assert rate(climb(noise + 0.5, at_most(0.5, 2)), REPRODUCED) <= LEVEL
    assert rate(climb(noise + 2, at_most(0.5, 2)), REFUTED) <= LEVEL


def test_an_order_of_equals_is_found_either_way_at_most_at_the_level(noise):
    decided = climb(noise, ORDER)
    assert rate(decided, REPRODUCED) <= LEVEL
    assert rate(decided, REFUTED) <= LEVEL


@pytest.mark.parametrize("delta", [0.01, 0.5, 1, 2, 3])
def test_a_printed_number_that_is_just_another_run_is_refuted_at_most_at_the_level(noise, delta):
    printed = np.random.default_rng(6).standard_normal((TRIALS, 1))
    assert rate(climb(noise - printed, within(delta)), REFUTED) <= LEVEL


def test_without_the_prediction_interval_another_run_would_be_refuted_far_too_often(noise):
    printed = np.random.default_rng(6).standard_normal((TRIALS, 1))
    assert rate(climb(noise - printed, within(0.5, printed=False)), REFUTED) > 4 * LEVEL


def test_looking_three_times_at_the_full_level_would_reproduce_wrongly_too_often(noise):
    assert rate(climb(noise + 3, within(3), ladder=dict.fromkeys(LADDER, LEVEL)), REPRODUCED) > 2 * LEVEL


@pytest.mark.parametrize("looks", [(3,), (10,), (5, 10), (3, 4, 5, 6, 7, 8, 9, 10)])
def test_whatever_looks_are_declared_neither_wrong_decision_exceeds_the_level_over_all_of_them(noise, looks):
    decided = climb(noise + 3, within(3), ladder=spending(looks))
    assert rate(decided, REPRODUCED) <= LEVEL + tolerance(LEVEL)
    assert rate(decided, REFUTED) <= LEVEL + tolerance(LEVEL)


def test_one_planned_look_at_ten_runs_is_judged_at_the_whole_level(noise):
    assert spending((10,)) == {10: LEVEL}
    assert rate(climb(noise + 3, within(3), ladder=spending((10,))), REPRODUCED) == pytest.approx(
        LEVEL, abs=tolerance(LEVEL)
    )


@given(st.sets(st.integers(3, 999), min_size=1, max_size=12))
def test_the_alphas_of_any_looks_add_up_to_the_level_and_none_is_nothing(looks):
    spent = spending(sorted(looks))
    assert sum(spent.values()) == pytest.approx(LEVEL)
    assert min(spent.values()) > 0
    assert list(spent) == sorted(looks)


def test_a_margin_widened_by_the_spread_it_is_held_against_would_let_a_wrong_claim_pass(noise):
    mean, sd = noise.mean(axis=1) + 1, noise.std(axis=1, ddof=1)  # the true difference is exactly the margin
    widened = np.abs(mean) + half_width(sd, 10) < sampling_margin(1.0, sd)  # with what is held against it as the pilot
    assert np.mean(widened) > 0.5
    assert rate(decide(mean, sd, 10, within(1)), REPRODUCED) <= alpha(10)


@pytest.mark.parametrize("images", [64, 256, 1000])
@pytest.mark.parametrize("printed", [0.0, 0.004, 0.02, 0.1, 0.5, 1.0])
def test_counts_of_images_keep_both_errors_within_the_level(images, printed):
    delta = float(wilson_half_width(printed, images))
    rng = np.random.default_rng((images, round(1000 * printed)))
    for truth in (printed - delta, printed + delta):
        if 0 <= truth <= 1:
            counts = rng.binomial(images, truth, (TRIALS // 4, 10)) / images
            decided = climb(counts - printed, within(delta), resolution=1 / images)
            assert rate(decided, REPRODUCED) <= LEVEL
            assert rate(decided, REFUTED) <= LEVEL


@pytest.mark.parametrize("images", [64, 256, 1000])
@pytest.mark.parametrize("rate_of_both", [0.004, 0.02, 0.1, 0.5])
@pytest.mark.parametrize("shared", [0.0, 0.8])
def test_an_order_of_two_counts_that_are_equal_is_found_either_way_at_most_at_the_level(images, rate_of_both, shared):
    rng = np.random.default_rng((images, round(1000 * rate_of_both), round(10 * shared)))
    both, *alone = (
        rng.binomial(images, share * rate_of_both, (TRIALS // 4, 10)) for share in (shared, 1 - shared, 1 - shared)
    )
    counts, others = ((both + each) / images for each in alone)
    decided = climb(counts - others, ORDER, resolution=math.sqrt(2) / images)
    assert rate(decided, REPRODUCED) <= LEVEL
    assert rate(decided, REFUTED) <= LEVEL


@pytest.mark.parametrize("delta", [0.5, 1, 2, 4])
def test_an_order_with_a_margin_is_refuted_at_its_margin_at_most_at_the_level(noise, delta):
    decided = climb(noise + delta, Region((-math.inf, 0.0), (-math.inf, delta), printed=False))
    assert rate(decided, REPRODUCED) <= LEVEL
    assert rate(decided, REFUTED) <= LEVEL


def test_an_order_that_holds_by_four_standard_deviations_is_found_in_three_runs_nearly_always(noise):
    decided = decide(noise[:, :3].mean(axis=1) - 4, noise[:, :3].std(axis=1, ddof=1), 3, ORDER)
    assert rate(decided, REPRODUCED) > 0.9


def test_the_level_is_about_the_printed_number_and_not_about_the_mean_the_paper_never_saw(noise):
    """Where the paper's own mean lies at the margin, its one run decides: no verdict on a printed number can tell."""
    printed = 4 + np.random.default_rng(6).standard_normal((TRIALS, 1))
    decided = climb(noise - printed, within(4))
    assert rate(decided, REPRODUCED) > 3 * LEVEL
    assert rate(decided, REFUTED) > 3 * LEVEL
    beyond = np.abs(printed[:, 0]) > 4 + 3
    assert rate(decided[beyond], REPRODUCED) == 0


def test_without_the_floor_of_one_image_small_counts_would_be_reproduced_wrongly():
    delta = float(wilson_half_width(0.0, 64))
    counts = np.random.default_rng(0).binomial(64, delta, (TRIALS, 10)) / 64
    assert rate(climb(counts, within(delta)), REPRODUCED) > LEVEL + tolerance(LEVEL)


def test_a_smaller_sample_of_the_paper_keeps_its_printed_count_from_being_refuted():
    rng = np.random.default_rng(9)
    paper = rng.binomial(256, 0.1, (TRIALS, 1)) / 256
    ours = rng.binomial(10_000, 0.1, (TRIALS, 10)) / 10_000
    extra = 0.09 * (1 / 256 - 1 / 10_000)
    assert rate(climb(ours - paper, within(0.001), resolution=1e-4, extra=extra), REFUTED) <= LEVEL
    assert rate(climb(ours - paper, within(0.001), resolution=1e-4), REFUTED) > 5 * LEVEL


@pytest.mark.parametrize(
    ("n", "share"), [(2, 0.03), (3, 0.03), (4, 0.03), (5, 0.012), (9, 0.012), (10, 0.008), (50, 0.008)]
)
def test_between_two_rungs_the_alpha_of_the_one_reached_holds(n, share):
    assert alpha(n) == share


def test_the_alphas_of_the_ladder_add_up_to_the_level():
    assert sum(LADDER.values()) == pytest.approx(LEVEL)


@pytest.mark.parametrize("n", [2, 3, 5, 10])
def test_the_interval_is_the_t_interval(n):
    values = np.random.default_rng(n).normal(3, 2, n)
    low, high = stats.t.interval(1 - 2 * alpha(n), n - 1, values.mean(), stats.sem(values))
    half = half_width(values.std(ddof=1), n)
    assert (values.mean() - half, values.mean() + half) == pytest.approx((low, high))


def test_the_prediction_interval_covers_a_further_run_as_often_as_it_says(noise):
    runs, further = noise[:, :5], noise[:, 5]
    outside = np.abs(runs.mean(axis=1) - further) > predicted(runs.std(axis=1, ddof=1), 5)[1]
    assert np.mean(outside) == pytest.approx(alpha(5), abs=tolerance(alpha(5)))


@pytest.mark.parametrize(("count", "images"), [(0, 256), (1, 256), (30, 256), (256, 256), (5, 10_000)])
def test_the_wilson_half_width_is_that_of_scipy(count, images):
    low, high = stats.binomtest(count, images).proportion_ci(method="wilson")
    assert wilson_half_width(count / images, images) == pytest.approx((high - low) / 2)


def test_the_p_value_against_a_measure_is_that_of_a_t_test_against_the_margin():
    values = np.array([9.1, 9.3, 9.2])
    expected = stats.ttest_1samp(values - 7.4, 0.5, alternative="greater").pvalue
    region = within(0.5, printed=False)
    assert p_value(float(values.mean()) - 7.4, values.std(ddof=1), 3, region) == pytest.approx(expected)
    assert p_value(7.4 - float(values.mean()), values.std(ddof=1), 3, region) == pytest.approx(expected)


@pytest.mark.parametrize("delta", [0.1, 0.5, 2.0])
def test_the_p_value_against_a_printed_number_is_the_larger_of_the_margin_s_and_the_prediction_s(delta):
    values = np.array([9.1, 9.3, 9.2])
    margin = stats.ttest_1samp(values - 7.4, delta, alternative="greater").pvalue
    another_run = stats.ttest_ind(values, [7.4], equal_var=True).pvalue  # two samples, of which one is a single run
    found = p_value(float(values.mean()) - 7.4, values.std(ddof=1), 3, within(delta))
    assert found == pytest.approx(max(margin, another_run))


@pytest.mark.parametrize("printed", [False, True])
@pytest.mark.parametrize("df", [2, 6])
@pytest.mark.parametrize(
    "number",
    [
        MeanOf(),
        MeanOf(extra=0.5),
        MeanOf(4),
        MeanOf(4, sd=0.7),
        MeanOf(2, sd=0.0),
        BestOf(5, lowest=True),
        BestOf(3, lowest=False),
    ],
)
def test_a_claim_is_refuted_just_when_its_p_value_is_below_alpha(noise, printed, df, number):
    off = (4 if number.of_mean and printed else 3) - float(number.expected(1.0))
    mean, sd = noise[:500, :3].mean(axis=1) + off, noise[:500, :3].std(axis=1, ddof=1)
    decided = decide(mean, sd, 3, within(1, printed=printed), number, df=df)
    region = within(1, printed=printed)
    below = [p_value(m, s, 3, region, number, df=df) < alpha(3) for m, s in zip(mean, sd, strict=True)]
    assert (decided == REFUTED).tolist() == below
    assert 0 < sum(below) < 500


def test_holm_rejects_step_by_step_and_stops_at_the_first_that_stands():
    assert holm([0.04, 0.001, 0.02, 0.012]) == (True, True, True, True)
    assert holm([0.04, 0.001, 0.03, 0.012]) == (False, True, False, True)
    assert holm([0.06]) == (False,)
    assert holm([]) == ()


def test_holm_keeps_the_chance_of_any_wrong_rejection_among_many_at_the_level():
    p_values = np.random.default_rng(1).random((20_000, 12))
    assert np.mean([any(holm(list(row))) for row in p_values]) <= LEVEL + 4 * math.sqrt(LEVEL / 20_000)


def test_nothing_is_decided_below_the_first_rung():
    assert decide([0.0, 100.0], 1e-6, 2, within(1)).tolist() == [OPEN, OPEN]
    assert power(100, 1, 2) == 0
    assert why_open(0.0, 1e-6, 2, within(1)) == ("too-few-runs", 3)


def test_runs_without_spread_reproduce_a_right_claim_for_sure():
    assert power(1.0, 0.0, 3) == 1


def test_the_runs_that_would_settle_a_claim_do_settle_it():
    assert settling_look(0.0, 0.4, 3, within(0.5)) == 10
    for sd in np.linspace(0.05, 1, 40):
        runs = settling_look(0.1, sd, 3, within(0.5))
        if runs is not None:
            assert decide(0.1, sd, runs, within(0.5)) != OPEN
        else:
            assert all(decide(0.1, sd, n, within(0.5)) == OPEN for n in LADDER if n > 3)


@pytest.mark.parametrize(
    ("difference", "sd", "n", "reason"),
    [
        (0.0, 0.4, 3, "noisy"),
        (0.5, 0.05, 3, "borderline"),
        (0.5, 0.05, 10, "borderline"),
        (0.0, 2.0, 3, "margin-below-noise"),
        (2.5, 2.0, 10, "margin-below-noise"),
    ],
)
def test_an_open_claim_says_which_of_the_three_keeps_it_open(difference, sd, n, reason):
    assert decide(difference, sd, n, within(0.5)) == OPEN
    assert why_open(difference, sd, n, within(0.5))[0] == reason


def test_a_spread_is_never_smaller_than_one_image():
    assert spread([0.1, 0.1, 0.1], 1 / 256) == 1 / 256
    assert spread([0.1, 0.2, 0.3], 1 / 256) == pytest.approx(0.1)


def test_an_exact_margin_includes_its_edge_and_an_exact_order_excludes_equality():
    assert decide_exact(7.9 - 7.4, within(0.5)) == REPRODUCED
    assert decide_exact(6.9 - 7.4, within(0.5)) == REPRODUCED
    assert decide_exact(0.5001, within(0.5)) == REFUTED
    assert [decide_exact(d, ORDER) for d in (-0.1, 0.0, 0.1)] == [REPRODUCED, REFUTED, REFUTED]
    mirrored = Region((0.0, math.inf), (0.0, math.inf), printed=False)
    assert [decide_exact(d, mirrored) for d in (-0.1, 0.0, 0.1)] == [REFUTED, REFUTED, REPRODUCED]


def test_an_exact_number_beyond_a_bound_but_within_its_margin_stays_open():
    assert [decide_exact(d, at_most(0.05, 0.5)) for d in (0.05, 0.3, 0.6)] == [REPRODUCED, OPEN, REFUTED]


def test_an_exact_number_is_not_refuted_where_the_paper_s_own_sample_could_have_given_the_printed_one():
    assert decide_exact(1.0, within(0.5), MeanOf(extra=0.6**2)) == OPEN
    assert decide_exact(1.0, within(0.5), MeanOf(extra=0.4**2)) == REFUTED
