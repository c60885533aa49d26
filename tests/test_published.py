"""The published audits: judged again from their records, they say what they said when they were published."""

import csv
from html import unescape
from pathlib import Path

import pytest

from harness.judge import judge
from harness.judge.exits import refutations
from harness.judge.outcome import Outcome
from harness.judge.verdict import EXPLAINED, PREDICTED
from harness.kinds.registry import discover
from harness.record.file import read
from harness.record.measurement import FIRST_PILOT
from harness.record.outdated import drop_outdated
from harness.report.cases import cases_of
from harness.report.check import check_folder
from harness.report.sensitivity import sensitivity_in_words
from harness.report.words import declaration
from harness.spec.paper import LEAST_RUNS
from harness.spec.reading.load import load

ROOT = Path(__file__).parent.parent
PREDICTED_BEFOREHAND = {"section-4-2-orders/amplified-by-forty-percent"}
"""Claims of which the pack said before the first judged run that they would not hold: the paper contradicts itself there."""
INDICATIVE = {"carlini2017"}
"""Audits of one run on a small machine, as their packs' budgets say: their numbers decide nothing."""
PUBLISHED = [pytest.param(path, id=path.name) for path in sorted((ROOT / "reports" / "published").glob("*/"))]
"""A folder for each paper whose audit is published."""


def printed_verdicts(folder):
    with (folder / "results.csv").open(encoding="utf-8", newline="") as file:
        return {row["claim"]: row for row in csv.DictReader(file) if row["outcome"]}  # what is not expressible has none


@pytest.mark.parametrize("folder", PUBLISHED)
def test_the_record_judged_again_gives_the_verdicts_that_were_published(folder):
    published = printed_verdicts(folder)
    page = unescape((folder / "index.html").read_text(encoding="utf-8"))
    again = judge(read(folder))
    assert {verdict.claim for verdict in again} == set(published)
    for verdict in again:
        row = published[verdict.claim]
        assert (verdict.outcome.value, verdict.reason) == (row["outcome"], row["reason"]), verdict.claim
        assert " ".join(verdict.qualifiers) == row["qualifiers"]
        assert verdict.sentence in page or "`" in verdict.sentence


@pytest.mark.parametrize("folder", PUBLISHED)
def test_verdicts_and_numbers_are_those_listed_when_they_were_last_agreed_on(folder):
    # The list was written before fields and kinds were renamed and the record was translated. Whoever changes a rule of
    # judging changes the list with it, and says which verdicts moved and why.
    with (ROOT / "tests" / "published" / f"{folder.name}.csv").open(encoding="utf-8", newline="") as file:
        agreed = list(csv.DictReader(file))
    again = judge(read(folder))
    assert [verdict.claim for verdict in again] == [row["claim"] for row in agreed]
    for verdict, row in zip(again, agreed, strict=True):
        said = verdict.outcome.value, verdict.reason, " ".join(verdict.qualifiers)
        assert said == (row["outcome"], row["reason"], row["qualifiers"]), verdict.claim
        for name in ("mean", "sd", "n", "margin"):
            known = float(row[name]) if row[name] else None
            assert getattr(verdict, name) == (known if known is None else pytest.approx(known, rel=1e-12)), (
                verdict.claim
            )


@pytest.mark.parametrize("folder", PUBLISHED)
def test_every_measurement_depends_on_what_the_pack_says_today(folder):
    discover()
    pack = ROOT / "specs" / folder.name
    record, spec = read(folder), load(pack)
    kept = drop_outdated(record, spec, lambda budget, readings: load(pack, budget=budget, readings=readings))
    assert kept == record


@pytest.mark.parametrize("folder", PUBLISHED)
def test_what_was_run_is_an_audit_of_three_runs_or_more_with_other_readings_or_of_as_few_as_its_pack_says(folder):
    record = read(folder)
    assert record.paper.comparable
    assert record.variants
    least = 1 if folder.name in INDICATIVE else LEAST_RUNS
    for measurement in record.measurements.values():
        runs = [run for run in measurement.runs if run.run < FIRST_PILOT]
        assert not runs or len(runs) >= (1 if measurement.deterministic else least), measurement.claim


@pytest.mark.parametrize("folder", [param for param in PUBLISHED if param.id in INDICATIVE])
def test_an_audit_of_one_run_says_so_and_decides_nothing(folder):
    discover()
    record = read(folder)
    assert record.paper.runs == load(ROOT / "specs" / folder.name).paper.runs == 1
    for verdict in judge(record):
        if not verdict.relates.exception_refutes and "exact" not in verdict.qualifiers:
            assert verdict.outcome not in {Outcome.REPRODUCED, Outcome.NOT_REPRODUCED}, verdict.claim


@pytest.mark.parametrize("folder", PUBLISHED)
def test_nothing_of_it_was_computed_from_a_tree_that_was_not_committed(folder):
    commits = {facts["commit"] for facts in read(folder).provenance.values()}
    assert commits
    assert not [commit for commit in commits if commit is None or commit.endswith("-dirty")]


@pytest.mark.parametrize("folder", PUBLISHED)
def test_it_claims_and_declares_what_the_pack_does_today(folder):
    discover()
    record, spec = read(folder), load(ROOT / "specs" / folder.name)
    assert [claim.deviates_because for claim in record.paper.claims] == [
        claim.deviates_because for claim in spec.paper.claims
    ]
    assert [claim.expected.printed for claim in record.paper.claims] == [
        claim.expected.printed for claim in spec.paper.claims
    ]
    assert [claim.id for claim in record.paper.claims] == [claim.id for claim in spec.paper.claims]


@pytest.mark.parametrize("folder", PUBLISHED)
def test_whatever_does_not_reproduce_is_explained(folder):
    record = read(folder)
    verdicts = judge(record)
    assert not refutations(verdicts)  # beyond what chance gives among so many claims
    for case in cases_of(record, verdicts).values():
        if case.verdict.outcome is Outcome.NOT_REPRODUCED:
            assert case.claim.deviates_because, case.claim.id
            predicted = case.claim.id in PREDICTED_BEFOREHAND  # of no other may the report say so
            assert declaration(case.verdict) == (PREDICTED if predicted else EXPLAINED), case.claim.id
            assert sensitivity_in_words(case), case.claim.id


@pytest.mark.parametrize("folder", PUBLISHED)
def test_page_and_pdf_stand_beside_the_record(folder):
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert all(f'id="{claim.id}"' in page for claim in read(folder).paper.claims)
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize("folder", PUBLISHED)
def test_every_file_is_as_it_was_written_and_the_verdicts_are_those_of_the_page(folder):
    checked = check_folder(folder)
    assert checked.status == 0, checked
