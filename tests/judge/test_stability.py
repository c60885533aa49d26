"""Stability: which runs are called far from all others, and how often runs that are alike are."""

import re

import numpy as np
import pytest
from records import claim, margin, measured, pilot, verdict

from harness.judge.observed import observe
from harness.judge.outcome import Outcome
from harness.judge.stability import FAR, RARE, far_run, limit

PILOT = pilot(0.1, mean=7.4)
POINTS = {"margin": margin(absolute=5)}


def far(values, known=None, of=100_000):
    one = claim()
    return far_run(observe(one, measured(one.id, values, of=of)), known, one.expected.number)


def test_each_run_is_held_against_the_standard_deviation_of_all_others_and_of_the_pilot():
    values, theirs = np.array([7.40, 7.46, 8.20]), np.array([7.3, 7.35, 7.4, 7.45, 7.5])
    known = pilot(float(theirs.std(ddof=1)), mean=float(theirs.mean()))
    found = far(list(values / 100), known)
    rest = np.concatenate([values[:2], theirs])  # an oracle that has every run
    assert found.run == 3
    assert found.others == 7
    assert found.value == pytest.approx(8.20 - 7.4)
    assert found.mean == pytest.approx(rest.mean() - 7.4)
    assert found.distance == pytest.approx((8.20 - rest.mean()) / rest.std(ddof=1))


@pytest.mark.parametrize(("points", "unstable"), [(4.9, False), (5.0, False), (5.1, True)])
def test_a_run_is_far_off_beyond_five_standard_deviations_of_seven_others(points, unstable):
    values = np.array([7.3, 7.5, 7.4 + 0.1 * points])
    assert (far(list(values / 100), pilot(0.1, mean=7.4)) is not None) == unstable


def test_with_few_others_a_run_must_lie_as_far_as_chance_seldom_takes_it():
    assert limit(1, 2) == np.inf
    assert limit(2, 3) > 200
    assert limit(7, 3) == pytest.approx(FAR, abs=0.05)
    assert limit(12, 10) == FAR
    assert far([0.0740, 0.0741, 0.0760]) is None  # nineteen points of a hundredth: chance, of three
    assert far([0.0740, 0.0741, 0.9]).run == 3


def test_a_spread_below_the_resolution_of_a_count_makes_no_run_far_off():
    assert far([0.07, 0.07, 0.075], pilot(0.0, mean=7.0), of=1000) is None  # five images of a thousand
    assert far([0.07, 0.07, 0.08], pilot(0.0, mean=7.0), of=1000).distance == pytest.approx(10)


def test_a_pilot_whose_mean_is_not_known_is_not_among_the_others():
    assert far([0.0740, 0.0741, 0.0760], pilot(0.1)) is None
    assert far([0.0740, 0.0741, 0.0900], PILOT).others == 7


@pytest.mark.parametrize(("runs", "piloted"), [(3, True), (3, False), (5, True), (10, False)])
def test_runs_that_are_alike_are_called_unstable_in_at_most_one_claim_of_a_hundred(runs, piloted):
    rng, called, trials = np.random.default_rng(runs), 0, 2000
    for _ in range(trials):
        values, theirs = 50 + rng.standard_normal(runs), 50 + rng.standard_normal(5)
        known = pilot(float(theirs.std(ddof=1)), mean=float(theirs.mean())) if piloted else None
        called += far(list(values / 100), known, of=10**9) is not None
    assert called / trials < RARE + 3 * np.sqrt(RARE / trials)


def test_the_run_is_named_in_a_sentence_and_the_verdict_is_as_it_was():
    steady = verdict(claim(**POINTS), [0.0740, 0.0741, 0.0742], piloted=PILOT)
    found = verdict(claim(**POINTS), [0.0740, 0.0741, 0.0842], piloted=PILOT)
    assert "unstable" not in steady.qualifiers
    assert "unstable" in found.qualifiers
    assert found.outcome is Outcome.REPRODUCED
    assert re.search(
        r"Run 3 \(8\.42 %\) is an outlier: it lies 12\.\d standard deviations of the 7 other runs \(pilot runs included\) from "
        r"their mean \(7\.40 %\)\. The verdict may depend on this run\.",
        found.sentence,
    )


def test_a_difference_of_two_measures_is_held_against_those_of_the_pilot():
    given = {"relation": "equivalent_to", **POINTS}
    known = pilot(0.1, mean=9.4, other=7.4)
    steady = verdict(claim(**given), [0.0941, 0.0939, 0.0940], [0.074] * 3, piloted=known)
    found = verdict(claim(**given), [0.0941, 0.0939, 0.1040], [0.074] * 3, piloted=known)
    assert "unstable" not in steady.qualifiers
    assert "Run 3 (3.00 points)" in found.sentence


def test_nothing_is_far_off_where_nothing_is_random_or_every_image_decides():
    assert "unstable" not in verdict(claim(), [0.074, 0.9], deterministic=True).qualifiers
    every = claim(relation="all", metric="success-rate", attack="a", unit="fraction")
    assert "unstable" not in verdict(every, [1.0, 1.0, 0.5], piloted=pilot(0.0, mean=1.0)).qualifiers
