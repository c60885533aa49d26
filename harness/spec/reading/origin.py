"""Reports contradictory keys on the origin of a printed number: the mean or the best of several runs."""

from __future__ import annotations

from collections.abc import Mapping

from harness.kinds.metric import Better
from harness.spec.claim import Expected
from harness.spec.reading.node import Node, Problems
from harness.spec.reading.validate import Missing
from harness.spec.rules.numbers import PRINTED_OVER_RUNS, RELATION_DOES_NOT_USE

ORIGIN = ("printed_runs", "printed_sd", "printed_is")
"""The keys that describe the origin of a printed number."""


def report_origin(
    expected: Expected,
    keys: Mapping[str, Node],
    missing: Missing,
    better: Better | None,
    problems: Problems,
) -> None:
    """Report keys that contradict each other, or lack what they need.

    Args:
        expected: the expectation.
        keys: its keys as written.
        missing: where to report that a key is missing.
        better: which values are best; None if the metric is unknown.
        problems: receives every mistake.
    """
    given = {key: keys[key] for key in ORIGIN if key in keys}
    if not expected.relates.printed:
        for key, node in given.items():
            why = f"the relation {expected.relates.word} does not use a printed number; delete {key!r}"
            problems.at_key(node, RELATION_DOES_NOT_USE, why)
        return
    if "printed_sd" in given:
        _report_spread(expected, given, missing, problems)
    if "printed_is" in given:
        _report_best(expected, given, keys, better, problems)


def _report_spread(expected: Expected, given: Mapping[str, Node], missing: Missing, problems: Problems) -> None:
    node = given["printed_sd"]
    if not node.bad and float(expected.printed_sd or 0) < 0:
        problems.at(node, PRINTED_OVER_RUNS, f"a standard deviation cannot be negative; found {expected.printed_sd}")
    if "printed_runs" not in given:
        place = missing("printed_runs").within("printed_runs")
        problems.at_place(place, PRINTED_OVER_RUNS, "missing; write the number of runs of 'printed_sd'")


def _report_best(
    expected: Expected,
    given: Mapping[str, Node],
    keys: Mapping[str, Node],
    better: Better | None,
    problems: Problems,
) -> None:
    node = given["printed_is"]
    others = [key for key in given if key != "printed_is"]
    if others:
        why = f"a number is the best of several runs or their mean; delete this, or {' and '.join(map(repr, others))}"
        problems.at_key(node, PRINTED_OVER_RUNS, why)
    if not expected.relates.quantity.own_unit:
        why = f"there is no best {expected.relates.quantity.column}; delete it"
        problems.at_key(node, PRINTED_OVER_RUNS, why)
    elif better == "neither":
        why = (
            "this metric has no best value: neither lower nor higher is better, or what is better for the model "
            "is worse for the attack; delete it"
        )
        problems.at_key(node, PRINTED_OVER_RUNS, why)
    if expected.margin is not None and expected.margin.sampling is not None:
        why = "a sampling margin is for one run, not for the best of several; write an absolute or relative margin"
        problems.at_key(keys["margin"].entries["sampling"], PRINTED_OVER_RUNS, why)
