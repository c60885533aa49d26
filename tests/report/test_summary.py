"""The headline says of claims that were not judged that they were not, and counts apart what is true by construction."""

import pytest
from records import NEAR, claim, measured, record
from transfer import table

from harness.judge import judge
from harness.judge.outcome import Outcome
from harness.judge.verdict import CONSTRUCTED, EXPLAINED, FITTED, PREDICTED
from harness.record.measurement import Missing
from harness.report.cases import cases_of
from harness.report.opening import opening_lines
from harness.report.summary import summarise
from harness.spec.claim import Source
from harness.spec.paper import Exhibit

FAR = (0.2, 0.2001, 0.1999)
FEW = NEAR[:1]


def found(*runs, comparable=True, marks=None, primary=True):
    """The summary of one claim for each group of runs; None was not run, ``marks`` are qualifiers by place."""
    claims = [claim(f"p/{n}", primary=primary) for n in range(len(runs))]
    missing = Missing(reason="data-missing", sentence="No data.")
    pairs = [
        (one, measured(one.id, values or (), comparable=comparable, missing=None if values else missing))
        for one, values in zip(claims, runs, strict=True)
    ]
    made = record(*pairs)
    exhibit = Exhibit(id="p", title="P", source=Source(table=1), shape="list", claims=tuple(one.id for one in claims))
    made = made.model_copy(update={"paper": made.paper.model_copy(update={"exhibits": (exhibit,)})})
    verdicts = [
        verdict.model_copy(update={"qualifiers": (*verdict.qualifiers, *(marks or {}).get(n, ()))})
        for n, verdict in enumerate(judge(made))
    ]
    cases = cases_of(made, verdicts)
    return summarise(cases.values()), next(opening_lines(made.paper.exhibits, cases)).text


@pytest.mark.parametrize(
    ("runs", "headline", "rest"),
    [
        ([NEAR, NEAR], "All 2 primary claims reproduced.", ""),
        ([NEAR], "The primary claim reproduced.", ""),
        ([NEAR, FAR], "1 of 2 primary claims reproduced.", "Of the others, 1 did not."),
        ([FAR], "The primary claim did not reproduce.", "1 did not."),
        ([FEW], "The primary claim is inconclusive.", "1 is inconclusive."),
        ([FAR, FEW], "None of 2 primary claims reproduced.", "1 did not and 1 is inconclusive."),
        ([FEW, FEW], "None of 2 primary claims reproduced, and none was refuted.", "2 are inconclusive."),
        ([FAR, None, None], "The one primary claim judged did not reproduce.", "1 did not and 2 were not run."),
        ([FAR, FAR, None], "None of the 2 primary claims judged reproduced.", "2 did not and 1 was not run."),
        ([None, None], "No primary claim was measured.", "2 were not run."),
        ([None], "No primary claim was measured.", "1 was not run."),
    ],
)
def test_the_headline_says_what_was_judged(runs, headline, rest):
    summary, _ = found(*runs)
    assert (summary.headline, summary.rest) == (headline, rest)


def test_a_rehearsal_judges_nothing_and_does_not_say_that_nothing_reproduced():
    summary, line = found(NEAR, FAR, comparable=False)
    assert summary.headline == "No primary claim was judged."
    assert summary.rest == "2 are not comparable."
    assert line == "none of 2 claims was judged: 2 are not comparable."


def test_without_primary_claims_the_headline_says_so():
    summary, _ = found(NEAR, primary=False)
    assert summary.headline == "No primary claims."
    assert summary.secondary == "Counted separately, 1 secondary claim: 1 reproduced."


def test_what_is_true_by_construction_is_counted_apart():
    summary, line = found(NEAR, NEAR, FAR, marks={0: (CONSTRUCTED,)})
    assert summary.headline == "2 of 3 primary claims reproduced: 1 true by construction, 1 tested."
    assert line == "2 of 3 claims reproduce: 1 true by construction, 1 tested; 1 does not (“2”)."
    assert found(NEAR, marks={0: (CONSTRUCTED,)})[0].headline == "The primary claim reproduced: 1 true by construction."
    other, _ = found(NEAR, NEAR, primary=False, marks={0: (CONSTRUCTED,)})
    assert other.secondary == "Counted separately, 2 secondary claims: 2 reproduced (1 true by construction, 1 tested)."
    both, line = found(NEAR, NEAR, marks={0: (CONSTRUCTED,), 1: (CONSTRUCTED,)})
    assert both.headline == "All 2 primary claims reproduced: 2 true by construction."
    assert line == "all 2 claims reproduce: 2 true by construction."


def test_what_is_fitted_is_counted_apart_and_what_is_both_counts_once_as_true_by_construction():
    marks = {0: (CONSTRUCTED, FITTED), 1: (FITTED,)}
    _, line = found(NEAR, NEAR, NEAR, FAR, marks=marks)
    assert line == "3 of 4 claims reproduce: 1 true by construction, 1 fitted, 1 tested; 1 does not (“3”)."
    other, _ = found(NEAR, NEAR, NEAR, primary=False, marks=marks)
    assert other.secondary.endswith("3 reproduced (1 true by construction, 1 fitted, 1 tested).")


def test_deviations_that_were_predicted_and_those_explained_afterwards_are_told_apart():
    summary, _ = found(NEAR, FAR, FAR, FAR, marks={1: (PREDICTED,), 2: (EXPLAINED,), 3: (EXPLAINED,)})
    assert summary.rest == "Of the others, 3 did not (1 predicted and 2 explained afterwards, with the reason)."


def test_a_summary_adds_up_whatever_was_measured():
    made = table({("a", "b"): None, ("b", "c"): 9.0, ("c", "a"): 2.0})
    cases = cases_of(made, judge(made)).values()
    summary = summarise(cases)
    assert sum(count.number for count in summary.counts) == len(cases)
    assert {count.outcome for count in summary.counts} <= set(Outcome)
