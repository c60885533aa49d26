"""Whether a deviation was predicted: declared before its first judged run, as far as the record shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from harness.judge.contents import FIRST_PILOT, Declared, Measurement, Record
from harness.judge.dates import days, measured, moment
from harness.judge.verdict import EXPLAINED, PREDICTED
from harness.spec.claim import Claim


def first_seen(claims: Iterable[Claim], earlier: Record | None, now: datetime) -> dict[str, Declared]:
    """Return what is declared now, by claim id, as if it were seen for the first time; ``carried`` knows better.

    Args:
        claims: those of the pack.
        earlier: the record as it was left, out-of-date measurements included.
        now: before any job is begun.
    """
    measurements = earlier.measurements if earlier is not None else {}
    return {
        claim.id: Declared(
            because=claim.deviates_because,
            first_seen=now.isoformat(timespec="seconds"),
            after_runs=_judged(measurements.get(claim.id)),
        )
        for claim in claims
        if claim.deviates_because
    }


def carried(earlier: Mapping[str, Declared], latest: Mapping[str, Declared]) -> dict[str, Declared]:
    """Return what is declared now, each since it was first seen in these words; other words are another declaration."""
    return {
        claim: earlier[claim] if claim in earlier and _alike(earlier[claim].because, declared.because) else declared
        for claim, declared in latest.items()
    }


def foresight(claim: Claim, measurement: Measurement, record: Record) -> tuple[str, str]:
    """Return the qualifier of a declared deviation that was measured, and a sentence that gives its reason."""
    declared = record.declared.get(claim.id)
    because = (claim.deviates_because or "").strip().rstrip(".")
    shown = declared is not None and _alike(declared.because, because)
    seen = moment(declared.first_seen) if declared is not None and shown else None
    runs, day = measured(measurement, record.jobs), days(measurement, record.jobs)
    if declared is not None and seen is not None and not declared.after_runs and runs is not None and seen <= runs[0]:
        when = f"declared by {seen.date()}, before the first run in this record, measured on {day}"
        return PREDICTED, f"This deviation was predicted ({when}): {because}."
    dates = [f"the runs are of {day}"] if day else []
    dates += [f"the explanation was first seen on {seen.date()}"] if seen is not None else []
    when = f" ({', '.join(dates)})" if dates else ""
    return EXPLAINED, f"This deviation was explained afterwards{when}: {because}."


def _judged(measurement: Measurement | None) -> bool:
    return measurement is not None and measurement.comparable and any(run.run < FIRST_PILOT for run in measurement.runs)


def _alike(one: str, other: str) -> bool:
    return one.split() == other.split() or one.strip().rstrip(".").split() == other.strip().rstrip(".").split()
