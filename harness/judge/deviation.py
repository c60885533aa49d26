"""Declared deviations: predicted (preregistered) if the record shows that, else explained."""

from __future__ import annotations

from harness.judge.verdict import EXPLAINED, PREDICTED
from harness.record.dates import days, measured, moment
from harness.record.measurement import Measurement
from harness.record.model import Record
from harness.record.protocol import DEVIATION, alike
from harness.spec.claim import Claim


def declared_deviation(claim: Claim, measurement: Measurement, record: Record) -> tuple[str, str]:
    """Return the qualifier of a declared deviation that was measured, and a sentence that gives its reason."""
    because = (claim.deviates_because or "").strip().rstrip(".")
    since, after_runs = _declared(claim, because, record)
    seen, runs, day = moment(since), measured(measurement, record.jobs), days(measurement, record.jobs)
    # A prediction needs three things: the same words, no judged run in the record at that time, and dates that prove it.
    if seen is not None and not after_runs and runs is not None and seen <= runs[0]:
        when = f"declared by {seen.date()}, before the first run in this record, measured on {day}"
        return PREDICTED, f"This deviation was predicted ({when}): {because}."
    dates = [f"runs measured on {day}"] if day else []
    dates += [f"explanation first recorded on {seen.date()}"] if seen is not None else []
    when = f" ({', '.join(dates)})" if dates else ""
    return EXPLAINED, f"This deviation was explained afterwards{when}: {because}."


def _declared(claim: Claim, because: str, record: Record) -> tuple[str, int]:
    """Return since when the protocol has a declaration in these words, and the number of judged runs at that time."""
    protocol = record.protocol
    if protocol is None or claim.id not in protocol.promises:
        return "", 0
    same = alike(protocol.terms(claim.id).get(DEVIATION, ""), because)
    return protocol.last_set(claim.id, DEVIATION) if same else ("", 0)
