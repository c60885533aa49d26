"""An earlier measurement stays where the latest attempt failed, and the verdict says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import NEAR, claim, measured, record

from harness.judge import exit_status, judge
from harness.record.measurement import Missing
from harness.record.merging import merge
from harness.record.model import MeasuredVariant

NO_GPU = Missing(reason="no-device", sentence="Device 'gpu' is not on this machine.")
CAUSES = [
    NO_GPU,
    Missing(reason="data-missing", sentence="MNIST is not here; bring it."),
    Missing(reason="time-limit", sentence="Not reached within the time limit."),
    Missing(reason="failed", sentence="train net failed with OSError: no space left on device."),
    Missing(reason="invalid", sentence="The data set has another digest."),
]
JOBS = {f"t/c {run}": {"verb": "measure", "when": f"2026-11-0{run}T10:00:00+00:00"} for run in (1, 2, 3)}
ONE = claim()


def audited(values=NEAR, **given):
    return record((ONE, measured("t/c", values, budget="audit", inputs="same", **given)), jobs=JOBS)


def judged(made):
    return judge(made)[0]


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.reason)
@pytest.mark.parametrize("values", [(), NEAR[:1], NEAR[:2]], ids=len)
def test_a_verdict_on_earlier_runs_says_that_the_latest_attempt_failed_and_why_and_the_status_is_not_0(cause, values):
    found = judged(merge(audited(), audited(values, missing=cause)))
    assert (found.outcome, found.reason, found.n) == ("REPRODUCED", "within-margin", 3)
    assert "earlier-record" in found.qualifiers
    assert f"failed ({cause.reason}): {cause.sentence}" in found.sentence
    assert "that of the earlier record, measured on 2026-11-01 to 2026-11-03." in found.sentence
    assert found.attempt == cause
    assert exit_status([found]) == 4


def test_a_later_success_takes_the_failure_away():
    failed = merge(audited(), audited((), missing=NO_GPU))
    for later in (audited(), audited(NEAR[:1])):
        found = judged(merge(failed, later))
        assert (found.n, found.attempt, found.qualifiers) == (3, None, ())
        assert exit_status([found]) == 0


def test_a_claim_not_asked_for_keeps_what_is_known_of_its_latest_attempt():
    failed = merge(audited(), audited((), missing=NO_GPU))
    assert judged(merge(failed, record((ONE, None)))).attempt == NO_GPU
    assert judged(merge(audited(), record((ONE, None)))).attempt is None


def test_a_rehearsal_after_an_audit_is_no_failure_unless_it_failed():
    rehearsal = {"budget": "rehearsal", "comparable": False, "inputs": "small"}
    plain = record((ONE, measured("t/c", [0.09], **rehearsal)), budget="rehearsal", runs=1, comparable=False)
    assert judged(merge(audited(), plain)).attempt is None
    broken = record((ONE, measured("t/c", [], missing=NO_GPU, **rehearsal)), budget="rehearsal", comparable=False)
    assert judged(merge(audited(), broken)).attempt == NO_GPU


def test_a_claim_that_was_not_reached_before_the_run_ended_is_said_to_be_so():
    waiting = Missing(reason="not-yet-run", sentence="Not measured yet; run harness verify to measure it.")
    found = judged(merge(audited(), audited((), missing=waiting)))
    assert found.attempt is not None
    assert found.attempt.reason == "interrupted"
    assert "The run ended before the claim was reached." in found.sentence


def test_runs_that_changed_replace_the_earlier_ones_even_where_some_failed():
    other = record((ONE, measured("t/c", NEAR[:2], budget="audit", inputs="other", missing=NO_GPU)))
    found = judged(merge(audited(), other))
    assert (found.outcome, found.attempt) == ("INCONCLUSIVE", NO_GPU)
    assert "earlier-record" not in found.qualifiers


def test_other_readings_keep_their_measurements_and_why_the_latest_attempt_failed():
    def read(values, **given):
        variants = MeasuredVariant(readings={"a": "b"}, measurements={"t/c": measured("t/c", values, **given)})
        return audited().model_copy(update={"variants": {"a=b": variants}})

    merged = merge(read(NEAR), read((), missing=NO_GPU))
    assert merged.variants["a=b"].measurements["t/c"].attempt == NO_GPU
    assert len(merged.variants["a=b"].measurements["t/c"].runs) == 3


@given(st.lists(st.tuples(st.integers(0, 4), st.one_of(st.none(), st.sampled_from(CAUSES))), min_size=1, max_size=5))
def test_whatever_was_tried_in_turn_only_a_latest_attempt_that_gave_every_run_may_end_in_0(attempts):
    kept = None
    for count, cause in attempts:
        missing = cause if cause is not None or count else NO_GPU
        made = audited(tuple(NEAR[0] for _ in range(count)), missing=missing)
        kept = made if kept is None else merge(kept, made)
        if missing is not None:
            assert exit_status(judge(kept)) != 0
