"""Orders a paper states, compared with its own tables, in a sentence."""

from __future__ import annotations

from harness.errors import plural
from harness.report.case import Case
from harness.report.words import listed, with_unit
from harness.spec.orders import PrintedPair

NAMED = 6
"""Pairs that disagree, named one by one."""


def order_in_words(case: Case) -> str:
    """Return what is printed for both sides of an order, and which pairs contradict it; empty if nothing is."""
    order = case.order
    if order is None:
        return ""
    mine, theirs = (_number(case, number) for number in (order.measured, order.other))
    sign = "=" if mine == theirs else "<" if order.measured < order.other else ">"
    means = f"The paper's own tables print, on average, {mine} {sign} {theirs}"
    if len(order.pairs) < 2:  # nothing to compare but the means themselves
        return f"{means}." if order.agrees else f"{means}: the opposite."
    if not order.against:
        return f"{means}; all {len(order.pairs)} pairs fed to one network agree."
    shown = [_pair(case, pair) for pair in order.against[:NAMED]]
    shown += [f"{len(order.against) - NAMED} more"] if len(order.against) > NAMED else []
    verb = "disagrees" if len(order.against) == 1 else "disagree"
    return f"{means}; {len(order.against)} of {plural(len(order.pairs), 'pair')} fed to one network {verb}: {listed(shown)}."


def _pair(case: Case, pair: PrintedPair) -> str:
    several = isinstance(case.claim.measure.data, tuple)
    fed = f"{pair.model} on {pair.data}" if several else pair.model
    sign = "<" if pair.measured < pair.other else ">"
    return f"fed to {fed}, {_number(case, pair.measured)} {sign} {_number(case, pair.other)}"


def _number(case: Case, number: float) -> str:
    return with_unit(f"{number:.4g}", case.unit)
