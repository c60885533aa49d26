"""Rivals of the claims of a record, with the margins of their verdicts, and rivals in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from harness.errors import plural
from harness.judge.clean import is_exact
from harness.judge.kind_facts import recipe_of
from harness.judge.numbers import style
from harness.judge.verdict import Verdict
from harness.kinds.attack import AttackRecipe
from harness.kinds.unit import UNITS
from harness.record.measurement import FIRST_PILOT
from harness.record.model import Record
from harness.spec.claim import Claim
from harness.spec.rivals import Rival, Sort, accepted, counted, rivals


def rivals_of(record: Record, verdicts: Sequence[Verdict]) -> dict[str, tuple[Rival, ...]]:
    """Return the rivals of every claim that has a margin and is compared with a printed number, by claim id."""
    controls, ours, claims = controls_of(record), clean_means(record), record.paper.by_id
    exact = {name for name in ours if is_exact(record.measurements[name], record)}
    return {
        verdict.claim: rivals(claims[verdict.claim], verdict.margin, record.paper, controls, ours, exact)
        for verdict in verdicts
        if accepted(claims[verdict.claim], verdict.margin) is not None
    }


def controls_of(record: Record) -> frozenset[str]:
    """Return the names of a record's attacks that are controls; attacks whose kind is not installed are left out."""
    names = record.recipes.get(AttackRecipe.group, {})
    found = {name: recipe_of(AttackRecipe.group, name, record) for name in names}
    return frozenset(name for name, recipe in found.items() if isinstance(recipe, AttackRecipe) and recipe.control)


def clean_means(record: Record) -> dict[str, float]:
    """Return the mean over judged runs of what was measured without an attack, by claim id, in the natural unit."""
    means = {}
    for claim in record.paper.claims:
        measurement = record.measurements.get(claim.id)
        if claim.measure.attack is None and measurement is not None and measurement.comparable:
            values = [run.measured.value for run in measurement.runs if run.run < FIRST_PILOT]
            if values:
                means[claim.id] = math.fsum(values) / len(values)
    return means


def rival_in_words(rival: Rival, claim: Claim) -> str:
    """Return a rival with its value: ``10 % as printed without an attack (table-1/…)``."""
    if rival.value is None:
        return rival.sort.value
    written = style(claim.expected, rival.value)
    number = f"{rival.value:.10g}" if not rival.measured else written.plain(rival.value)
    value = number.replace("-", "−") + UNITS[written.unit].after
    source = f" ({rival.source})" if rival.source else ""
    if rival.sort is Sort.CLEAN:
        ours = "exact in our runs" if rival.exact else "over our runs"
        how = ours if rival.measured else "as printed"
        return f"{value} {how} without an attack{source}"
    if rival.sort is Sort.CONTROL:
        return f"{value} as printed under a control ({rival.label or rival.source})"
    return f"{value}, the end of the range"


def rivals_in_words(found: Sequence[Rival], claim: Claim) -> str:
    """Return the rivals of a claim; empty if there are none."""
    return "; ".join(rival_in_words(rival, claim) for rival in found)


def rivals_told(found: Mapping[str, tuple[Rival, ...]], noun: str = "claim") -> str:
    """Return how many of some claims have rivals, and of which sorts, in a sentence; empty if none has.

    Args:
        found: claim id -> its rivals, for the claims that could have some.
        noun: what a claim is called there.
    """
    having = sum(bool(each) for each in found.values())
    if not having:
        return ""
    sorts = [f"{sort.value} ({number})" for sort, number in counted(found.values()).items()]
    of = plural(len(found), noun)
    holds = "The margin of 1" if having == 1 else f"The margins of {having}"
    also = "also includes" if having == 1 else "also include"
    return f"{holds} of {of} {also} alternative values, which would reproduce too: {', '.join(sorts)}."
