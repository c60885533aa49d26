"""results.csv and junit.xml: what machines read back; the other files are in test_machine.py."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from harness.judge import exit_status, judge
from harness.judge.exits import refutations
from harness.judge.outcome import Outcome
from harness.record.measurement import Missing
from harness.report import render
from harness.report.cases import cases_of
from harness.report.claim_rows import COLUMNS
from harness.report.csv_text import guarded
from harness.report.junit import as_junit


def folder_of(report):
    return report.written[0].parent


def junit_of(record, verdicts) -> ET.Element:
    return ET.fromstring(as_junit(record, cases_of(record, verdicts).values()).encode())  # noqa: S314  our own


def junit(folder: Path) -> ET.Element:
    return ET.parse(folder / "junit.xml").getroot()  # noqa: S314  written by the test itself


def test_the_csv_has_one_row_a_claim_and_its_numbers_are_the_verdicts(report, verdicts):
    frame = pd.read_csv(folder_of(report) / "results.csv")
    assert list(frame.columns) == list(COLUMNS)
    assert list(frame["claim"]) == [verdict.claim for verdict in verdicts]
    for verdict, (_, row) in zip(verdicts, frame.iterrows(), strict=True):
        assert row["outcome"] == verdict.outcome
        assert row["sentence"] == verdict.sentence
        compares = verdict.relates.paired
        for name in ("mean", "sd", "margin", "limit"):
            told = getattr(verdict, name)
            shown = row["difference" if compares and name == "mean" else name]
            assert pd.isna(shown) if told is None else shown == pytest.approx(told, rel=1e-9)


def test_the_csv_keeps_numbers_as_the_paper_prints_them(report):
    with (folder_of(report) / "results.csv").open(newline="") as file:
        printed = {row["claim"]: row["printed"] for row in csv.DictReader(file)}
    assert printed["table-1/fc10-1e-2/train-error"] == "10"
    assert printed["table-1/fc10-1/distortion"] == "0.14"


def test_in_the_csv_mean_and_runs_are_of_the_measure_itself_and_difference_is_to_what_it_is_held_against(
    record, report
):
    claims = record.paper.by_id
    seen = set()
    for _, row in pd.read_csv(folder_of(report) / "results.csv", dtype={"runs": "str"}).iterrows():
        claim, runs = claims[row["claim"]], record.measurements.get(row["claim"])
        if runs is None or not runs.runs:
            assert pd.isna(row["mean"])
            assert pd.isna(row["difference"])
            continue
        values = [run.measured.value / claim.expected.scale for run in runs.runs]
        assert [float(value) for value in row["runs"].split()] == pytest.approx(values)
        assert row["mean"] == pytest.approx(sum(values) / len(values))
        if claim.expected.relates.paired:
            others = [run.other.value / claim.expected.scale for run in runs.runs]
            assert row["difference"] == pytest.approx(sum(values) / len(values) - sum(others) / len(others))
            seen.add("other")
        elif claim.expected.number is not None:
            assert row["difference"] == pytest.approx(row["mean"] - claim.expected.number)
            seen.add("printed")
    assert seen == {"other", "printed"}


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd",
        "-cmd|x",
        "@SUM(A1)",
        "\t=1",
        "\n=1",
        "-",
        "+1 +1",
        "=HYPERLINK(1)",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(A1)",
        "\u3000=1",
        "\u200b=1",
        " =1",
        "+1_000",
        "-inf",
    ],
)
def test_no_cell_can_be_taken_for_a_formula(text):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-1.5", "+0.2", "-3e-05", "-.5", "0.062", "", "fc10", "a=1", "a＝1", "−1.5"])
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


def chained(record):
    """The record with every measuring made from one common training, which was itself made from one fetching."""
    measures = {key: job | {"inputs": ["train"]} for key, job in record.jobs.items() if job["verb"] == "measure"}
    jobs = measures | {
        "train": {"verb": "train", "name": "fc10-1", "seconds": 480.5, "inputs": ["fetch"]},
        "fetch": {"verb": "fetch", "name": "mnist", "seconds": 7.25},
    }
    return record.model_copy(update={"jobs": jobs})


def test_junits_times_add_up_to_those_of_the_records_jobs_and_what_is_shared_counts_with_the_first_claim(
    make, verdicts, tmp_path
):
    record = chained(make())
    render(record, verdicts, tmp_path, pdf=False)
    root = junit(tmp_path)
    total = sum(job["seconds"] for job in record.jobs.values())
    times = [float(case.get("time")) for case in root.iter("testcase")]
    assert sum(times) == pytest.approx(total)
    assert float(root.get("time")) == pytest.approx(total)
    assert times[0] == pytest.approx(480.5 + 7.25 + 3 * 0.25)
    assert max(times[1:]) < 7.25


def test_junit_counts_no_time_for_a_claim_that_was_not_run(make, verdicts, tmp_path):
    render(chained(make()), verdicts, tmp_path, pdf=False)
    times = {case.get("name"): float(case.get("time")) for case in junit(tmp_path).iter("testcase")}
    assert times["section-4/imagenet"] == 0


def test_a_deviation_that_was_declared_but_not_seen_fails_in_junit(make, tmp_path):
    record = make()
    claims = tuple(claim.model_copy(update={"deviates_because": "known"}) for claim in record.paper.claims)
    record = record.model_copy(update={"paper": record.paper.model_copy(update={"claims": claims})})
    verdicts = judge(record)
    render(record, verdicts, tmp_path, pdf=False)
    failed = {case.get("name") for case in junit(tmp_path).iter("testcase") if case.find("failure") is not None}
    primary = {verdict.claim for verdict in verdicts if verdict.primary and verdict.outcome is Outcome.REPRODUCED}
    assert failed == primary != set()


TEXT, TIME = re.compile(r".*", re.DOTALL), re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]{0,3})?")
JENKINS = {
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"time": TIME, "skipped": TEXT, "timestamp": TEXT, "hostname": TEXT, "id": TEXT, "package": TEXT},
        r"((testsuite|properties|testcase|system-out|system-err) )*",
    ),
    "testcase": (
        {"name"},
        {"time": TEXT, "classname": TEXT, "group": TEXT},
        r"((skipped|error|failure|rerunFailure|rerunError|flakyFailure|flakyError|system-out|system-err) )*",
    ),
    "failure": (set(), {"type": TEXT, "message": TEXT}, ""),
    "skipped": (set(), {"type": TEXT, "message": TEXT}, ""),
}
"""Element -> attributes that junit-10.xsd of Jenkins' xUnit plugin requires, those it allows besides, and the order of its
children."""
SUREFIRE = {
    "testsuite": (
        {"name", "tests", "errors", "skipped", "failures"},
        {"time": TIME, "group": TEXT},
        r"(properties )*(testcase )*",
    ),
    "testcase": (
        {"name", "time"},
        {"classname": TEXT, "group": TEXT},
        r"(failure )*(rerunFailure )*(flakyFailure )*(skipped )?(error )?(rerunError )*(flakyError )*(system-out )?(system-err )?",
    ),
    "failure": ({"type"}, {"message": TEXT}, ""),
    "skipped": (set(), {"message": TEXT}, ""),
}
"""The same of Maven Surefire's surefire-test-report.xsd."""


