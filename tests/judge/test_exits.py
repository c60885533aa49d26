"""Every exit status a record can come to."""

import json

import numpy as np
import pytest
from records import claim, measured, record, verdict

from harness.judge import as_json, combine, exit_status, judge
from harness.judge.record import Missing

GOOD = verdict(claim(), [0.0741, 0.0739, 0.0743])
BAD = verdict(claim(), [0.09, 0.0901, 0.0902])
OPEN = verdict(claim(), [0.076, 0.070, 0.078])
FEW = verdict(claim(), [0.074, 0.076], wanted=2)
ABSENT = verdict(claim(), missing=Missing(reason="data-missing", sentence="No data here; bring them."))
REHEARSED = verdict(claim(), [0.09], comparable=False)
DECLARED_BAD = verdict(claim(deviates_because="Known."), [0.09, 0.0901, 0.0902])
DECLARED_GOOD = verdict(claim(deviates_because="Known."), [0.0741, 0.0739, 0.0743])
DECLARED_OPEN = verdict(claim(deviates_because="Known."), [0.076, 0.070, 0.078])
EXACT_BAD = verdict(claim(), [0.09], deterministic=True)
NOT_ALL = verdict(claim(relation="all"), [1.0, 0.9, 1.0])
SECONDARY_BAD = verdict(claim(primary=False), [0.09, 0.0901, 0.0902])
DOUBTFUL = verdict(claim(), [0.081, 0.082, 0.083])
"""Refuted on its own, with a p-value of a few percent."""


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [
        ([GOOD], 0),
        ([GOOD, DECLARED_BAD, SECONDARY_BAD], 0),
        ([], 0),
        ([GOOD, BAD], 1),
        ([EXACT_BAD, OPEN, ABSENT], 1),
        ([NOT_ALL, GOOD], 1),
        ([DECLARED_GOOD], 1),
        ([GOOD, OPEN], 3),
        ([FEW], 3),
        ([OPEN, ABSENT], 3),
        ([DECLARED_OPEN], 3),
        ([ABSENT], 4),
        ([GOOD, REHEARSED, ABSENT], 4),
        ([SECONDARY_BAD, ABSENT], 4),
    ],
)
def test_the_exit_status_of_a_pack_follows_from_its_primary_claims(verdicts, status):
    assert exit_status(verdicts) == status


def test_a_doubtful_refutation_alone_counts_and_among_many_claims_only_leaves_the_pack_open():
    assert DOUBTFUL.outcome == "NOT_REPRODUCED"
    assert DOUBTFUL.p_value is not None
    assert 0.01 < DOUBTFUL.p_value < 0.03
    assert exit_status([DOUBTFUL]) == 1
    assert exit_status([DOUBTFUL] + [GOOD] * 9) == 3


def test_exact_claims_take_no_share_of_the_level_from_claims_that_chance_enters():
    exact = verdict(claim(), [0.074], deterministic=True)
    assert exit_status([DOUBTFUL] + [exact] * 9) == 1


def test_a_right_paper_of_many_claims_is_refuted_at_most_one_time_in_twenty():
    rng, claims, trials = np.random.default_rng(3), 8, 150
    refuted = 0
    for _ in range(trials):
        values = rng.normal(0.074 + 0.005, 0.002, (claims, 3))  # each true value exactly at its margin
        made = [claim(f"t/{i}") for i in range(claims)]
        verdicts = judge(
            record(*[(each, measured(each.id, list(row))) for each, row in zip(made, values, strict=True)])
        )
        refuted += exit_status(verdicts) == 1
    assert refuted <= 0.05 * trials + 3 * np.sqrt(0.05 * 0.95 * trials)


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ([], 0),
        ([0, 0], 0),
        ([0, 4], 4),
        ([4, 3, 0], 3),
        ([3, 1, 4], 1),
        ([1, 2, 3, 4, 0], 2),
        ([2, 70], 70),
        ([1, 130], 130),
    ],
)
def test_of_several_packs_the_gravest_status_counts(statuses, status):
    assert combine(statuses) == status


def test_the_json_lists_each_claim_with_the_fields_promised_in_their_order():
    listed = json.loads(as_json([GOOD, ABSENT]))
    expected = ["claim", "outcome", "reason", "sentence", "printed", "unit", "mean", "sd", "n"]
    expected += ["interval", "margin", "qualifiers", "primary"]
    assert [list(each) for each in listed] == [expected, expected]
    assert listed[0]["outcome"] == "REPRODUCED"
    assert listed[0]["interval"] == list(GOOD.interval or ())
    assert listed[1] | {"mean": None, "n": 0, "qualifiers": [], "interval": None} == listed[1]


def test_the_json_of_no_claims_is_an_empty_list():
    assert json.loads(as_json([])) == []
