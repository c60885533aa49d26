"""Runs that drew the same are one run told twice."""

import pytest
from records import NEAR, claim, measured, record

from harness.judge import judge
from harness.judge.verdict import Outcome


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
def test_two_runs_that_drew_the_same_to_the_last_bit_are_insane(verb):
    found = judged(jobs("aba", verb))
    assert (found.outcome, found.reason) == (Outcome.NOT_RUN, "insane")
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
    assert found.reason == "insane"
    assert "(far)" in found.sentence


def test_what_other_claims_drew_is_none_of_this_claim_s_business():
    others = {f"x {run}": {"verb": "train", "name": "x", "run": run, "result": "one"} for run in (1, 2)}
    assert judged(jobs("abc") | others).outcome is Outcome.REPRODUCED