def check_schema(root):
    assert root.tag == "testsuite"  # the only root that both schemas have
    for schema in (JENKINS, SUREFIRE):
        for element in root.iter():
            required, allowed, order = schema[element.tag]
            assert required <= set(element.attrib) <= required | set(allowed), element.tag
            assert re.fullmatch(order, "".join(f"{child.tag} " for child in element)), element.tag
            assert all(allowed.get(name, TEXT).fullmatch(value) for name, value in element.attrib.items())
            assert TIME.fullmatch(element.get("time", ""))
            assert all(
                re.fullmatch("[0-9]+", element.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")
            )
            text = "".join([*element.attrib.values(), element.text or ""])
            assert not [c for c in text if ord(c) < 32 and c not in "\t\n\r"]
            assert not element.text or element.tag in {"failure", "skipped"} or not element.text.strip()
    assert all(len(case) <= 1 for case in root.iter("testcase"))


@pytest.mark.parametrize("seconds", [0.0004, 12.5, 98765.4321, 1e15, -3, None, "long"])
def test_junit_follows_the_schemas_of_jenkins_and_surefire_whatever_was_measured(make, verdicts, seconds):
    record = make()
    record = record.model_copy(update={"jobs": {key: job | {"seconds": seconds} for key, job in record.jobs.items()}})
    odd = {"sentence": "\x00\x1b[1m\ufffe <&> \r\n end", "reason": "\x07odd"}
    for told in (verdicts, [verdict.model_copy(update=odd) for verdict in verdicts]):
        check_schema(junit_of(record, told))


def test_junit_of_a_record_without_measurements_follows_the_schemas_too(bare):
    check_schema(junit_of(*bare))


CHANGES = [
    {},
    {"primary": False},
    {"qualifiers": ("predicted",)},
    {"qualifiers": ("explained-afterwards",)},
    {"p_value": 0.9},
    {"reason": "unexpected-pass"},
    {"reason": "unexpected-pass", "primary": False},
    {"attempt": Missing(reason="no-device", sentence="No GPU here.")},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_junit_fails_exactly_where_the_exit_status_counts_a_refutation(record, verdicts, change):
    changed = [verdict.model_copy(update=change) for verdict in verdicts]
    root = junit_of(record, changed)
    failed = {case.get("name") for case in root.iter("testcase") if case.find("failure") is not None}
    assert failed == refutations(changed)
    assert (int(root.get("failures")) > 0) == (exit_status(changed) == 1)
    passed = {case.get("name") for case in root.iter("testcase") if not len(case)}
    now = {verdict.claim for verdict in changed if verdict.outcome is Outcome.REPRODUCED and not verdict.attempt}
    assert passed == now - refutations(changed)


def test_junit_stays_xml_whatever_a_sentence_holds(record, verdicts, tmp_path):
    sentence = "]]> <failure/> & \" ' \x00\x0b\ud800 end"
    render(record, [verdict.model_copy(update={"sentence": sentence}) for verdict in verdicts], tmp_path, pdf=False)
    root = junit(tmp_path)
    assert len(list(root.iter("testcase"))) == len(verdicts)
    assert all("<failure/>" in failure.get("message") for failure in root.iter("failure"))
