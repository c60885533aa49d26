"""Comparing two records: the same, different, or not shown, by the claim's own margin; and when that is a real change."""

import numpy as np
import pytest
from records import NEAR, claim, distortion, margin, measured, record

import harness
from harness.errors import UsageError
from harness.judge.comparing import Likeness, compare, tally_of

FAR = (0.0841, 0.0839, 0.0843)


def of(values, one=None, others=None, *, seed="", **given):
    """A record of one claim; the runs of another seed are other jobs."""
    one = one or claim()
    runs = measured(one.id, values, others, **given)
    sides = [
        run.model_copy(update={"measured": run.measured.model_copy(update={"keys": (f"{seed} {run.run}",)})})
        for run in runs.runs
    ]
    return record((one, runs.model_copy(update={"runs": tuple(sides)})))


def likeness(a, b):
    (found,) = compare(a, b).claims
    return found.likeness


def test_a_record_is_the_same_as_itself_however_noisy_its_runs():
    noisy = of((0.02, 0.2, 0.1))
    found = compare(noisy, noisy)
    assert found.claims[0].likeness is Likeness.SAME
    assert "3 runs, equal bit for bit" in found.claims[0].because
    assert (found.provenance, found.divergences, found.changed, found.status) == ((), (), (), 0)


def test_runs_of_another_seed_within_the_margin_are_shown_to_be_the_same():
    found = compare(of(NEAR), of((0.0742, 0.0738, 0.0744), seed="2"))
    assert found.claims[0].likeness is Likeness.SAME
    assert found.claims[0].shown.interval is not None
    assert found.status == 0


def test_means_beyond_the_margin_differ_and_that_is_a_real_change():
    found = compare(of(NEAR), of(FAR, seed="2"))
    assert found.claims[0].likeness is Likeness.DIFFERS
    assert found.claims[0].shown.difference == pytest.approx(1.0)
    assert found.claims[0].flipped
    assert (found.changed, found.status) == (("t/c",), 1)


def test_runs_that_spread_too_far_show_nothing_and_are_no_real_change():
    found = compare(of((0.070, 0.074, 0.078)), of((0.072, 0.076, 0.080), seed="2"))
    assert found.claims[0].likeness is Likeness.NOT_SHOWN
    assert found.status == 0


def test_the_margin_is_the_claim_s_own():
    wide = claim(margin=margin(absolute=3))
    assert likeness(of(NEAR, wide), of(FAR, wide, seed="2")) is Likeness.SAME


def test_a_verdict_that_flips_is_a_real_change_even_where_the_means_are_the_same():
    near, moved = claim(), claim(printed="8.4")
    found = compare(of(NEAR, near), of((0.0742, 0.0738, 0.0744), moved, seed="2"))
    assert found.claims[0].likeness is Likeness.SAME
    assert (found.claims[0].flipped, found.status) == (True, 1)
    assert ("printed of t/c", "7.4 %", "8.4 %") in [(each.what, each.a, each.b) for each in found.provenance]


def test_where_nothing_is_random_one_value_each_is_compared_exactly():
    exact = {"deterministic": True}
    assert likeness(of([0.074], **exact), of([0.074], seed="2", **exact)) is Likeness.SAME
    assert likeness(of([0.074], **exact), of([0.079], seed="2", **exact)) is Likeness.SAME
    found = compare(of([0.074], **exact), of([0.0791], seed="2", **exact))
    assert (found.claims[0].likeness, found.status) == (Likeness.DIFFERS, 1)


def test_a_claim_measured_in_one_record_alone_is_said_to_be_there_alone():
    none = record((claim(), None))
    assert likeness(of(NEAR), none) is Likeness.ONLY_A
    assert likeness(none, of(NEAR)) is Likeness.ONLY_B
    assert likeness(none, none) is Likeness.NOT_SHOWN
    found = compare(of(NEAR), of(NEAR, claim("t/other")))
    assert [(each.claim, each.likeness) for each in found.claims] == [
        ("t/c", Likeness.ONLY_A),
        ("t/other", Likeness.ONLY_B),
    ]
    assert found.status == 0
    assert tally_of(found.claims) == "1 only in A, 1 only in B"


def test_an_order_without_a_margin_differs_only_where_the_verdicts_are_opposite():
    order, low, high = claim(relation="less_than"), (0.05, 0.051, 0.052), (0.09, 0.091, 0.092)
    one, alike = of(low, order, high), of((0.052, 0.051, 0.050), order, high, seed="2")
    assert likeness(one, alike) is Likeness.NOT_SHOWN
    found = compare(one, of(high, order, low, seed="2"))
    assert (found.claims[0].likeness, found.status) == (Likeness.DIFFERS, 1)


def test_a_statement_on_every_image_is_the_same_where_it_holds_in_both():
    every = claim(relation="all")
    assert likeness(of((1.0, 1.0, 1.0), every), of((1.0, 1.0, 1.0), every, seed="2")) is Likeness.SAME
    assert likeness(of((1.0, 1.0, 1.0), every), of((1.0, 0.9, 1.0), every, seed="2")) is Likeness.DIFFERS


def test_a_rehearsal_another_metric_and_a_failure_are_not_compared():
    assert likeness(of(NEAR), of(NEAR, seed="2", comparable=False)) is Likeness.NOT_SHOWN
    other = claim(metric="success-rate")
    assert likeness(of(NEAR), of(NEAR, other, seed="2")) is Likeness.NOT_SHOWN


def test_among_many_claims_that_changed_by_their_margin_few_audits_end_with_1():
    """Every claim moved to the very edge of its margin: by Holm at most one comparison in twenty is a real change."""
    rng, ended, trials = np.random.default_rng(7), [], 200
    claims = [distortion(f"t/{name}", printed="0.5", margin=margin(absolute=0.1)) for name in range(10)]
    for _ in range(trials):
        one, two = (
            record(*((each, measured(each.id, list(rng.normal(centre, 0.05, 3)), counted=False)) for each in claims))
            for centre in (0.5, 0.6)
        )
        found = compare(one, two)
        ended.append(bool({each.claim for each in found.claims if not each.flipped} & set(found.changed)))
    assert np.mean(ended) <= 0.05 + 3 * np.sqrt(0.05 / trials)


def test_from_python_two_records_are_compared_and_anything_else_is_refused():
    assert isinstance(harness.compare(of(NEAR), of(NEAR)), harness.Comparison)
    with pytest.raises(UsageError, match="compare: expected a record"):
        harness.compare(of(NEAR), "reports/paper")
