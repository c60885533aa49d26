"""The protocol keeps what was promised before the first judged run, and each later change as an amendment."""

from datetime import UTC, datetime

import pytest
from records import HALF_POINT, NEAR, claim, margin, measured, pilot, record

from harness.judge import exit_status, judge
from harness.record.merging import merge
from harness.record.protocol import DEVIATION, WHOLE, alike, amended, promised

AWAY = (0.09, 0.0901, 0.0902)
WORDS = "The data differ."
BEFORE, DAY, AFTER, LATER = (datetime(2026, 11, day, 9, tzinfo=UTC) for day in (1, 5, 9, 12))
ONE = claim(deviates_because=WORDS)


def jobs(*moments):
    listed = moments if len(moments) == 3 else moments * 3
    return {f"t/c {run}": {"verb": "measure", "when": when} for run, when in enumerate(listed, 1)}


def protocol(seen, earlier=None, one=ONE, **given):
    before = earlier.measurements if earlier is not None else {}
    known = earlier.protocol if earlier is not None else None
    return promised(record((one, None), **given).paper, {}, before, known, seen)


def made(seen=None, earlier=None, one=ONE, values=AWAY, seed=0, **given):
    told = None if seen is None else protocol(seen, earlier, one, seed=seed)
    given = {"protocol": told, "jobs": jobs(DAY.isoformat(timespec="seconds"))} | given
    return record((one, measured("t/c", values)), seed=seed, **given)


def judged(made):
    return judge(made)[0]


def changed(one, earlier=None, when=AFTER, **given):
    """The protocol after the pack was verified again with this claim; the earlier record holds three judged runs."""
    earlier = earlier or made(BEFORE)
    return merge(earlier, made(when, earlier, one, **given)).protocol


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
    "the words were changed since": made(
        BEFORE, protocol=protocol(BEFORE, one=claim(deviates_because="Something else."))
    ),
    "the words are an amendment": merge(made(BEFORE, one=claim()), made(AFTER, made(BEFORE, one=claim()))),
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
    assert "(runs measured on 2026-11-05): The data" in judged(made(None)).sentence
    assert (
        "(runs measured on 2026-11-05, explanation first recorded on 2026-11-09): The data"
        in judged(made(AFTER)).sentence
    )


def test_a_promise_keeps_the_day_it_was_first_seen_as_long_as_its_words_stay():
    first = protocol(BEFORE)
    assert amended(first, protocol(AFTER)) == first
    assert amended(first, protocol(AFTER, one=claim(deviates_because="The  data\n differ"))) == first
    assert amended(first, None) == amended(None, first) == first
    assert alike("The data differ", " The data  differ. ")


def test_what_was_never_judged_under_may_be_changed_without_an_amendment():
    reworded = protocol(AFTER, one=claim(deviates_because="Something else."))
    found = amended(protocol(BEFORE), reworded)
    assert not found.amendments
    assert found.promises["t/c"] == reworded.promises["t/c"]


def test_a_merge_keeps_the_day_and_a_second_merge_changes_nothing():
    old = made(BEFORE)
    new = made(AFTER, old)
    merged = merge(old, new)
    assert merged.protocol.promises["t/c"].since == old.protocol.promises["t/c"].since
    assert not merged.protocol.amendments
    assert judged(merged).qualifiers == ("predicted",)
    assert merge(merged, new) == merged


WIDER = claim(deviates_because=WORDS, margin=margin(absolute=2.0))


@pytest.mark.parametrize(
    ("one", "what", "old", "new"),
    [
        (WIDER, "margin", "±0.5", "±2"),
        (claim(deviates_because=WORDS, printed="9.0"), "printed", "7.4 %", "9.0 %"),
        (claim(deviates_because=WORDS, relation="at_most"), "relation", "close_to", "at_most"),
        (claim(deviates_because=WORDS, primary=False), "primary", "yes", "no"),
        (claim(deviates_because="Something else."), DEVIATION, "The data differ.", "Something else."),
        (
            claim(deviates_because=WORDS, margin=HALF_POINT.model_copy(update={"because": "I say so"})),
            "reason of the margin",
            "a test",
            "I say so",
        ),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_is_changed_after_a_judged_run_is_an_amendment_with_date(one, what, old, new):
    found = changed(one)
    (amendment,) = found.amendments
    assert (amendment.claim, amendment.what, amendment.old, amendment.new) == ("t/c", what, old, new)
    assert (amendment.when, amendment.after_runs) == (AFTER.isoformat(), 3)
    assert found.promises["t/c"].terms[what] == old
    assert found.terms("t/c")[what] == new


def test_a_pilot_written_after_a_judged_run_is_an_amendment():
    earlier = made(BEFORE)
    new = made(AFTER, earlier, protocol=protocol(AFTER, earlier, pilot={"t/c": pilot(0.5)}))
    (amendment,) = merge(earlier, new).protocol.amendments
    assert (amendment.what, amendment.old, amendment.new) == ("pilot", "", "sd 0.5, 5 runs, inputs these")


def test_a_merge_with_an_amendment_repeated_adds_nothing():
    earlier = made(BEFORE)
    new = made(AFTER, earlier, WIDER)
    merged = merge(earlier, new)
    assert len(merged.protocol.amendments) == 1
    assert merge(merged, new).protocol == merged.protocol


def test_a_claim_withdrawn_or_made_after_judged_runs_is_an_amendment():
    earlier = made(BEFORE)
    new = made(AFTER, earlier, claim("t/other"))
    found = merge(earlier, new).protocol
    assert {(each.claim, each.what, each.old, each.new) for each in found.amendments} == {
        ("t/c", "claim", "made", "withdrawn"),
        ("t/other", "claim", "", "made"),
    }
    assert found.terms("t/c")["claim"] == "withdrawn"


def test_seeds_tried_add_up_though_the_runs_of_each_are_dropped():
    kept = made(BEFORE, seed=1)
    for seed, when in ((2, AFTER), (3, LATER), (3, LATER)):
        kept = merge(kept.model_copy(update={"measurements": {}}), made(when, kept, seed=seed))
    assert kept.protocol.seeds == ("1", "2", "3")
    assert [each.after_runs for each in kept.protocol.amendments] == [3, 3]


def test_a_seed_that_no_judged_run_was_made_with_does_not_count():
    unjudged = record((ONE, None), seed=1, protocol=protocol(BEFORE, seed=1))
    assert merge(unjudged, made(AFTER, unjudged, seed=2)).protocol.seeds == ("2",)


def test_runs_that_are_no_longer_in_the_record_were_seen_all_the_same():
    kept = made(BEFORE)
    again = merge(kept, made(AFTER, kept)).model_copy(update={"measurements": {}})
    (amendment,) = changed(WIDER, again, LATER).amendments
    assert amendment.after_runs == 3


def test_a_rehearsal_and_a_pilot_show_no_judged_run():
    rehearsed = record((ONE, measured("t/c", [0.09], comparable=False)))
    piloted = record((ONE, measured("t/c", AWAY, first=1000)))
    for earlier in (rehearsed, piloted, record((ONE, None)), None):
        assert protocol(BEFORE, earlier).promises["t/c"].after_runs == 0
    found = protocol(BEFORE, made(None))
    assert found.promises["t/c"].after_runs == found.promises[WHOLE].after_runs == 3


def test_what_was_predicted_and_what_was_explained_afterwards_are_excused_alike():
    good = judge(record((claim("t/d"), measured("t/d", NEAR))))[0]
    for each in (made(BEFORE), made(AFTER)):
        assert exit_status([good, judged(each)]) == 0
