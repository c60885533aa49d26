"""What is foretold comes about as often as is said, with the code that judges."""

import numpy as np
import pytest
from records import claim, margin, pilot, verdict

from harness.judge.foresight import foresee, settling_chance
from harness.judge.looks import LADDER
from harness.judge.pooling import pool
from harness.judge.power import power_of
from harness.judge.printed import ONE_RUN
from harness.judge.statistics import OPEN, Region, decide

CLAIMS, PACKS = 47, 300
"""Claims of a pack, all right, and packs."""


def within(delta):
    return Region((-delta, delta), (-delta, delta))


@pytest.fixture(scope="module")
def packs():
    """Margins, runs, printed runs and pilots of packs; margins of the first half are set by their pilots."""
    rng, shape = np.random.default_rng(4), (PACKS, CLAIMS)
    pilots = rng.standard_normal((*shape, 5)).std(axis=-1, ddof=1)
    margins = np.exp(rng.uniform(np.log(0.5), np.log(20), shape))
    margins[:, ::2] = 2.8 * pilots[:, ::2]
    return margins, rng.standard_normal((*shape, 10)), rng.standard_normal(shape), pilots


@pytest.mark.parametrize("n", LADDER)
def test_as_many_claims_stay_open_as_plan_foretells(packs, n):
    margins, runs, printed, pilots = packs
    used = pool(runs[..., :n].std(axis=-1, ddof=1), n, pilots, 5)
    found = decide(runs[..., :n].mean(axis=-1) - printed, used.sd, n, within(margins), df=used.df)
    known = zip(margins[:8].ravel(), pilots[:8].ravel(), strict=True)
    told = sum(foresee(m, sd, n, pilot_runs=5, number=ONE_RUN).open for m, sd in known) / 8
    assert told == pytest.approx(np.mean(found == OPEN) * CLAIMS, rel=0.1)


def test_a_printed_number_lowers_the_power_and_another_measure_does_not():
    printed = power_of(claim(margin=margin(absolute=0.5)), pilot(0.2)).at
    measures = power_of(claim(relation="equivalent_to", margin=margin(absolute=0.5)), pilot(0.2, other=7.0)).at
    assert all(printed[n] < measures[n] for n in LADDER)


def test_a_look_that_is_not_declared_has_no_power():
    ladder = {10: 0.05}
    assert list(power_of(claim(), pilot(0.2), ladder).at) == [10]
    assert foresee(1.0, 0.1, 5, ladder=ladder) == (0.0, 0.0)


def test_of_open_claims_told_a_chance_about_as_many_are_decided_later():
    rng, told, came = np.random.default_rng(6), [], []
    for _ in range(2500):
        delta, pilots = rng.uniform(1.5, 5), rng.standard_normal(5).std(ddof=1)
        runs = rng.standard_normal(10) + rng.uniform(-2, 2) * delta
        used, later = (pool(runs[:n].std(ddof=1), n, pilots, 5) for n in (3, 10))
        if decide(runs[:3].mean(), used.sd, 3, within(delta), df=used.df) == OPEN:
            told.append(settling_chance(runs[:3].mean(), float(used.sd), 3, 10, within(delta), df=float(used.df)))
            came.append(decide(runs.mean(), later.sd, 10, within(delta), df=later.df) != OPEN)
    told, came = np.array(told), np.array(came)
    assert came.mean() == pytest.approx(told.mean(), abs=0.04)
    for low, high in ((0.0, 0.25), (0.25, 0.5), (0.5, 0.75)):
        mine = (told >= low) & (told < high)
        assert came[mine].mean() == pytest.approx(told[mine].mean(), abs=0.09)  # of some hundred claims each


def test_the_chance_is_the_same_each_time():
    assert settling_chance(0.1, 0.4, 3, 10, within(0.5)) == settling_chance(0.1, 0.4, 3, 10, within(0.5))


def test_looks_that_the_record_declares_decide():
    few = verdict(claim(), [0.074, 0.0742, 0.0738, 0.0741], looks=(5,))
    assert (few.reason, few.outcome) == ("too-few-runs", "INCONCLUSIVE")
    assert "5 are needed (`--runs 5`)" in few.sentence
    one, three = (verdict(claim(), [0.074, 0.0742, 0.0738] * 3 + [0.074], looks=looks) for looks in ((10,), (3, 5, 10)))
    assert (one.level, three.level) == (pytest.approx(0.90), pytest.approx(0.984))
    assert one.interval[1] - one.interval[0] < three.interval[1] - three.interval[0]
