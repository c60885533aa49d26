"""What a printed number is: its intervals are those of SciPy, and no right paper is refuted more often than said."""

import numpy as np
import pytest
from records import claim, margin, verdict
from scipy import stats

from harness.judge.foresight import foresee
from harness.judge.looks import LADDER, LEVEL, alpha
from harness.judge.outcome import Outcome
from harness.judge.pooling import pool
from harness.judge.printed import BestOf, MeanOf, expected_largest
from harness.judge.statistics import OPEN, REFUTED, REPRODUCED, Region, decide, decide_exact

TRIALS = 20_000
"""Simulated audits; the standard error of a rate of 5 % is then 0.15 points."""
NARROW = Region((-0.01, 0.01), (-0.01, 0.01))


@pytest.fixture(scope="module")
def noise():
    """Our ten runs and five pilot runs, then fifty of the paper's, all of unit spread: (trials, 65)."""
    return np.random.default_rng(20250101).standard_normal((TRIALS, 65))


def wrongly(decided, decision):
    return float(np.mean(decided == decision))


def climbed(noise, number_of, printed, region=NARROW, *, piloted=False, decide_each=False):
    """Judge every audit at every look until decided; ``number_of`` gives one number for all, or one for each audit."""
    decided = np.zeros(len(printed), np.int8)
    for n in LADDER:
        mean, sd, df = noise[:, :n].mean(axis=1), noise[:, :n].std(axis=1, ddof=1), None
        if piloted:
            sd, df, _ = pool(sd, n, noise[:, 10:15].std(axis=1, ddof=1), 5)
        if decide_each:
            found = np.array(
                [
                    decide(m, s, n, region, number_of(at))
                    for at, (m, s) in enumerate(zip(mean - printed, sd, strict=True))
                ]
            )
        else:
            found = decide(mean - printed, sd, n, region, number_of, df=df)
        decided = np.where(decided == OPEN, found, decided)
    return decided


@pytest.mark.parametrize("runs", [2, 5, 30])
def test_a_mean_over_the_paper_s_runs_is_refuted_at_most_at_the_level(noise, runs):
    printed = noise[:, 15 : 15 + runs].mean(axis=1)
    assert 0.01 < wrongly(climbed(noise, MeanOf(runs), printed), REFUTED) <= LEVEL
    assert wrongly(climbed(noise, MeanOf(runs), printed, piloted=True), REFUTED) <= LEVEL


@pytest.mark.parametrize("runs", [2, 5, 10])
@pytest.mark.parametrize("times", [0.1, 0.5, 2.0])
def test_a_mean_with_a_printed_spread_is_refuted_at_most_at_the_level_whatever_that_spread_is(noise, runs, times):
    few = noise[:2000]
    theirs = times * few[:, 15 : 15 + runs]
    spreads = theirs.std(axis=1, ddof=1)
    decided = climbed(few, lambda at: MeanOf(runs, spreads[at]), theirs.mean(axis=1), decide_each=True)
    assert wrongly(decided, REFUTED) <= LEVEL


def test_taking_a_mean_of_few_widely_spread_runs_for_one_of_ours_would_refute_it_too_often(noise):
    printed = 4 * noise[:, 15:18].mean(axis=1)
    assert wrongly(climbed(noise, MeanOf(3), printed), REFUTED) > 4 * LEVEL


def test_a_printed_mean_over_many_runs_is_refuted_where_a_single_run_would_stay_open():
    seen = (2.5, 1.0, 5, NARROW)
    assert decide(*seen) == OPEN
    assert decide(*seen, MeanOf(20)) == REFUTED
    assert decide(*seen, MeanOf(20, sd=1.0)) == REFUTED
    assert decide(*seen, MeanOf(20, sd=10.0)) == OPEN


