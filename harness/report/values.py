"""The printed quantity of each judged run of a claim, in the printed unit."""

from __future__ import annotations

from collections.abc import Collection

from harness.judge.independence import collapse_deterministic
from harness.judge.looks import spending
from harness.judge.observed import number_of, observe
from harness.record.measurement import Measurement, Run
from harness.record.model import Record
from harness.spec.claim import Claim


def quantity_of(claim: Claim, run: Run) -> float | None:
    """Return what a run gives of the quantity that is printed: the measure, or its ratio where a ratio is printed.

    None if the run has no such ratio.
    """
    own = claim.expected.relates.quantity.own_unit
    return run.measured.value / claim.expected.scale if own else number_of(claim, run)


def tested_runs(record: Record, claim: Claim, measurement: Measurement) -> tuple[Run, ...]:
    """Return the runs that the verdict is on: those of the last look that is reached."""
    measurement = collapse_deterministic(measurement, record.jobs)
    observed = observe(claim, measurement, spending(record.paper.looks))
    numbers: Collection[int] = observed.numbers if observed is not None else ()
    return tuple(run for run in measurement.runs if run.run in numbers)


def quantities(record: Record, claim: Claim, measurement: Measurement) -> tuple[float, ...]:
    """Return the printed quantity of every judged run, in order."""
    found = (quantity_of(claim, run) for run in tested_runs(record, claim, measurement))
    return tuple(value for value in found if value is not None)
