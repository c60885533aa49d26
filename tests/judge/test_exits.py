"""Every exit status a record can come to."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import claim, measured, record, verdict

from harness.judge import as_json, combine, exit_status, judge
from harness.judge.exits import FIELDS, nothing_counted, refutations
from harness.record.measurement import Missing

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
SECONDARY_ABSENT = verdict(claim(primary=False), missing=Missing(reason="failed", sentence="It broke."))
NOT_ASKED_FOR = verdict(claim(primary=False))
PARTLY = verdict(claim(), [0.0741, 0.0739, 0.0743], missing=Missing(reason="time-limit", sentence="Late."), wanted=5)
EARLIER = verdict(claim(), [0.0741, 0.0739, 0.0743], attempt=Missing(reason="no-device", sentence="No GPU here."))
EARLIER_BAD = verdict(claim(), [0.09, 0.0901, 0.0902], attempt=Missing(reason="no-device", sentence="No GPU here."))
DOUBTFUL = verdict(claim(), [0.081, 0.082, 0.083])
"""Refuted on its own, with a p-value of a few percent."""


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [
        ([GOOD], 0),
        ([GOOD, DECLARED_BAD, SECONDARY_BAD], 0),
        ([GOOD, NOT_ASKED_FOR], 0),
        ([GOOD, BAD], 1),
        ([EARLIER_BAD], 1),
        ([EXACT_BAD, OPEN, ABSENT], 1),
        ([NOT_ALL, GOOD], 1),
        ([DECLARED_GOOD], 1),
        ([GOOD, OPEN], 3),
        ([FEW], 3),
        ([OPEN, ABSENT], 3),
        ([DECLARED_OPEN], 3),
        ([EARLIER, OPEN], 3),
        ([], 4),
        ([SECONDARY_BAD], 4),
        ([DECLARED_BAD], 4),
        ([DECLARED_BAD, SECONDARY_BAD, NOT_ASKED_FOR], 4),
        ([GOOD, SECONDARY_ABSENT], 4),
        ([PARTLY], 4),
        ([GOOD, EARLIER], 4),
        ([ABSENT], 4),
        ([GOOD, REHEARSED, ABSENT], 4),
        ([SECONDARY_BAD, ABSENT], 4),
    ],
)
def test_the_exit_status_of_a_pack_follows_from_its_primary_claims(verdicts, status):
    assert exit_status(verdicts) == status


def test_a_pack_where_nothing_primary_is_left_to_count_says_so():
    assert "no claim here is primary" in nothing_counted([SECONDARY_BAD])
    assert "each has a declared deviation" in nothing_counted([DECLARED_BAD, SECONDARY_BAD])
    assert "no claim here is primary" in nothing_counted([])
    assert not nothing_counted([GOOD])
    assert not nothing_counted([ABSENT, SECONDARY_BAD])


EVERY = [
    GOOD,
    BAD,
    OPEN,
    FEW,
    ABSENT,
    REHEARSED,
    DECLARED_BAD,
    DECLARED_GOOD,
    DECLARED_OPEN,
    EXACT_BAD,
    NOT_ALL,
    PARTLY,
]
EVERY += [SECONDARY_BAD, SECONDARY_ABSENT, NOT_ASKED_FOR, EARLIER, EARLIER_BAD]


@given(st.lists(st.sampled_from(EVERY), max_size=6))
def test_the_exit_status_is_1_exactly_where_a_claim_counts_as_refuted_and_0_only_with_a_primary_claim_reproduced(found):
    found = [one.model_copy(update={"claim": f"t/{place}"}) for place, one in enumerate(found)]
    status, primary = exit_status(found), {one.claim for one in found if one.primary}
    assert (status == 1) == bool(refutations(found))
    assert refutations(found) <= primary
    if status == 0:
        assert any(one.outcome == "REPRODUCED" for one in found if one.primary)
        assert all(one.attempt is None for one in found)


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
    listed = as_json([GOOD, ABSENT])
    expected = list(FIELDS)
    assert [list(each) for each in listed] == [expected, expected]
    assert listed[0]["outcome"] == "REPRODUCED"
    assert json.loads(json.dumps(listed, allow_nan=False)) == listed
    assert listed[0]["interval"] == list(GOOD.interval or ())
    assert listed[1] | {"mean": None, "n": 0, "qualifiers": [], "interval": None, "level": None} == listed[1]
    assert listed[1]["attempt"] == {"reason": "data-missing", "sentence": "No data here; bring them."}


def test_the_json_of_no_claims_is_an_empty_list():
    assert as_json([]) == []
