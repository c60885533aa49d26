"""Equivalence of two means: SciPy's two-sample t-tests are the oracle, simulation the judge of the error rates."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from harness.judge.equivalence import Mean, equivalence

LISTS = st.lists(st.floats(-10, 10), min_size=2, max_size=6).filter(lambda values: np.std(values) > 1e-3)


def mean(values):
    return Mean(float(np.mean(values)), len(values), float(np.std(values, ddof=1)), len(values) - 1.0)


@given(LISTS, LISTS, st.floats(0.1, 5), st.floats(0.01, 0.2))
def test_both_one_sided_tests_of_scipy_decide_likewise(one, two, width, level):
    found = equivalence(mean(one), mean(two), (-width, width), level)
    lower = ttest_ind(np.add(two, width), one, alternative="greater").pvalue
    upper = ttest_ind(np.subtract(two, width), one, alternative="less").pvalue
    if min(abs(lower - level), abs(upper - level)) > 1e-9:
        assert found.same == (max(lower, upper) < level)
    beyond = min(
        ttest_ind(np.subtract(two, width), one, alternative="greater").pvalue,
        ttest_ind(np.add(two, width), one, alternative="less").pvalue,
    )
    assert found.p_value == pytest.approx(beyond, abs=1e-10)
    if abs(beyond - level) > 1e-9:
        assert found.differ == (beyond < level)
    ends = ttest_ind(two, one).confidence_interval(1 - 2 * level)
    assert found.interval == pytest.approx((ends.low, ends.high), abs=1e-9)


@given(LISTS, LISTS, st.floats(0.1, 5))
def test_to_swap_the_two_changes_the_sign_alone(one, two, width):
    there, back = (equivalence(*pair, (-width, width)) for pair in ((mean(one), mean(two)), (mean(two), mean(one))))
    assert (there.same, there.differ) == (back.same, back.differ)
    assert there.difference == pytest.approx(-back.difference)


@pytest.mark.parametrize(("true", "wrong"), [(1.0, "same"), (1.0, "differ"), (0.0, "differ")])
def test_a_true_difference_at_the_margin_is_called_the_same_or_another_in_at_most_5_percent(true, wrong):
    rng, trials = np.random.default_rng(5), 4000
    values = rng.normal(0, 0.4, (trials, 8)) + np.repeat([0, true], [3, 5])
    found = [getattr(equivalence(mean(row[:3]), mean(row[3:]), (-1, 1)), wrong) for row in values]
    assert np.mean(found) <= 0.05 + 4 * math.sqrt(0.05 / trials)


def test_where_nothing_is_random_the_difference_itself_decides():
    one, two, far = (Mean(value, 1, 0.0, 0.0) for value in (7.4, 7.9, 7.91))
    assert equivalence(one, two, (-0.5, 0.5)).same
    assert equivalence(one, far, (-0.5, 0.5)).differ
    assert equivalence(one, far, (-0.5, 0.5)).interval is None


def test_one_random_run_each_shows_nothing_and_beside_several_it_takes_their_spread():
    alone, several, exact = Mean(7.4, 1, None, 0.0), Mean(7.4, 3, 0.1, 2.0), Mean(7.4, 1, 0.0, 0.0)
    assert not equivalence(alone, alone, (-9, 9)).same
    assert not equivalence(alone, exact, (-9, 9)).same
    wide, narrow = (equivalence(each, several, (-9, 9)).interval for each in (alone, exact))
    assert wide[1] / narrow[1] == pytest.approx(math.sqrt((1 + 1 / 3) / (1 / 3)))
