"""Since when deviations are declared; one declared before the claim's first judged run is a prediction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from harness.record.measurement import FIRST_PILOT, Measurement
from harness.record.model import Declared, Record
from harness.spec.claim import Claim


def first_seen(claims: Iterable[Claim], earlier: Record | None, now: datetime) -> dict[str, Declared]:
    """Return what is declared now, by claim id, as first seen now; ``carried`` keeps earlier dates.

    Args:
        claims: those of the pack.
        earlier: the earlier record, with its outdated measurements.
        now: a time before any job is begun.
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
    """Return the latest declarations, with the date of an earlier one in the same words; other words are a new one."""
    return {
        claim: earlier[claim] if claim in earlier and alike(earlier[claim].because, declared.because) else declared
        for claim, declared in latest.items()
    }


def _judged(measurement: Measurement | None) -> bool:
    return measurement is not None and measurement.comparable and any(run.run < FIRST_PILOT for run in measurement.runs)


def alike(one: str, other: str) -> bool:
    """Whether two declarations are in the same words; spaces and the last full stop do not count."""
    return one.split() == other.split() or one.strip().rstrip(".").split() == other.strip().rstrip(".").split()
