"""Power from a pilot, compared with the code that judges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import claim, distortion, margin, measured, pilot, verdict

from harness.judge.looks import LADDER, LAST
from harness.judge.observed import observe_pilot
from harness.judge.outcome import Outcome
from harness.judge.pooling import pool
from harness.judge.power import power_of, spread_of
from harness.judge.statistics import OPEN, REPRODUCED, Region, decide
from harness.spec.claim import Margin

SAMPLING = Margin.model_validate({"sampling": {"images": 256}, "because": "a test"})
EQUAL = {"relation": "equivalent_to", "margin": margin(relative=0.1)}


@pytest.mark.parametrize("n", LADDER)
def test_the_power_is_how_often_runs_of_a_right_paper_are_reproduced(n):
    found = power_of(claim(margin=margin(absolute=0.5)), pilot(0.2))
    rng, trials = np.random.default_rng(1), 100_000
    true = 0.2 * np.sqrt(4 / rng.chisquare(4, trials))  # what a pilot of five that spreads by 0.2 leaves open
    runs = true[:, None] * rng.standard_normal((trials, n + 1))
    difference, sd = runs[:, :n].mean(axis=1) - runs[:, n], runs[:, :n].std(axis=1, ddof=1)
    used = pool(sd, n, 0.2, 5)
    drawn = decide(difference, used.sd, n, Region((-0.5, 0.5), (-0.5, 0.5)), df=used.df)
    assert found.at[n] == pytest.approx(np.mean(drawn == REPRODUCED), abs=0.01)
    assert found.open_at[n] == pytest.approx(np.mean(drawn == OPEN), abs=0.01)


def test_a_spread_as_wide_as_the_margin_is_below_the_noise_and_a_narrow_one_is_not():
    made = claim(margin=margin(absolute=0.5))
    assert power_of(made, pilot(1.0)).below_noise
    assert power_of(made, pilot(1.0)).at[LAST] < 0.5
    assert not power_of(made, pilot(0.1)).below_noise
    assert power_of(made, pilot(0.0)).at == dict.fromkeys(LADDER, 1.0)


@given(st.floats(0.001, 10), st.floats(1.01, 3))
def test_a_wider_spread_never_raises_the_power_and_more_runs_never_lower_it(sd, factor):
    made = claim(margin=margin(absolute=0.5))
    narrow, wide = power_of(made, pilot(sd)).at, power_of(made, pilot(factor * sd)).at
    assert all(wide[n] <= narrow[n] + 1e-9 for n in LADDER)
    assert all(0 <= each <= 1 for each in wide.values())


@pytest.mark.parametrize("relation", ["at_most", "at_least", "less_than", "greater_than", "all"])
def test_no_power_is_given_where_the_paper_does_not_say_how_far_off_the_truth_lies(relation):
    assert power_of(claim(relation=relation), pilot(0.2, other=7.0)).at == {}


def test_no_power_is_given_without_a_pilot():
    found = power_of(claim(), None)
    assert (found.margin, found.at, found.below_noise) == (0.5, {}, False)


@pytest.mark.parametrize(
    ("made", "shown", "values", "others"),
    [
        (claim(margin=SAMPLING), pilot(0.3), (0.07, 0.072, 0.074), None),
        (distortion(margin=SAMPLING), pilot(0.003, images_sd=0.02), (0.06, 0.061, 0.062), None),
        (claim(**EQUAL), pilot(0.3, other=7.0), (0.07, 0.072, 0.074), (0.07, 0.07, 0.07)),
        (claim(relation="greater_than"), pilot(0.3, other=7.0), (0.07, 0.072, 0.074), (0.06, 0.06, 0.06)),
        (claim(relation="at_most", printed="7.5"), pilot(0.3), (0.07, 0.072, 0.074), None),
    ],
)
def test_the_margin_foreseen_is_the_margin_judged_by(made, shown, values, others):
    judged = verdict(made, values, others, piloted=shown)
    assert judged.outcome is not Outcome.NOT_RUN
    assert power_of(made, shown).margin == (judged.margin if judged.margin is None else pytest.approx(judged.margin))


@pytest.mark.parametrize("made", [claim(**EQUAL), distortion(margin=SAMPLING)])
def test_a_margin_that_refers_to_what_is_not_measured_yet_is_not_foreseen(made):
    assert power_of(made, None).margin is None


def test_the_spread_is_over_every_pilot_run_and_no_other():
    values = [0.07, 0.071, 0.073, 0.076]  # four: between two rungs of the ladder
    piloted = measured("t/c", values, first=1000)
    mixed = piloted.model_copy(update={"runs": (*measured("t/c", [0.5, 0.9]).runs, *piloted.runs)})
    found = spread_of(observe_pilot(claim(), mixed), "these")
    assert (found.runs, found.inputs, found.images_sd, found.other) == (4, "these", None, None)
    assert found.sd == pytest.approx(100 * np.std(values, ddof=1))


def test_the_spread_of_two_measures_is_that_of_their_paired_difference():
    values, others = np.array([0.05, 0.20, 0.35]), np.array([0.06, 0.212, 0.361])
    made = claim(relation="less_than")
    found = spread_of(observe_pilot(made, measured(made.id, values, others, first=1000)), "these")
    assert found.sd == pytest.approx(100 * np.std(values - others, ddof=1))
    assert found.other == pytest.approx(100 * others.mean())


def test_counts_that_agree_to_the_image_spread_by_one():
    found = spread_of(observe_pilot(claim(), measured("t/c", [0.074] * 3, of=1000, first=1000)), "these")
    assert found.sd == pytest.approx(0.1)


def test_the_spread_over_images_is_the_root_of_the_mean_variance():
    made = distortion()
    piloted = measured(made.id, [0.06, 0.061, 0.062], counted=False, first=1000)
    sides = [
        run.measured.model_copy(update={"spread": s}) for run, s in zip(piloted.runs, (0.01, 0.02, 0.03), strict=True)
    ]
    runs = tuple(run.model_copy(update={"measured": s}) for run, s in zip(piloted.runs, sides, strict=True))
    found = spread_of(observe_pilot(made, piloted.model_copy(update={"runs": runs})), "these")
    assert found.images_sd == pytest.approx(np.sqrt(np.mean(np.square([0.01, 0.02, 0.03]))))


@pytest.mark.parametrize("given", [{"values": [0.07, 0.08]}, {"values": [0.07] * 3, "deterministic": True}])
def test_two_runs_or_none_random_tell_no_spread(given):
    assert spread_of(observe_pilot(claim(), measured("t/c", first=1000, **given)), "these") is None


def test_runs_that_are_judged_are_no_pilot():
    assert observe_pilot(claim(), measured("t/c", [0.07] * 5)) is None
