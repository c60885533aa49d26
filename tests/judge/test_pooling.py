"""The spread pooled with the pilot's: what it gains, what it risks, and what a verdict says of it."""

import numpy as np
import pytest
from records import claim, margin, measured, pilot, record, verdict
from scipy import stats

from harness.judge import judge
from harness.judge.looks import LADDER, LEVEL
from harness.judge.pooling import ALIKE, pool
from harness.judge.statistics import OPEN, REFUTED, REPRODUCED, Region, decide, same_images_margin
from harness.record.model import MeasuredVariant

TRIALS = 100_000
WIDE = float(same_images_margin(1.0))
"""2.8 standard deviations."""


def within(delta):
    return Region((-delta, delta), (-delta, delta))


@pytest.fixture(scope="module")
def runs():
    return np.random.default_rng(13).standard_normal((TRIALS, 10))


@pytest.fixture(scope="module")
def printed():
    """The paper's one run."""
    return np.random.default_rng(14).standard_normal(TRIALS)


@pytest.fixture(scope="module")
def pilots():
    return np.random.default_rng(15).standard_normal((TRIALS, 5)).std(axis=1, ddof=1)


def rate(runs, pilots, off, region, n=3):
    """Decide at one number of runs."""
    used = pool(runs[:, :n].std(axis=1, ddof=1), n, pilots, 5)
    return decide(runs[:, :n].mean(axis=1) + off, used.sd, n, region, df=used.df)


def climb(runs, pilots, off, region):
    decided = np.zeros(len(runs), np.int8)
    for n in LADDER:
        decided = np.where(decided == OPEN, rate(runs, pilots, off, region, n), decided)
    return decided


def test_the_pooled_spread_is_that_of_all_runs_about_their_own_means():
    judged, before = np.array([1.0, 2.5, 2.0]), np.array([4.0, 5.0, 3.5, 4.2, 6.0])
    used = pool(judged.std(ddof=1), 3, before.std(ddof=1), 5)
    squares = np.square(judged - judged.mean()).sum() + np.square(before - before.mean()).sum()
    assert used.sd == pytest.approx(np.sqrt(squares / 6))
    assert (used.df, used.alike) == (6, True)


@pytest.mark.parametrize("n", LADDER)
def test_a_pilot_is_left_out_exactly_where_an_f_test_shows_that_it_spreads_less(n):
    ratio = np.sqrt(stats.f.isf(ALIKE, n - 1, 4))
    assert pool(0.99 * ratio, n, 1.0, 5).alike
    unlike = pool(1.01 * ratio, n, 1.0, 5)
    assert (bool(unlike.alike), float(unlike.sd), float(unlike.df)) == (False, 1.01 * ratio, n - 1)


def test_spreads_of_nothing_are_alike_and_a_pilot_of_nothing_is_unlike_runs_that_spread():
    assert pool(0.0, 3, 0.0, 5).alike
    assert not pool(0.1, 3, 0.0, 5).alike
    assert pool(0.0, 3, 0.1, 5).alike


def test_pilots_raise_the_power_of_three_runs_from_about_a_half_to_three_quarters(runs, printed, pilots):
    alone = decide(runs[:, :3].mean(axis=1) - printed, runs[:, :3].std(axis=1, ddof=1), 3, within(WIDE))
    assert np.mean(alone == REPRODUCED) == pytest.approx(0.49, abs=0.01)
    assert np.mean(rate(runs, pilots, -printed, within(WIDE)) == REPRODUCED) == pytest.approx(0.745, abs=0.01)
    assert np.mean(rate(runs, pilots, 2 * WIDE - printed, within(WIDE)) == REFUTED) == pytest.approx(0.845, abs=0.01)


@pytest.mark.parametrize("delta", [0.5, 1, WIDE, 8])
def test_with_pilots_that_are_alike_no_wrong_decision_exceeds_the_level(runs, printed, pilots, delta):
    decided = climb(runs, pilots, delta, within(delta))
    assert np.mean(decided == REPRODUCED) <= LEVEL
    assert np.mean(decided == REFUTED) <= LEVEL
    assert np.mean(climb(runs, pilots, -printed, within(delta)) == REFUTED) <= LEVEL


def test_a_pilot_of_half_the_spread_costs_less_error_with_the_test_than_pooled_blindly(runs, pilots):
    decided = climb(runs, pilots / 2, WIDE, within(WIDE))
    assert np.mean(decided == REPRODUCED) == pytest.approx(0.088, abs=0.005)  # 10.2 % pooled blindly


def test_a_pilot_that_spreads_more_makes_no_verdict_less_careful(runs, pilots):
    decided = climb(runs, 2 * pilots, WIDE, within(WIDE))
    assert np.mean(decided == REPRODUCED) <= 0.02


RUNS = [0.0741, 0.0719, 0.0763]


def test_a_verdict_pools_the_pilot_of_its_own_inputs_and_shows_the_runs_own_spread():
    alone, pooled = verdict(claim(), RUNS), verdict(claim(), RUNS, piloted=pilot(0.1))
    assert alone.outcome == "INCONCLUSIVE"
    assert pooled.outcome == "REPRODUCED"
    assert pooled.sd == alone.sd == pytest.approx(0.22)
    assert pooled.interval[1] < alone.interval[1]
    assert verdict(claim(), RUNS, piloted=pilot(0.1, inputs="others")).interval == alone.interval


def test_a_pilot_of_three_runs_counts_with_its_own_degrees_of_freedom():
    three, five = (verdict(claim(), RUNS, piloted=pilot(0.22, runs=runs)).interval for runs in (3, 5))
    half = stats.t.isf(0.03, 4) * 0.22 / np.sqrt(3)
    assert three == pytest.approx((7.41 - half, 7.41 + half), abs=1e-9)
    assert three[0] < five[0]


def test_a_pilot_that_spreads_too_little_is_not_pooled_and_the_verdict_says_so():
    found = verdict(claim(), RUNS, piloted=pilot(0.01))
    assert found.interval == verdict(claim(), RUNS).interval
    assert "pilot-unlike" in found.qualifiers
    assert (
        "pilot runs vary less than the judged runs (standard deviation 0.01 against 0.22 points; F-test at 5 %)"
        in found.sentence
    )


def test_a_pilot_made_after_the_first_judged_run_is_not_pooled_and_the_verdict_says_so():
    one, shown = claim(), pilot(0.1, made="2026-11-26")
    runs = measured(one.id, RUNS, inputs="these")
    for day, late in (("2026-11-25", True), ("2026-11-26", False)):
        jobs = {key: {"verb": "measure", "name": "n", "run": 1, "when": f"{day}T10:00:00+00:00"} for key in runs.keys}
        found = judge(record((one, runs), pilot={one.id: shown}, jobs=jobs))[0]
        assert ("pilot-late" in found.qualifiers) == late
        assert ("made on 2026-11-26, after the first judged run" in found.sentence) == late


def test_another_reading_takes_its_margin_from_the_pilot_and_not_its_spread():
    one = claim(margin=margin(same_images=True))
    shown = {"values": RUNS, "inputs": "these"}
    variant = MeasuredVariant(readings={"a": "b"}, measurements={one.id: measured(one.id, RUNS, inputs="others")})
    whole = record((one, measured(one.id, **shown)), pilot={one.id: pilot(0.1)}, variants={"a=b": variant})
    chosen, other = judge(whole)[0], judge(whole.under("a=b"))[0]
    assert other.margin == chosen.margin == pytest.approx(1.96 * np.sqrt(2) * 0.1)
    assert other.interval == verdict(claim(), RUNS).interval != chosen.interval
