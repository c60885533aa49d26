"""results.csv and junit.xml: what machines read back."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from harness.judge import judge
from harness.judge.verdict import Outcome
from harness.report import render
from harness.report.tables import COLUMNS, guarded


def folder_of(report):
    return report.written[0].parent


def junit(folder: Path) -> ET.Element:
    return ET.parse(folder / "junit.xml").getroot()  # noqa: S314  written by the test itself


def test_the_csv_has_one_row_a_claim_and_its_numbers_are_the_verdicts(report, verdicts):
    frame = pd.read_csv(folder_of(report) / "results.csv")
    assert list(frame.columns) == list(COLUMNS)
    assert list(frame["claim"]) == [verdict.claim for verdict in verdicts]
    for verdict, (_, row) in zip(verdicts, frame.iterrows(), strict=True):
        assert row["outcome"] == verdict.outcome
        assert row["sentence"] == verdict.sentence
        for name in ("mean", "sd", "margin", "limit"):
            told = getattr(verdict, name)
            assert pd.isna(row[name]) if told is None else row[name] == pytest.approx(told, rel=1e-9)


def test_the_csv_keeps_numbers_as_the_paper_prints_them(report):
    with (folder_of(report) / "results.csv").open(newline="") as file:
        printed = {row["claim"]: row["printed"] for row in csv.DictReader(file)}
    assert printed["table-1/fc10-1e-2/train-error"] == "10"
    assert printed["table-1/fc10-1/distortion"] == "0.14"


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-cmd|x", "@SUM(A1)", "\t=1", "\n=1", "-", "+1 +1", "=HYPERLINK(1)"])
def test_no_cell_can_be_taken_for_a_formula(text):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-1.5", "+0.2", "-3e-05", "0.062", "", "fc10", "a=1"])
def test_numbers_and_harmless_text_stay_as_they_are(text):
    assert guarded(text) == text


def test_negative_numbers_and_formulas_live_in_one_csv(make, tmp_path):
    record = make()
    claims = tuple(claim.model_copy(update={"says": "=1+1"}) for claim in record.paper.claims)
    record = record.model_copy(update={"paper": record.paper.model_copy(update={"claims": claims})})
    render(record, judge(record), tmp_path, pdf=False)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "results.csv").read_text())))
    assert {row["says"] for row in rows} == {"'=1+1"}
    assert any(float(row["difference"]) < 0 for row in rows if row["difference"])


def test_junit_counts_what_the_verdicts_say(report, record, verdicts):
    root = junit(folder_of(report))
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert set(cases) == set(record.paper.by_id)
    declared = {claim.id for claim in record.paper.claims if claim.deviates_because}
    for verdict in verdicts:
        tags = [child.tag for child in cases[verdict.claim]]
        if verdict.outcome is Outcome.REPRODUCED:
            assert tags == []
        elif verdict.outcome is Outcome.NOT_REPRODUCED and verdict.claim not in declared:
            assert tags == ["failure"]
        else:
            assert tags == ["skipped"]
    counted = Counter(child.tag for case in cases.values() for child in case)
    assert int(root.get("tests")) == len(verdicts)
    assert int(root.get("failures")) == counted["failure"] > 0
    assert int(root.get("skipped")) == counted["skipped"] > 0
    for name in ("tests", "failures", "skipped"):
        assert int(root.get(name)) == sum(int(suite.get(name)) for suite in root.iter("testsuite"))


def test_a_deviation_that_was_declared_but_not_seen_fails_in_junit(make, tmp_path):
    record = make()
    claims = tuple(claim.model_copy(update={"deviates_because": "known"}) for claim in record.paper.claims)
    record = record.model_copy(update={"paper": record.paper.model_copy(update={"claims": claims})})
    verdicts = judge(record)
    render(record, verdicts, tmp_path, pdf=False)
    failures = len(list(junit(tmp_path).iter("failure")))
    assert failures == sum(verdict.outcome is Outcome.REPRODUCED for verdict in verdicts) > 0


def test_junit_stays_xml_whatever_a_sentence_holds(record, verdicts, tmp_path):
    sentence = "]]> <failure/> & \" ' \x00\x0b\ud800 end"
    render(record, [verdict.model_copy(update={"sentence": sentence}) for verdict in verdicts], tmp_path, pdf=False)
    root = junit(tmp_path)
    assert len(list(root.iter("testcase"))) == len(verdicts)
    assert all("<failure/>" in failure.get("message") for failure in root.iter("failure"))
