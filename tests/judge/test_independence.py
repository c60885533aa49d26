"""Runs that drew the same are one run counted twice."""

import pytest
from records import NEAR, claim, measured, record

from harness.judge import judge
from harness.judge.outcome import Outcome
from harness.record.measurement import Missing
from harness.spec.sample import Sample


def jobs(results, verb="train", name="m", runs=(1, 2, 3), **facts):
    """The jobs behind three runs of t/c: a measure each, made from one job whose arrays have the digest given."""
    made = {
        f"{verb} {at}": {"verb": verb, "name": name, "run": run, "result": result, "inputs": []} | facts
        for at, (run, result) in enumerate(zip(runs, results, strict=True), 1)
    }
    return made | {
        f"t/c {at}": {"verb": "measure", "name": "error", "run": None, "inputs": [f"{verb} {at}"]} for at in (1, 2, 3)
    }


def judged(behind, **given):
    return judge(record((claim(), measured("t/c", NEAR, **given)), jobs=behind))[0]


@pytest.mark.parametrize("verb", ["train", "select"])
def test_two_runs_that_drew_the_same_to_the_last_bit_are_invalid(verb):
    found = judged(jobs("aba", verb))
    assert (found.outcome, found.reason) == (Outcome.NOT_RUN, "invalid")
    assert found.sentence.startswith("Runs 1 and 3 ")
    assert "share a seed" in found.sentence


def test_runs_that_each_drew_their_own_are_judged():
    assert judged(jobs("abc")).outcome is Outcome.REPRODUCED


def test_runs_with_one_value_are_judged_where_what_they_drew_differs():
    same = judge(record((claim(), measured("t/c", [0.074] * 3)), jobs=jobs("abc")))[0]
    assert same.outcome is Outcome.REPRODUCED


def test_a_network_that_draws_nothing_is_rightly_the_same_in_every_run():
    assert judged(jobs("aaa", runs=(None, None, None))).outcome is Outcome.REPRODUCED


def test_a_record_without_digests_of_what_was_drawn_is_judged_as_ever():
    assert judged(jobs("aaa", result=None)).outcome is Outcome.REPRODUCED
    assert judged({}).outcome is Outcome.REPRODUCED


def test_an_attack_may_end_in_the_same_images_from_many_random_starts():
    assert judged(jobs("aaa", "craft")).outcome is Outcome.REPRODUCED


def test_a_handful_of_images_may_be_drawn_twice_by_chance():
    assert judged(jobs("aaa", "select"), of=4, counted=False).outcome is Outcome.REPRODUCED


def test_a_shared_draw_is_found_however_far_behind_the_value_it_lies():
    behind = jobs("abc", "craft") | {
        f"deep {run}": {"verb": "train", "name": "far", "run": run, "result": "one", "inputs": []} for run in (1, 2, 3)
    }
    for run in (1, 2, 3):
        behind[f"craft {run}"]["inputs"] = [f"deep {run}"]
    found = judged(behind)
    assert found.reason == "invalid"
    assert "(far)" in found.sentence


def test_what_other_claims_drew_is_none_of_this_claim_s_business():
    others = {f"x {run}": {"verb": "train", "name": "x", "run": run, "result": "one"} for run in (1, 2)}
    assert judged(jobs("abc") | others).outcome is Outcome.REPRODUCED


def chosen(*taken, run=(1, 2, 3), **facts):
    """The jobs behind three runs of t/c: each run's sample took so many images of so many."""
    behind = jobs("abc", "select", runs=run, **facts)
    for at, (images, of) in enumerate(taken, 1):
        behind[f"select {at}"] |= {"images": images, "of": of}
    return behind


ASKS = {"sample": Sample(count=10_000, which="correct")}


def judged_asking(behind, each=None, values=NEAR, **given):
    each = each or claim(**ASKS)
    return judge(record((each, measured("t/c", values, **given)), jobs=behind))[0]


def test_runs_whose_sample_took_all_images_there_are_are_one_measurement():
    found = judged_asking(chosen((570, 570), (570, 570), (570, 570)), values=[0.074, 0.0741, 0.074])
    assert (found.outcome, found.n, found.interval, found.sd) == (Outcome.REPRODUCED, 1, None, None)
    assert "exact" in found.qualifiers
    assert found.mean == pytest.approx(7.4)
    assert "asks for 10000 images; there are only 570 correctly classified images, and all were used" in found.sentence
    assert "over 3 runs" not in found.sentence


def test_more_runs_are_not_said_to_settle_what_took_all_images():
    found = judged_asking(chosen((570, 570), (570, 570), (570, 570)), values=[0.0795, 0.0796, 0.0795])
    assert "would decide" not in found.sentence
    assert (found.outcome, found.n) == (Outcome.NOT_REPRODUCED, 1)


@pytest.mark.parametrize("taken", [[(256, 570)] * 3, [(570, 570), (256, 570), (256, 570)]])
def test_a_sample_that_left_images_out_is_drawn(taken):
    found = judged_asking(chosen(*taken))
    assert (found.n, "exact" in found.qualifiers) == (3, False)
    assert "there are only" not in found.sentence


def test_where_something_else_is_random_the_runs_stay_and_the_number_of_images_is_told():
    behind = chosen((570, 570), (565, 565), (571, 571))
    for run in (1, 2, 3):
        behind[f"select {run}"]["inputs"] = [f"deep {run}"]
        behind[f"deep {run}"] = {"verb": "train", "name": "m", "run": run, "result": f"w{run}", "inputs": []}
    found = judged_asking(behind)
    assert (found.n, "exact" in found.qualifiers) == (3, False)
    assert "there are only 565 to 571 correctly classified" in found.sentence


def test_a_run_that_is_missing_is_not_missed_where_one_is_all_there_is():
    lost = Missing(reason="time-limit", sentence="Not reached.")
    found = judged_asking(chosen((570, 570), (570, 570), (570, 570)), missing=lost)
    assert found.outcome is Outcome.REPRODUCED
    assert "Not reached" not in found.sentence


def test_records_that_do_not_tell_how_many_images_there_were_are_judged_as_ever():
    for facts in ({}, {"images": 570}, {"images": 570, "of": None}, {"of": 570}, {"images": [1], "of": "1"}):
        assert judged_asking(jobs("abc", "select", **facts)).n == 3


def test_a_sample_of_exactly_as_many_images_as_there_are_is_not_random_but_falls_short_of_nothing():
    found = judged_asking(chosen((570, 570), (570, 570), (570, 570)), claim(sample=Sample(count=570)))
    assert found.n == 1
    assert "asks for" not in found.sentence


@pytest.mark.parametrize("lost", ["select 2", "d", "t/c 3"])
def test_where_a_job_behind_is_lost_nothing_is_said_to_be_without_chance(lost):
    behind = chosen((570, 570), (570, 570), (570, 570))
    behind["d"] = {"verb": "fetch", "name": "d", "run": None, "inputs": []}
    for run in (1, 2, 3):
        behind[f"select {run}"]["inputs"] = ["d"]
    assert judged_asking(behind).n == 1
    assert judged_asking({key: job for key, job in behind.items() if key != lost}).n == 3


def test_an_attack_that_gave_every_run_the_same_examples_is_one_measurement_told_without_an_interval():
    found = judged(jobs("aaa", "craft"))
    assert "exact" in found.qualifiers
    assert "exact" not in judged(jobs("aab", "craft")).qualifiers