@pytest.mark.parametrize(("ours", "theirs"), [(1.0, 0.0), (1e-9, 2.0)])
def test_where_one_side_alone_varies_the_prediction_is_its_own_t_interval(ours, theirs):
    low, high = MeanOf(4, theirs).prediction(ours, 5, 4, 0.05)
    expected = stats.t.ppf(0.975, 4) * ours / 5**0.5 + stats.t.ppf(0.975, 3) * theirs / 2
    assert (-low, high) == pytest.approx((expected, expected), rel=1e-6)


def test_welch_s_interval_is_narrower_than_the_one_used_and_that_of_the_least_freedom_wider():
    both = 1 / 3 + 1 / 4
    welch = both**2 / ((1 / 3) ** 2 / 2 + (1 / 4) ** 2 / 3)
    _, high = MeanOf(4, 1.0).prediction(1.0, 3, 2, 0.03)
    assert stats.t.ppf(0.985, welch) < high / both**0.5 < stats.t.ppf(0.985, 2)


@pytest.mark.parametrize(
    ("count", "printed"), [(2, 0.56419), (3, 0.84628), (5, 1.16296), (10, 1.53875), (100, 2.50759)]
)
def test_the_expected_largest_is_that_of_harter_s_table(count, printed):
    assert expected_largest(count) == pytest.approx(printed, abs=1e-5)


@pytest.mark.parametrize("lowest", [True, False])
@pytest.mark.parametrize("runs", [2, 5, 20])
def test_the_interval_of_the_expected_best_covers_it_as_often_as_it_says(noise, runs, lowest):
    for n in LADDER:
        low, high = BestOf(runs, lowest=lowest).interval(noise[:, :n].std(axis=1, ddof=1), n, n - 1, 0.05)
        best = expected_largest(runs) * (-1 if lowest else 1)
        mean = noise[:, :n].mean(axis=1)
        assert np.mean(mean + low > best) == pytest.approx(0.05, abs=0.007)
        assert np.mean(mean + high < best) == pytest.approx(0.05, abs=0.007)


@pytest.mark.parametrize("lowest", [True, False])
@pytest.mark.parametrize("runs", [2, 5, 20])
def test_the_prediction_of_the_best_of_further_runs_covers_it_as_often_as_it_says(noise, runs, lowest):
    further = noise[:, 15 : 15 + runs]
    best = further.min(axis=1) if lowest else further.max(axis=1)
    for n in LADDER:
        low, high = BestOf(runs, lowest=lowest).prediction(noise[:, :n].std(axis=1, ddof=1), n, n - 1, 0.1)
        offset = best - noise[:, :n].mean(axis=1)
        assert np.mean(offset < low) == pytest.approx(0.05, abs=0.007)
        assert np.mean(offset > high) == pytest.approx(0.05, abs=0.007)


@pytest.mark.parametrize("piloted", [False, True])
@pytest.mark.parametrize("runs", [2, 5, 20])
def test_a_best_of_several_runs_is_refuted_at_most_at_the_level(noise, runs, piloted):
    printed = noise[:, 15 : 15 + runs].min(axis=1)
    assert wrongly(climbed(noise, BestOf(runs, lowest=True), printed, piloted=piloted), REFUTED) <= LEVEL


def test_taking_the_best_of_twenty_runs_for_one_run_would_refute_it_too_often(noise):
    printed = noise[:, 15:35].min(axis=1)
    assert wrongly(climbed(noise, MeanOf(), printed), REFUTED) > 2.5 * LEVEL


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("runs", [2, 5, 20])
def test_an_expected_best_at_the_margin_is_reproduced_at_most_at_the_level(noise, runs, side):
    printed = np.full(TRIALS, -expected_largest(runs) + 3.0 * side)
    region = Region((-3.0, 3.0), (-3.0, 3.0))
    assert wrongly(climbed(noise, BestOf(runs, lowest=True), printed, region), REPRODUCED) <= LEVEL + 0.004


