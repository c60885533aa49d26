"""Moves are paired by run, their intervals are those of SciPy, and readings without effect are seldom said to have one."""

import numpy as np
import pytest
from records import claim, distortion, margin, measured, pilot, record
from scipy import stats

from harness.judge import judge
from harness.judge.moves import Move, move
from harness.judge.sensitivity import sensitivities
from harness.record.model import MeasuredVariant

CLAIM = claim()
USUAL, OTHER = (0.07, 0.08, 0.06, 0.075), (0.09, 0.085, 0.08, 0.10)


def runs(values, **given):
    return measured("t/c", values, counted=False, **given)


@pytest.mark.parametrize("error", [0.05, 0.005])
def test_the_interval_is_that_of_the_paired_t_test(error):
    found = move(CLAIM, runs(USUAL), runs(OTHER))
    theirs = stats.ttest_rel(OTHER, USUAL).confidence_interval(1 - error)
    half = found.half_width(error)
    assert found.change - half == pytest.approx(100 * theirs.low, abs=1e-10)
    assert found.change + half == pytest.approx(100 * theirs.high, abs=1e-10)


def test_runs_are_paired_by_number_and_pilot_runs_are_left_out():
    found = move(CLAIM, runs(USUAL), runs(OTHER[:3], first=2))
    assert found.steps == pytest.approx({2: 1.0, 3: 2.5, 4: 0.5})
    assert move(CLAIM, runs(USUAL, first=1000), runs(OTHER, first=1000)) is None
    assert move(CLAIM, None, runs(OTHER)) is None


def test_two_deterministic_numbers_have_one_exact_difference():
    found = move(CLAIM, runs(USUAL[:1], deterministic=True), runs(OTHER[:1], deterministic=True))
    assert (found.change, found.half_width()) == (pytest.approx(2.0), 0.0)
    assert found.within((-2.5, 2.5))
    assert found.beyond((-1.5, 1.5))


def test_a_deterministic_number_stands_beside_every_run_of_the_other():
    one = move(CLAIM, runs(USUAL[:1], deterministic=True), runs(OTHER))
    assert one.steps == pytest.approx({k: 100 * (each - USUAL[0]) for k, each in enumerate(OTHER, 1)})
    two = move(CLAIM, runs(USUAL), runs(OTHER[:1], deterministic=True))
    assert two.steps == pytest.approx({k: 100 * (OTHER[0] - each) for k, each in enumerate(USUAL, 1)})
    assert one.half_width() > 0


def test_of_a_single_pair_nothing_is_said():
    found = move(CLAIM, runs(USUAL), runs(OTHER[:1]))
    assert found.half_width() is None
    assert not found.within((-99, 99))
    assert not found.beyond((-1, 1))


def test_counts_that_agree_are_as_uncertain_as_wilsons_interval_of_none_of_all_images():
    found = move(CLAIM, measured("t/c", (1.0,) * 3, of=256), measured("t/c", (1.0,) * 3, of=256))
    z = stats.norm.ppf(0.975)
    assert found.half_width() == pytest.approx(100 * z**2 / (768 + z**2))


def test_the_move_from_one_reading_to_another_is_paired_too():
    first, second = Move({1: 1.0, 2: 2.0, 3: 3.0}), Move({2: 2.5, 3: 3.0, 4: 9.0})
    assert second.since(first).steps == {2: 0.5, 3: 0.0}
    assert Move({5: 1.0}).since(first) is None
    assert first.since(Move({1: 1.0}, exact=True)).steps == {1: 0.0, 2: 1.0, 3: 2.0}


@pytest.mark.parametrize(
    ("width", "off", "own"), [(0.5, 0.0, 3), (2.8, 2.8, 3), (2.8, 1.4, 10), (10.0, 10.0, 3), (10.0, 10.0, 10)]
)
def test_of_readings_without_effect_fewer_than_one_claim_in_twenty_is_called_choice_dependent(width, off, own):
    """Seven readings that draw runs of their own; the chosen readings may have more runs, and a pooled spread."""
    rng, sd, trials = np.random.default_rng(round(10 * (width + off)) + own), 0.001, 250
    one, found = distortion(printed="0.062", decimals=3, margin=margin(absolute=width * sd)), []
    for _ in range(trials):
        kept = record(
            (one, measured(one.id, _draw(rng, off * sd, sd, own), counted=False, found=1.0, inputs="these")),
            pilot={one.id: pilot(float(_draw(rng, 0.0, sd, 5).std(ddof=1)))},
            variants={
                f"decay={k}": MeasuredVariant(
                    readings={"decay": str(k)},
                    measurements={one.id: measured(one.id, _draw(rng, off * sd, sd, 3), counted=False, found=1.0)},
                )
                for k in range(7)
            },
        )
        found.append(sensitivities(kept, judge(kept))[one.id].qualifier)
    # Three standard errors of 5 % of so many trials.
    assert found.count("choice-dependent") / trials < 0.05 + 3 * (0.05 * 0.95 / trials) ** 0.5
    if off == width:
        assert found.count("robust") / trials < 0.1  # at the edge hardly any verdict is decided


def _draw(rng, off, sd, n):
    return 0.062 + off + sd * rng.standard_normal(n)
