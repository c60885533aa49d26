"""The assumptions of a paper for the page: the one with the largest effect first, and the claims each was fitted to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.report.case import Case
from harness.report.sensitivity import AssumptionEffect
from harness.spec.paper import Assumption, Paper
from harness.spec.selection import fits


def ranked(paper: Paper, effects: Sequence[AssumptionEffect]) -> list[tuple[str, Assumption, AssumptionEffect | None]]:
    """Return every assumption with its effect, the largest first; those without another measured reading come last."""
    first = [(each.name, paper.assumptions[each.name], each) for each in effects if each.name in paper.assumptions]
    known = {name for name, _, _ in first}
    return [*first, *((name, each, None) for name, each in paper.assumptions.items() if name not in known)]


def fitted_to(assumption: Assumption, cases: Mapping[str, Case]) -> tuple[list[Case], list[str]]:
    """Return the claims that a reading was fitted to, and the patterns that match none of the record's claims."""
    fitting = [case for claim, case in cases.items() if any(fits(claim, pattern) for pattern in assumption.fitted_on)]
    rest = [pattern for pattern in assumption.fitted_on if not any(fits(claim, pattern) for claim in cases)]
    return fitting, rest
