"""Declared deviations: predicted (preregistered) if the record shows that, else explained."""

from __future__ import annotations

from harness.judge.verdict import EXPLAINED, PREDICTED
from harness.record.dates import days, measured, moment
from harness.record.declarations import alike
from harness.record.measurement import Measurement
from harness.record.model import Record
from harness.spec.claim import Claim


def declared_deviation(claim: Claim, measurement: Measurement, record: Record) -> tuple[str, str]:
    """Return the qualifier of a declared deviation that was measured, and a sentence that gives its reason."""
    declared = record.declared.get(claim.id)
    because = (claim.deviates_because or "").strip().rstrip(".")
    same = declared is not None and alike(declared.because, because)
    seen = moment(declared.first_seen) if declared is not None and same else None
    runs, day = measured(measurement, record.jobs), days(measurement, record.jobs)
    # A prediction needs three things: these very words, no judged run in the record by then, and dates that show it.
    if declared is not None and seen is not None and not declared.after_runs and runs is not None and seen <= runs[0]:
        when = f"declared by {seen.date()}, before the first run in this record, measured on {day}"
        return PREDICTED, f"This deviation was predicted ({when}): {because}."
    dates = [f"the runs are of {day}"] if day else []
    dates += [f"the explanation was first seen on {seen.date()}"] if seen is not None else []
    when = f" ({', '.join(dates)})" if dates else ""
    return EXPLAINED, f"This deviation was explained afterwards{when}: {because}."
