"""junit.xml: one testcase for each claim, for systems that show test results.

A claim's time is that of its dependencies (fetching, training, attacks, measuring), without those already counted for an
earlier claim: the times add up to those of the record's jobs, and a network is counted with the first claim that needs it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from harness.judge.exits import refutations
from harness.judge.outcome import Outcome
from harness.judge.verdict import PREDICTED
from harness.record.model import Record
from harness.record.upstream import upstream
from harness.report.case import Case
from harness.report.words import plain

NAME = "junit.xml"
"""The file, in the folder of the report."""


def as_junit(record: Record, cases: Iterable[Case]) -> str:
    """Return JUnit XML, valid for Jenkins' xUnit plugin (junit-10.xsd) and for Maven's Surefire (surefire-test-report.xsd).

    One suite is the root, as Surefire has it; the exhibit is the class of a testcase. A failure is what the exit status counts as refuted (``refutations``); every other claim that did not reproduce now is skipped.
    """
    paper, cases = record.paper.name, list(cases)
    refuted = refutations([case.verdict for case in cases])
    counted: set[str] = set()
    testcases = []
    for case in cases:
        own = _upstream(case, record.jobs) - counted
        counted |= own
        testcases.append(_testcase(case, paper, _seconds(own, record.jobs), failed=case.claim.id in refuted))
    root = ET.Element("testsuite", {"name": plain(paper)} | _totals(testcases))
    root.extend(testcases)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _testcase(case: Case, paper: str, seconds: float, *, failed: bool) -> ET.Element:
    verdict = case.verdict
    name = {"classname": plain(f"{paper}.{case.exhibit.id}"), "name": plain(case.claim.id)}
    testcase = ET.Element("testcase", name | {"time": f"{seconds:.3f}"})
    if failed:
        _say(testcase, "failure", verdict.sentence, verdict.reason)
    elif why := _why_skipped(case):
        _say(testcase, "skipped", f"{why}: {verdict.sentence}")
    return testcase


def _why_skipped(case: Case) -> str:
    """Return why a claim is skipped; empty for one that reproduced now."""
    verdict = case.verdict
    if verdict.outcome is Outcome.REPRODUCED and verdict.attempt is not None:
        return f"not fully measured now, {verdict.attempt.reason}"
    if verdict.outcome is Outcome.REPRODUCED:
        return ""
    found = f"{case.look.word}, {verdict.reason}"
    if verdict.outcome is not Outcome.NOT_REPRODUCED:
        return found
    if verdict.excused:
        return f"{found}, {'as predicted' if PREDICTED in verdict.qualifiers else 'explained afterwards'}"
    if not verdict.primary:
        return f"{found}, not counted because secondary"
    return f"{found}, not counted because it does not remain after Holm's correction for the number of claims"


def _say(testcase: ET.Element, tag: str, message: str, reason: str | None = None) -> None:
    attributes = {"message": plain(message)} | ({"type": plain(reason)} if reason else {})
    ET.SubElement(testcase, tag, attributes)


def _upstream(case: Case, jobs: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return the keys of the jobs a claim depends on."""
    return set(upstream(case.measurement.keys, jobs))


def _seconds(keys: Iterable[str], jobs: Mapping[str, Mapping[str, Any]]) -> float:
    taken = [jobs[key].get("seconds", 0.0) for key in sorted(keys)]
    known = [float(seconds) for seconds in taken if isinstance(seconds, int | float)]
    return math.fsum(seconds for seconds in known if 0 <= seconds < math.inf)


def _totals(testcases: list[ET.Element]) -> dict[str, str]:
    return {
        "tests": str(len(testcases)),
        "failures": str(sum(testcase.find("failure") is not None for testcase in testcases)),
        "errors": "0",
        "skipped": str(sum(testcase.find("skipped") is not None for testcase in testcases)),
        "time": f"{sum(float(testcase.get('time', '0')) for testcase in testcases):.3f}",
    }
