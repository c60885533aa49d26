"""The simulations of error rates run the code that judges: the same runs, put into a record, get the same decisions."""

import math

import numpy as np
import pytest
from records import claim, distortion, margin, measured, record

from harness.judge import judge
from harness.judge.looks import LADDER
from harness.judge.outcome import Outcome
from harness.judge.statistics import OPEN, REFUTED, REPRODUCED, Region, decide

CLAIMS = 60
IMAGES = 256
DECISION = {Outcome.REPRODUCED: REPRODUCED, Outcome.NOT_REPRODUCED: REFUTED, Outcome.INCONCLUSIVE: OPEN}


def judged(make, values, others=None, **given):
    """Judge simulated claims (claims, runs) through records, as ``harness judge`` does."""
    pairs = []
    for at, runs in enumerate(values):
        each = make(f"t/{at}")
        against = None if others is None else list(others[at])
        pairs.append((each, measured(each.id, list(runs), against, **given)))
    return [DECISION[verdict.outcome] for verdict in judge(record(*pairs, runs=values.shape[1]))]


def simulated(differences, region, resolution=0.0):
    """Decide as the simulations in ``test_statistics`` do."""
    n = differences.shape[1]
    sd = np.maximum(differences.std(axis=1, ddof=1), resolution)
    return decide(differences.mean(axis=1), sd, n, region).tolist()


def within(delta, *, printed=True):
    return Region((-delta, delta), (-delta, delta), printed)


def all_three(decided):
    return set(decided) == {REPRODUCED, REFUTED, OPEN}


@pytest.mark.parametrize("n", LADDER)
def test_rates_counted_on_images_are_decided_alike(n):
    truth = np.repeat([0.1, 0.14, 0.3], CLAIMS // 3)[:, None]
    counts = np.random.default_rng(n).binomial(IMAGES, truth, (CLAIMS, n)) / IMAGES
    found = judged(lambda name: claim(name, printed="10.0", margin=margin(absolute=6.0)), counts, of=IMAGES)
    assert found == simulated(100 * counts - 10, within(6), 100 / IMAGES)
    assert all_three(found)


@pytest.mark.parametrize("n", LADDER)
def test_distortions_are_decided_alike(n):
    truth = np.repeat([0.062, 0.0713, 0.1], CLAIMS // 3)[:, None]
    values = truth + np.random.default_rng(n).normal(0, 0.002, (CLAIMS, n))
    found = judged(distortion, values, counted=False, found=1.0)
    assert found == simulated(values - 0.062, within(0.15 * 0.062))
    assert all_three(found)


@pytest.mark.parametrize("n", LADDER)
def test_paired_orders_of_counts_are_decided_alike(n):
    rng = np.random.default_rng(n)
    truth = np.repeat([-0.1, 0.0, 0.1], CLAIMS // 3)[:, None]
    easy = rng.uniform(0.2, 0.6, (CLAIMS, n))  # how hard a run's images are, for both alike
    one = np.round(IMAGES * (easy + truth + rng.normal(0, 0.01, easy.shape))) / IMAGES
    other = np.round(IMAGES * easy) / IMAGES
    found = judged(lambda name: claim(name, relation="less_than"), one, other, of=IMAGES)
    order = Region((-math.inf, 0.0), (-math.inf, 0.0), printed=False)
    assert found == simulated(100 * (one - other), order, math.sqrt(2) * 100 / IMAGES)
    assert all_three(found)


def test_runs_beyond_the_rung_that_is_reached_are_left_for_the_next():
    values = np.random.default_rng(0).normal(0.074, 0.003, (CLAIMS, 4))
    found = judged(claim, values, counted=False)
    assert found == simulated(100 * values[:, :3] - 7.4, within(0.5))
