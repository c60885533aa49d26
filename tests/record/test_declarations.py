"""A deviation was predicted only where the record shows that it was declared before its first judged run."""

from datetime import UTC, datetime

import pytest
from records import NEAR, claim, measured, record

from harness.judge import exit_status, judge
from harness.record.declarations import carried, first_seen
from harness.record.merging import merge

AWAY = (0.09, 0.0901, 0.0902)
WORDS = "The data differ."
BEFORE, DAY, AFTER = (datetime(2026, 11, day, 9, tzinfo=UTC) for day in (1, 5, 9))
ONE = claim(deviates_because=WORDS)


def jobs(*moments):
    listed = moments if len(moments) == 3 else moments * 3
    return {f"t/c {run}": {"verb": "measure", "when": when} for run, when in enumerate(listed, 1)}


def made(seen=None, earlier=None, one=ONE, values=AWAY, **given):
    declared = {} if seen is None else first_seen([one], earlier, seen)
    given = {"jobs": jobs(DAY.isoformat(timespec="seconds"))} | given
    return record((one, measured("t/c", values)), declared=declared, **given)


def judged(made):
    return judge(made)[0]


def test_declared_before_the_first_judged_run_is_predicted_with_both_dates():
    found = judged(made(BEFORE))
    assert found.qualifiers == ("predicted",)
    assert found.sentence.endswith(
        "This deviation was predicted (declared by 2026-11-01, before the first run in this record, measured on "
        "2026-11-05): The data differ."
    )
    assert found.excused
    assert exit_status([found]) == 4


EARLY = "2026-10-30T00:00:00+00:00"
AFTERWARDS = {
    "declared after the runs": made(AFTER),
    "one of the runs is older than the declaration": made(BEFORE, jobs=jobs(EARLY, DAY.isoformat(), DAY.isoformat())),
    "an older record, which does not tell": made(None),
    "judged runs were in the record when it was first seen": made(BEFORE, earlier=made(None)),
    "the record holds no date of a run": made(BEFORE, jobs={}),
    "a date that is none": made(BEFORE, jobs=jobs("soon")),
    "the words were changed since": made(BEFORE).model_copy(
        update={"declared": first_seen([claim(deviates_because="Something else.")], None, BEFORE)}
    ),
}


@pytest.mark.parametrize("kept", AFTERWARDS.values(), ids=AFTERWARDS)
def test_everything_else_is_explained_afterwards(kept):
    found = judged(kept)
    assert found.qualifiers == ("explained-afterwards",)
    assert "This deviation was explained afterwards" in found.sentence
    assert "predicted" not in found.sentence
    assert "declared." not in found.sentence
    assert found.excused


def test_an_explanation_names_the_days_of_the_runs_and_of_the_explanation():
    assert "(the runs are of 2026-11-05): The data" in judged(made(None)).sentence
    assert (
        "(the runs are of 2026-11-05, the explanation was first seen on 2026-11-09): The data"
        in judged(made(AFTER)).sentence
    )


def test_a_declaration_keeps_the_day_it_was_first_seen_as_long_as_its_words_stay():
    first, later = first_seen([ONE], None, BEFORE), first_seen([ONE], made(None), AFTER)
    assert carried(first, later) == first
    reworded = first_seen([claim(deviates_because="Something else.")], made(None), AFTER)
    assert carried(first, reworded) == reworded
    assert carried(first, {}) == {}
    spaced = first_seen([claim(deviates_because="The  data\n differ")], made(None), AFTER)
    assert carried(first, spaced) == first


def test_a_merge_keeps_the_day_and_a_second_merge_changes_nothing():
    old, new = made(BEFORE), made(AFTER, earlier=made(None))
    merged = merge(old, new)
    assert merged.declared == old.declared
    assert judged(merged).qualifiers == ("predicted",)
    assert merge(merged, new) == merged


def test_a_rehearsal_and_a_pilot_show_no_judged_run():
    rehearsed = record((ONE, measured("t/c", [0.09], comparable=False)))
    piloted = record((ONE, measured("t/c", AWAY, first=1000)))
    for earlier in (rehearsed, piloted, record((ONE, None)), None):
        assert not first_seen([ONE], earlier, BEFORE)["t/c"].after_runs
    assert first_seen([ONE], made(None), BEFORE)["t/c"].after_runs


def test_what_was_predicted_and_what_was_explained_afterwards_are_excused_alike():
    good = judge(record((claim("t/d"), measured("t/d", NEAR))))[0]
    for each in (made(BEFORE), made(AFTER)):
        assert exit_status([good, judged(each)]) == 0
