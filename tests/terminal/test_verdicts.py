"""What the terminal says of verdicts: a table in few lines, and what the table cannot say."""

import io

import pytest
from records import NEAR, claim, measured, record, verdict
from rich.console import Console

from harness.judge import judge
from harness.record.measurement import Missing
from harness.terminal.verdicts import notes, tally, verdict_table

NO_DATA = Missing(reason="data-missing", sentence="MNIST is not here; bring it.")
NO_GPU = Missing(reason="no-device", sentence="Device 'gpu' is not on this machine.")


def table(verdicts):
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(verdict_table(verdicts))
    return console.export_text().splitlines()


def idle(number, reason="data-missing", sentence="MNIST is not here; bring it."):
    missing = Missing(reason=reason, sentence=sentence)
    return [verdict(claim(f"t/{reason}-{i}"), missing=missing) for i in range(number)]


GOOD = verdict(claim("t/good"), NEAR)


@pytest.mark.parametrize(("number", "lines"), [(1, 1), (3, 3), (4, 1), (130, 1)])
def test_many_claims_not_run_for_one_reason_share_a_line(number, lines):
    shown = [line for line in table([GOOD, *idle(number)]) if "NOT_RUN" in line]
    assert len(shown) == lines
    assert lines == number or f"t/data-missing-0 and {number - 1} more" in shown[0]


def test_each_reason_has_a_line_of_its_own_and_what_was_measured_stays():
    lines = table([*idle(50), GOOD, *idle(20, "time-limit"), *idle(2, "failed")])
    assert [line.split()[0] for line in lines if "NOT_RUN" in line] == [
        "t/data-missing-0",
        "t/time-limit-0",
        "t/failed-0",
        "t/failed-1",
    ]
    assert any(line.startswith("t/good") for line in lines)


def test_one_cause_is_one_sentence_and_of_many_causes_a_few_are_shown():
    assert list(notes([GOOD, *idle(130)])) == [
        "NOT_RUN, 130 claims: MNIST is not here; bring it; then `harness verify specs/paper` measures it."
    ]
    late = [idle(1, "time-limit", f"Not reached within the time limit (job {i}).")[0] for i in range(20)]
    said = list(notes([GOOD, *late]))
    assert len(said) == 4
    assert said[-1] == "NOT_RUN, 17 claims more (time limit): `harness explain CLAIM` says why."


def test_claims_never_asked_for_share_the_sentence_though_each_names_itself():
    verdicts = [GOOD, *[verdict(claim(f"t/{i}")) for i in range(9)]]
    assert list(notes(verdicts)) == ["NOT_RUN, 9 claims: Not measured yet."]


def test_what_rests_on_an_earlier_record_is_named_with_its_date_and_why_nothing_newer_is_there():
    ids = [f"t/{i}" for i in range(5)]
    jobs = {f"{i} {run}": {"when": "2026-11-05T10:00:00+00:00"} for i in ids for run in (1, 2, 3)}
    kept = record(*[(claim(i), measured(i, NEAR, attempt=NO_GPU)) for i in ids], jobs=jobs)
    said = list(notes(judge(kept)))
    assert said[0] == (
        "Not measured now, 5 claims (no-device): t/0, t/1, t/2 and 2 more. Device 'gpu' is not on this machine. "
        "The verdicts use the earlier record (measured on 2026-11-05)."
    )
    assert said[1:] == ["Nothing was measured now: every verdict is from the earlier record."]


def test_runs_that_are_missing_are_said_though_the_claim_is_decided():
    partly = verdict(claim("t/c"), NEAR, missing=NO_DATA, wanted=5)
    (said,) = notes([partly, GOOD])
    assert said.startswith("Not every run measured, 1 claim (data-missing): t/c. MNIST is not here; bring it.")
    assert said.endswith("The verdict uses the measured runs.")


def test_where_nothing_was_measured_or_nothing_counts_it_is_said():
    assert "Nothing was measured: no claim has a run." in list(notes(idle(2)))
    assert any("Nothing primary was judged" in line for line in notes([verdict(claim(primary=False), NEAR)]))
    assert list(notes([GOOD])) == []


def test_the_count_tells_apart_what_is_true_by_construction_or_fitted_and_what_was_declared():
    built = GOOD.model_copy(update={"qualifiers": ("by-construction",)})
    bad = verdict(claim(deviates_because="Known."), [0.09, 0.0901, 0.0902])
    foreseen = bad.model_copy(update={"qualifiers": ("predicted",)})
    fitted = GOOD.model_copy(update={"qualifiers": ("fitted",)})
    assert tally([built, fitted, GOOD, bad, foreseen, foreseen]) == (
        "3 REPRODUCED (1 true by construction, 1 fitted, 1 tested), 3 NOT_REPRODUCED (2 predicted, 1 explained afterwards)"
    )
    assert tally([]) == ""


def test_a_wide_margin_is_written_in_plain_digits():
    (line,) = [line for line in table([GOOD.model_copy(update={"margin": 900.0})]) if "t/good" in line]
    assert "±900" in line
