"""A ratio of two measures: each run gives one, and the printed one is that of a run of the paper's."""

import numpy as np
import pytest
from records import claim, margin, measured, pilot, record, verdict

from harness.judge import judge
from harness.judge.looks import LADDER, LEVEL
from harness.judge.observed import number_of, observe
from harness.judge.outcome import Outcome
from harness.judge.power import power_of
from harness.judge.statistics import OPEN, REFUTED, REPRODUCED, Region, decide

TRIALS = 20_000
REGION = Region((-1.0, 1.0), (-1.0, 1.0))


def ratio(**given):
    """The distortion of one network is five times that of another."""
    usual = {"metric": "distortion", "data": "d/train", "attack": "a", "unit": "number", "relation": "ratio"}
    return claim("t/r", **{**usual, "printed": "5", "margin": margin(absolute=1.0), **given})


@pytest.mark.parametrize(
    ("values", "others", "outcome", "says"),
    [
        ([0.30, 0.31, 0.29], [0.060, 0.061, 0.059], "REPRODUCED", "Measured a ratio of 5.0 over 3 runs (94 % interval"),
        ([0.20, 0.21, 0.19], [0.060, 0.061, 0.059], "NOT_REPRODUCED", "outside the margin of ±1, lower than printed"),
        ([0.20, 0.31, 0.24], [0.060, 0.050, 0.059], "INCONCLUSIVE", "lies partly outside the margin of ±1"),
    ],
)
def test_the_verdict_and_its_sentence_are_those_of_the_ratio(values, others, outcome, says):
    found = verdict(ratio(), values, others, counted=False)
    assert found.outcome == outcome, found.sentence
    assert says in found.sentence
    assert found.mean == pytest.approx(np.mean(np.divide(values, others)))
    assert found.sd == pytest.approx(np.std(np.divide(values, others), ddof=1))
    assert ", printed 5" in found.sentence


def test_what_both_measures_share_in_a_run_leaves_their_ratio_alone():
    shared = np.array([1.0, 2.0, 4.0])
    found = verdict(ratio(), list(0.05 * shared), list(0.01 * shared), counted=False)
    assert found.outcome == Outcome.REPRODUCED
    assert found.sd == pytest.approx(0, abs=1e-6)


def test_a_ratio_of_two_counts_has_the_resolution_of_one_image_of_either():
    one = ratio(metric="error-rate", data="d/test", attack=None)
    runs = measured(one.id, [0.5, 0.5, 0.5], [0.1, 0.1, 0.1], of=100)
    assert observe(one, runs).sd == pytest.approx(np.hypot(0.01 / 0.1, 0.5 * 0.01 / 0.1**2))


def test_percent_against_percent_is_a_plain_number():
    one = ratio(metric="error-rate", data="d/test", attack=None)
    (run, *_) = measured(one.id, [0.5], [0.1], of=100).runs
    assert number_of(one, run) == pytest.approx(5.0)


def test_a_run_whose_other_measure_is_0_has_no_ratio_and_the_claim_is_not_run():
    found = verdict(ratio(), [0.3, 0.3, 0.3], [0.06, 0.0, 0.06], counted=False)
    assert (found.outcome, found.reason) == (Outcome.NOT_RUN, "invalid")
    assert "The denominator of run 2 is 0" in found.sentence


def test_a_relative_margin_refers_to_the_printed_ratio():
    found = verdict(ratio(margin=margin(relative=0.2)), [0.30, 0.31, 0.29], [0.06, 0.06, 0.06], counted=False)
    assert found.margin == pytest.approx(1.0)
    assert power_of(ratio(margin=margin(relative=0.2)), pilot(0.1)).margin == pytest.approx(1.0)


def test_judging_a_ratio_is_pure_and_needs_both_measures():
    one = ratio()
    made = record((one, measured(one.id, [0.3, 0.3, 0.3], counted=False)))
    assert judge(made) == judge(made)
    assert judge(made)[0].outcome == Outcome.NOT_RUN
    assert "lack the measure to compare with" in judge(made)[0].sentence


def climbed(ratios, printed):
    decided = np.zeros(len(ratios), np.int8)
    for n in LADDER:
        seen = ratios[:, :n]
        found = decide(seen.mean(axis=1) - printed, seen.std(axis=1, ddof=1), n, REGION)
        decided = np.where(decided == OPEN, found, decided)
    return decided


@pytest.mark.parametrize(("spread", "most"), [(0.02, LEVEL + 0.003), (0.05, LEVEL + 0.003), (0.1, 0.06)])
def test_measures_that_spread_by_a_twentieth_keep_both_errors_within_the_level_and_by_a_tenth_nearly(spread, most):
    one, other = 1 + spread * np.random.default_rng(5).standard_normal((2, TRIALS, 11))
    ratios = 5 * one / other
    assert np.mean(climbed(ratios[:, :10], ratios[:, 10]) == REFUTED) <= LEVEL
    for edge in (-1.0, 1.0):
        decided = climbed(ratios[:, :10] - ratios.mean() + 5 + edge, 5.0)
        assert np.mean(decided == REPRODUCED) <= most
        assert np.mean(decided == REFUTED) <= most
