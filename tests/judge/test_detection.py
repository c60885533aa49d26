"""A difference said to be detectable is refuted as often as is said, with the code that judges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import claim, margin, pilot

from harness.judge.detection import DETECTED, detectable
from harness.judge.looks import LADDER
from harness.judge.pooling import pool
from harness.judge.power import power_of
from harness.judge.printed import MeanOf
from harness.judge.statistics import REFUTED, Region, decide
from harness.kinds.relation import relations

TRIALS = 20_000
TWO_SIDED = Region((-2.0, 2.0), (-2.0, 2.0))
REGIONS = {
    "two-sided": TWO_SIDED,
    "a margin below the noise": Region((-0.3, 0.3), (-0.3, 0.3)),
    "an upper bound": Region((-np.inf, 0.05), (-np.inf, 2.0)),
    "a lower bound": Region((-0.05, np.inf), (-2.0, np.inf)),
    "an order": Region((0.0, np.inf), (-0.5, np.inf), printed=False),
    "two measures": Region((-2.0, 2.0), (-2.0, 2.0), printed=False),
}


@pytest.mark.parametrize("n", LADDER)
@pytest.mark.parametrize("region", REGIONS.values(), ids=REGIONS)
def test_what_is_detectable_is_refuted_in_eighty_percent_of_audits(region, n):
    rng, pilots = np.random.default_rng(3), 100
    refuted = []
    for seen in rng.standard_normal((pilots, 5)).std(axis=1, ddof=1):  # of a true spread of 1
        size = detectable(region, float(seen), n, pilot_runs=5)
        sign = 1 if np.isfinite(region.refute[1]) else -1
        runs = sign * size + rng.standard_normal((TRIALS // pilots, n))
        used = pool(runs.std(axis=1, ddof=1), n, seen, 5)
        refuted.append(np.mean(decide(runs.mean(axis=1), used.sd, n, region, df=used.df) == REFUTED))
    assert np.mean(refuted) == pytest.approx(DETECTED, abs=0.04)


@pytest.mark.parametrize("n", LADDER)
def test_a_paper_s_smaller_sample_hides_more(n):
    plain, small = (detectable(TWO_SIDED, 0.5, n, pilot_runs=5, number=MeanOf(extra=extra)) for extra in (0.0, 4.0))
    assert small > plain


@settings(max_examples=25)
@given(st.floats(0.01, 5), st.floats(1.01, 3))
def test_more_spread_hides_more(sd, factor):
    quiet, noisy = (detectable(TWO_SIDED, each, 3, pilot_runs=5) for each in (sd, factor * sd))
    assert 2 < quiet < noisy


def test_more_runs_at_one_look_show_more():
    three, ten = (detectable(TWO_SIDED, 1.0, n, pilot_runs=5, ladder={n: 0.05}) for n in (3, 10))
    assert ten < three


def test_without_spread_all_beyond_the_margin_is_detected():
    assert detectable(TWO_SIDED, 0.0, 3, pilot_runs=5) == 2.0


def test_below_the_first_look_nothing_is_detected():
    assert detectable(TWO_SIDED, 0.1, 2, pilot_runs=5) is None


def test_a_difference_that_the_measure_cannot_show_is_not_detectable():
    assert detectable(TWO_SIDED, 1.0, 3, pilot_runs=5, possible=(-1.0, 3.0)) is None
    one_side = power_of(claim(printed="100", margin=margin(absolute=0.5)), pilot(0.2)).detects
    both = power_of(claim(printed="50", margin=margin(absolute=0.5)), pilot(0.2)).detects
    assert one_side == both  # downwards alone, as far as either way
    assert set(power_of(claim(printed="0.2", margin=margin(absolute=60)), pilot(30.0)).detects.values()) == {None}


@pytest.mark.parametrize("word", relations())
def test_every_relation_that_runs_decide_says_what_it_detects(word):
    found = power_of(claim(relation=word), pilot(0.2, other=7.0)).detects
    if relations()[word].exception_refutes:
        assert found == {}
    else:
        assert list(found) == list(LADDER)
        assert all(size > 0 for size in found.values())


def test_nothing_is_said_to_be_detected_without_a_pilot_or_a_margin_that_is_known():
    assert power_of(claim(), None).detects == {}
    assert power_of(claim(relation="equivalent_to", margin=margin(relative=0.1)), pilot(0.2)).detects == {}