@pytest.mark.parametrize("number", [MeanOf(4), MeanOf(4, 0.5), BestOf(5, lowest=True), BestOf(5, lowest=False)])
def test_the_chances_foreseen_are_what_simulated_runs_show(noise, number):
    theirs = noise[:, 15:20] if isinstance(number, BestOf) else (number.sd or 1.0) * noise[:, 15:19]
    if isinstance(number, BestOf):
        printed = theirs.min(axis=1) if number.lowest else theirs.max(axis=1)
    else:
        printed = theirs.mean(axis=1)
    region = Region((-2.0, 2.0), (-2.0, 2.0))
    for n in LADDER:
        decided = decide(noise[:, :n].mean(axis=1) - printed, noise[:, :n].std(axis=1, ddof=1), n, region, number)
        told = foresee(2.0, 1.0, n, number=number)
        assert told.reproduced == pytest.approx(wrongly(decided, REPRODUCED), abs=0.015)
        assert told.refuted == pytest.approx(wrongly(decided, REFUTED), abs=0.004)


def test_a_number_of_ours_that_is_not_random_is_held_against_the_spread_the_paper_prints():
    region = Region((-0.1, 0.1), (-0.1, 0.1))
    within = stats.t.ppf(0.975, 4) * 0.5 / 5**0.5
    assert decide_exact(0.99 * within, region, MeanOf(5, 0.5)) == OPEN
    assert decide_exact(1.01 * within, region, MeanOf(5, 0.5)) == REFUTED
    assert decide_exact(0.2, region, BestOf(5, lowest=True)) == REFUTED


def test_a_printed_spread_is_taken_at_its_largest_before_rounding():
    assert claim(printed_sd="0.3", printed_runs=5).expected.spread == pytest.approx(0.35)
    assert claim(printed_sd="0.00", printed_runs=5).expected.spread == pytest.approx(0.005)


SCATTERED = [0.0741, 0.0760, 0.0752]


def test_the_sentence_says_of_how_many_runs_the_printed_number_is_the_mean():
    found = verdict(claim(printed_runs=5, printed_sd="0.1"), SCATTERED, counted=False)
    assert ", printed 7.4 % as the mean of 5 runs (standard deviation 0.1 points): " in found.sentence


def test_the_sentence_of_an_open_claim_names_the_mean_that_could_have_been_printed():
    found = verdict(claim(printed="9.0", printed_runs=2, printed_sd="0.9"), SCATTERED, counted=False)
    assert found.outcome == Outcome.INCONCLUSIVE
    assert "prediction interval for the mean of 2 runs with the paper's standard deviation (" in found.sentence


def test_the_best_of_several_runs_is_compared_with_the_expected_best_and_the_sentence_says_so():
    one = claim(printed_is={"best_of": 5}, margin=margin(absolute=1.0))
    found = verdict(one, SCATTERED, counted=False)
    sd = np.std(SCATTERED, ddof=1)
    assert found.mean == pytest.approx(100 * (np.mean(SCATTERED) - 1.16296 * sd), abs=1e-4)
    assert "Measured 7.51 % over 3 runs, expected best of 5 runs 7.40 % (94 % interval" in found.sentence
    assert "printed 7.4 % as the best of 5 runs" in found.sentence
    assert found.interval[0] < found.mean < found.interval[1]


def test_a_best_run_far_from_the_expected_best_is_refuted_with_its_direction():
    values = [0.0741, 0.0742, 0.0740]
    lower = verdict(claim(printed="6.0", printed_is={"best_of": 5}), values, counted=False)
    higher = verdict(claim(printed="9.0", printed_is={"best_of": 5}), values, counted=False)
    assert (lower.outcome, lower.reason) == (Outcome.NOT_REPRODUCED, "worse")
    assert (higher.outcome, higher.reason) == (Outcome.NOT_REPRODUCED, "better")
    assert lower.p_value < alpha(3)


def test_a_best_run_of_a_metric_that_is_not_installed_is_compared_with_nothing():
    found = verdict(claim(metric="unheard-of", printed_is={"best_of": 5}), SCATTERED, counted=False)
    assert (found.outcome, found.reason) == (Outcome.NOT_COMPARABLE, "best-unknown")
