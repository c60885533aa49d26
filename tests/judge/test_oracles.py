"""The statistics of verdicts against SciPy's and, where it is installed, statsmodels', on random cases to 1e-10."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.judge.looks import alpha
from harness.judge.statistics import REPRODUCED, Region, decide, holm, p_value, wilson_interval

CLOSE = 1e-10
counts = st.integers(1, 20_000).flatmap(lambda images: st.tuples(st.integers(0, images), st.just(images)))
runs = st.lists(st.floats(-100, 100).map(lambda each: round(each, 3)), min_size=3, max_size=10).filter(
    lambda values: np.std(values) > 1e-3
)
p_values = st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=8)


@given(counts, st.floats(0.5, 0.999))
def test_the_wilson_interval_is_that_of_scipy(counted, level):
    count, images = counted
    expected = stats.binomtest(count, images).proportion_ci(level, method="wilson")
    assert wilson_interval(count, images, level) == pytest.approx((expected.low, expected.high), rel=CLOSE, abs=CLOSE)


@given(runs, st.floats(0.01, 50))
def test_a_claim_is_reproduced_just_when_both_one_sided_tests_of_scipy_reject(values, delta):
    n = len(values)
    above = stats.ttest_1samp(values, -delta, alternative="greater").pvalue
    below = stats.ttest_1samp(values, delta, alternative="less").pvalue
    region = Region((-delta, delta), (-delta, delta), printed=False)
    larger = max(above, below)
    if abs(larger - alpha(n)) > CLOSE:
        decided = decide(np.mean(values), np.std(values, ddof=1), n, region) == REPRODUCED
        assert bool(decided) == (larger < alpha(n))


@given(runs, st.floats(0.01, 50))
def test_the_p_value_of_a_refutation_is_that_of_scipy_s_one_sided_test(values, delta):
    region = Region((-delta, delta), (-delta, delta), printed=False)
    expected = min(
        stats.ttest_1samp(values, delta, alternative="greater").pvalue,
        stats.ttest_1samp(values, -delta, alternative="less").pvalue,
    )
    found = p_value(float(np.mean(values)), float(np.std(values, ddof=1)), len(values), region)
    assert found == pytest.approx(expected, rel=CLOSE, abs=CLOSE)


def closed(values, level):
    """Reject what every set of hypotheses with it in rejects, by Bonferroni (Marcus, Peritz and Gabriel 1976)."""
    places = range(len(values))
    sets = [each for size in range(1, len(values) + 1) for each in combinations(places, size)]
    rejected = {each for each in sets if min(values[at] for at in each) <= level / len(each)}
    return tuple(all(each in rejected for each in sets if at in each) for at in places)


@given(p_values, st.floats(0.001, 0.2))
def test_holm_rejects_what_closed_testing_by_bonferroni_rejects(values, level):
    assert holm(values, level) == closed(values, level)


@given(counts, st.floats(0.5, 0.999))
def test_the_wilson_interval_is_that_of_statsmodels(counted, level):
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    expected = proportion.proportion_confint(*counted, alpha=1 - level, method="wilson")
    assert wilson_interval(*counted, level) == pytest.approx(expected, rel=CLOSE, abs=CLOSE)


@given(p_values, st.floats(0.001, 0.2))
def test_holm_rejects_what_that_of_statsmodels_rejects(values, level):
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    assert holm(values, level) == tuple(multitest.multipletests(values, level, method="holm")[0])


@given(runs, st.floats(0.01, 50))
def test_a_claim_is_reproduced_just_when_the_tost_of_statsmodels_rejects(values, delta):
    weightstats = pytest.importorskip("statsmodels.stats.weightstats")
    found = weightstats.DescrStatsW(values).ttost_mean(-delta, delta)[0]
    region = Region((-delta, delta), (-delta, delta), printed=False)
    if abs(found - alpha(len(values))) > CLOSE:
        decided = decide(np.mean(values), np.std(values, ddof=1), len(values), region) == REPRODUCED
        assert bool(decided) == (found < alpha(len(values)))
