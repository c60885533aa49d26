"""Agreement of many numbers: the statistics against SciPy's, and what a right paper gives."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from records import claim, distortion, margin, pilot, verdict
from scipy import stats

from harness.judge.agreement import counts, ranks, scatter, tau_b, z_score
from harness.judge.verdict import CONSTRUCTED, FITTED
from harness.spec.claim import Margin

SAMPLING = Margin.model_validate({"sampling": {"images": 64}, "because": "a test"})
PAIRS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=40)


@given(PAIRS)
def test_tau_is_scipy_s(pairs):
    x, y = zip(*pairs, strict=True)
    expected = stats.kendalltau(x, y).statistic
    found = tau_b(x, y)
    assert math.isnan(expected) if found is None else found == pytest.approx(expected, abs=1e-10)


@given(st.lists(st.tuples(st.floats(0.01, 100), st.floats(0.01, 100)), min_size=3, max_size=30))
def test_slope_and_ratio_are_those_of_the_logarithms(pairs):
    x, y = np.log(np.array(pairs)).T
    assume(len(np.unique(x)) > 2 and np.ptp(x) > 1e-3)
    found = ranks(*zip(*pairs, strict=True))
    assert found.slope == pytest.approx(stats.linregress(x, y).slope, rel=1e-6, abs=1e-9)
    assert found.factor == pytest.approx(np.exp(np.sqrt(np.mean((y - x) ** 2))))


def test_numbers_that_are_all_a_third_higher_keep_order_and_slope():
    found = ranks([1, 2, 4, 8], [4 / 3, 8 / 3, 16 / 3, 32 / 3])
    assert (found.tau, found.slope, found.factor) == (1.0, pytest.approx(1.0), pytest.approx(4 / 3))


def test_zeros_are_ranked_but_have_no_logarithm():
    found = ranks([0, 1, 2, 4], [0, 1, 2, 4])
    assert (found.count, found.positive, found.tau, found.slope) == (4, 3, 1.0, pytest.approx(1.0))
    none = ranks([0, 0, -1], [0, 1, 2])
    assert (none.positive, none.slope, none.factor) == (0, None, None)


def test_equal_numbers_have_no_rank():
    assert ranks([5, 5, 5], [1, 2, 3]).tau is None
    assert ranks([5, 5, 5], [1, 2, 3]).slope is None


def test_a_z_score_is_the_difference_over_the_spread_of_two_runs_of_which_one_is_a_mean():
    values = np.array([0.0741, 0.0739, 0.0743])
    found = verdict(claim(), values)
    sd = 100 * values.std(ddof=1) * math.sqrt(1 + 1 / 3)
    assert z_score(found, 7.0) == pytest.approx((7.41 - 7.0) / sd)
    pooled = verdict(claim(), values, piloted=pilot(0.03))
    sd = math.sqrt((2 * (100 * values.std(ddof=1)) ** 2 + 4 * 0.03**2) / 6 * (1 + 1 / 3))
    assert z_score(pooled, 7.0) == pytest.approx((7.41 - 7.0) / sd)


def test_a_paper_s_smaller_sample_makes_a_smaller_score():
    few, many = (
        verdict(claim(margin=width), (0.0741, 0.0739, 0.0743), of=10_000) for width in (SAMPLING, margin(absolute=0.5))
    )
    extra = 100**2 * 0.0741 * (1 - 0.0741) * (1 / 64 - 1 / 10_000)
    assert few.prediction_sd**2 - many.prediction_sd**2 == pytest.approx(extra)


@pytest.mark.parametrize(
    "found",
    [
        verdict(claim(), [0.074], deterministic=True),
        verdict(claim(), [0.074]),
        verdict(claim()),
        verdict(claim(relation="less_than"), [0.07] * 3, [0.08] * 3),
        verdict(claim(relation="all"), [1.0] * 3),
    ],
)
def test_without_chance_or_a_printed_number_there_is_no_score(found):
    assert z_score(found, 7.4) is None


def test_numbers_of_a_right_paper_scatter_as_said():
    rng, scores = np.random.default_rng(5), []
    for _ in range(2000):
        runs, printed = 0.06 + 0.002 * rng.standard_normal(3), 0.06 + 0.002 * rng.standard_normal()
        shown = pilot(float((0.002 * rng.standard_normal(5)).std(ddof=1)))
        found = verdict(distortion(printed=f"{printed:.6f}", decimals=6), runs, counted=False, piloted=shown)
        scores.append(z_score(found, printed))
    seen = scatter(scores)
    assert seen.count == 2000
    assert seen.rms == pytest.approx(math.sqrt(6 / 4), rel=0.06)
    assert seen.median == pytest.approx(0.7, abs=0.06)


@pytest.mark.parametrize("qualifier", [FITTED, CONSTRUCTED])
def test_numbers_that_were_bound_to_come_out_do_not_count(qualifier):
    found = verdict(claim(), (0.0741, 0.0739, 0.0743))
    assert counts(found)
    assert not counts(found.model_copy(update={"qualifiers": (qualifier,)}))
    assert not counts(verdict(claim()))
