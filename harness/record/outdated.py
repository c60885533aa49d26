"""What an earlier record still says: the measurements whose claims depend today on what they did then."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import RecordError, StoreError, UsageError
from harness.plan import make_plan
from harness.record.file import RESTORE
from harness.record.measurement import Measurement, Sampled
from harness.record.model import Declared, MeasuredVariant, Record
from harness.spec.paper import Spec
from harness.spec.variants import ReadPack
from harness.store import Store

SAME = 1e-9
"""Values this close are one: the order in which a mean is summed may cost so much."""


@dataclass(frozen=True)
class EarlierRecord:
    """What is known of a pack before any of its jobs is begun.

    Attributes:
        record: the earlier record, as far as it is still true; None where there is none.
        declared: what the pack declares to deviate, and whether it was measured by then.
    """

    record: Record | None
    declared: Mapping[str, Declared]


def drop_outdated(old: Record, spec: Spec, read: ReadPack) -> Record:
    """Return a record without the measurements of claims whose number depends on something since changed.

    Args:
        old: the earlier record, of any budget.
        spec: the pack as it is now, under its chosen readings.
        read: reads it under another budget, or other readings.
    """
    variants = {
        label: MeasuredVariant(
            readings=each.readings, measurements=_current(spec, read, each.readings, each.measurements)
        )
        for label, each in old.variants.items()
        if _is_open(spec, each.readings)
    }
    variants = {label: each for label, each in variants.items() if each.measurements}
    kept = _current(spec, read, {}, old.measurements)
    pictures = {claim: drawn for claim, drawn in old.pictures.items() if claim in kept}
    return old.model_copy(update={"measurements": kept, "variants": variants, "pictures": pictures})


def compare_with_store(old: Record, store: Store, file: Path) -> None:
    """Compare an earlier record with what the store still holds of the very same jobs.

    A job that was done again, at another time, may differ in the last digits and tells nothing.

    Raises:
        RecordError: where the two differ, before the record's value gets a new checksum.
    """
    for measurement in old.all_measurements:
        for run in measurement.runs:
            for side in run.sides:
                bodies = [_held(key, old, store) for key in side.keys]
                held = [body for body in bodies if body is not None]
                if not held or len(held) < len(bodies):
                    continue
                for what, here, there in _compared(side, held):
                    if not math.isclose(here, there, rel_tol=SAME, abs_tol=SAME):
                        raise RecordError(
                            f"{file}: {measurement.claim}: run {run.run}: holds {what} {here:.10g}, but the same jobs "
                            f"left {there:.10g} in {store.root}; {RESTORE}"
                        )


def _compared(side: Sampled, held: list[Mapping[str, Any]]) -> Iterator[tuple[str, float, float]]:
    """Yield what the record and the store say of the same jobs: the fact, here and there."""
    yield "the value", side.value, math.fsum(body["value"] for body in held) / len(held)
    for part in ("count", "of"):
        parts = [each for body in held if isinstance(each := body.get(part), int)]
        if getattr(side, part) is not None and len(parts) == len(held):
            yield f"the {part}", getattr(side, part), sum(parts)


def _held(key: str, old: Record, store: Store) -> Mapping[str, Any] | None:
    """Return what the store holds of a measurement, if it is of the same time as the record's."""
    try:
        entry = store.load("measure", key, arrays=False)
    except StoreError:
        return None
    if entry is None or not entry.facts.get("when") or entry.facts["when"] != old.jobs.get(key, {}).get("when"):
        return None
    return entry.body if isinstance(entry.body.get("value"), int | float) else None


def _current(
    spec: Spec, read: ReadPack, readings: Mapping[str, str], measurements: Mapping[str, Measurement]
) -> dict[str, Measurement]:
    """Return the measurements of claims that still depend on what they did."""
    budgets = {measurement.budget for measurement in measurements.values()}
    inputs = {budget: _inputs(spec, read, budget, readings) for budget in budgets}
    return {
        claim: measurement
        for claim, measurement in measurements.items()
        if inputs[measurement.budget].get(claim, measurement.inputs) == measurement.inputs
    }


def _is_open(spec: Spec, readings: Mapping[str, str]) -> bool:
    """Whether readings are still there, and still others than the chosen ones."""
    assumptions = spec.paper.assumptions
    return all(
        name in assumptions and reading in assumptions[name].readings and reading != assumptions[name].chosen
        for name, reading in readings.items()
    )


def _inputs(spec: Spec, read: ReadPack, budget: str, readings: Mapping[str, str]) -> dict[str, str]:
    """Return what every claim of a pack depends on; nothing where the pack no longer has the budget."""
    if budget != spec.paper.budget or readings:
        try:
            spec = read(budget, readings)
        except UsageError:
            return {}
    plan = make_plan(spec, spec.paper.claims, (1,))
    return {claim: plan.inputs_digest(claim) for claim in plan.wants}
