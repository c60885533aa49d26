"""junit.xml: one testcase a claim, for the machines that show test results."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

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
    for case in cases:
        suites.setdefault(case.exhibit.id, []).append(_testcase(case, record))
    root = ET.Element("testsuites", {"name": plain(paper)})
    for exhibit, testcases in suites.items():
        suite = ET.SubElement(root, "testsuite", {"name": plain(f"{paper}/{exhibit}")} | _totals(testcases))
        suite.extend(testcases)
    root.attrib.update(_totals(list(root.iter("testcase"))))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _testcase(case: Case, record: Record) -> ET.Element:
    verdict = case.verdict
    name = {"classname": plain(f"{record.paper.name}.{case.exhibit.id}"), "name": plain(case.claim.id)}
    testcase = ET.Element("testcase", name | {"time": f"{_seconds(case, record):.3f}"})
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


def _seconds(case: Case, record: Record) -> float:
    """Return what the claim's own measuring took; training and attacks are shared and not counted."""
    keys = {key for run in case.measurement.runs for key in run.measured.keys}
    taken = [record.jobs.get(key, {}).get("seconds", 0.0) for key in keys]
    return sum(float(seconds) for seconds in taken if isinstance(seconds, int | float))


def _totals(testcases: list[ET.Element]) -> dict[str, str]:
    return {
        "tests": str(len(testcases)),
        "failures": str(sum(testcase.find("failure") is not None for testcase in testcases)),
        "errors": "0",
        "skipped": str(sum(testcase.find("skipped") is not None for testcase in testcases)),
        "time": f"{sum(float(testcase.get('time', '0')) for testcase in testcases):.3f}",
    }
