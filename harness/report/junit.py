"""junit.xml: one testcase a claim, for the machines that show test results.

A claim's time is that of all jobs behind it (fetching, training, attacks and measuring) which no earlier claim counted:
the times add up to those of the record's jobs, and a network is counted with the first claim that needed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from harness.judge.contents import behind
from harness.judge.record import Record
from harness.judge.verdict import Outcome
from harness.report.cases import Case
from harness.report.words import plain


def as_junit(record: Record, cases: Iterable[Case]) -> str:
    """Return JUnit XML: NOT_REPRODUCED is a failure; without a decision, or deviating as declared, is skipped.

    A claim declared as deviating that reproduced all the same is a failure too: the declaration is out of date.
    """
    paper = record.paper.name
    suites: dict[str, list[ET.Element]] = {}
    counted: set[str] = set()
    for case in cases:
        own = _behind(case, record.jobs) - counted
        counted |= own
        suites.setdefault(case.exhibit.id, []).append(_testcase(case, paper, _seconds(own, record.jobs)))
    root = ET.Element("testsuites", {"name": plain(paper)})
    for exhibit, testcases in suites.items():
        suite = ET.SubElement(root, "testsuite", {"name": plain(f"{paper}/{exhibit}")} | _totals(testcases))
        suite.extend(testcases)
    root.attrib.update(_totals(list(root.iter("testcase"))))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _testcase(case: Case, paper: str, seconds: float) -> ET.Element:
    verdict = case.verdict
    name = {"classname": plain(f"{paper}.{case.exhibit.id}"), "name": plain(case.claim.id)}
    testcase = ET.Element("testcase", name | {"time": f"{seconds:.3f}"})
    declared = case.claim.deviates_because
    if verdict.outcome is Outcome.NOT_REPRODUCED and declared is None:
        _say(testcase, "failure", verdict.sentence, verdict.reason)
    elif verdict.outcome is Outcome.NOT_REPRODUCED:
        _say(testcase, "skipped", f"deviates as declared ({declared}): {verdict.sentence}")
    elif verdict.outcome is Outcome.REPRODUCED and declared is not None:
        _say(testcase, "failure", f"declared as deviating ({declared}), yet: {verdict.sentence}", "deviation-not-seen")
    elif verdict.outcome is not Outcome.REPRODUCED:
        _say(testcase, "skipped", f"{case.look.word}, {verdict.reason}: {verdict.sentence}")
    return testcase


def _say(testcase: ET.Element, tag: str, message: str, reason: str | None = None) -> None:
    attributes = {"message": plain(message)} | ({"type": plain(reason)} if reason else {})
    ET.SubElement(testcase, tag, attributes)


def _behind(case: Case, jobs: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return the keys of the jobs a claim rests on: those that measured it, and whatever they were made from."""
    return set(behind((key for run in case.measurement.runs for side in run.sides for key in side.keys), jobs))


def _seconds(keys: Iterable[str], jobs: Mapping[str, Mapping[str, Any]]) -> float:
    taken = [jobs[key].get("seconds", 0.0) for key in sorted(keys)]
    return sum(float(seconds) for seconds in taken if isinstance(seconds, int | float))


def _totals(testcases: list[ET.Element]) -> dict[str, str]:
    return {
        "tests": str(len(testcases)),
        "failures": str(sum(testcase.find("failure") is not None for testcase in testcases)),
        "errors": "0",
        "skipped": str(sum(testcase.find("skipped") is not None for testcase in testcases)),
        "time": f"{sum(float(testcase.get('time', '0')) for testcase in testcases):.3f}",
    }
