"""Finds outdated measurements of an earlier record: those whose claim now depends on other inputs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import RecordError, StoreError, UsageError
from harness.planner import inputs_digests
from harness.record.file import RESTORE
from harness.record.measurement import Measurement, PilotRuns, Sampled
from harness.record.model import MeasuredVariant, Record
from harness.record.protocol import Protocol
from harness.spec.paper import Spec
from harness.spec.variants import ReadPack
from harness.store import Store

SAME = 1e-9
"""Relative and absolute tolerance of equal values, for the order of summation in a mean."""


@dataclass(frozen=True)
class EarlierRecord:
    """The valid part of a pack's earlier record, before any job is started.

    Attributes:
        record: the earlier record without outdated measurements; None if there is none.
        protocol: what the pack promises now; ``merge`` amends the earlier record's with it.
        pilots: the pilot runs in the store.
    """

    record: Record | None
    protocol: Protocol
    pilots: Mapping[str, PilotRuns]


def drop_outdated(old: Record, spec: Spec, read: ReadPack) -> Record:
    """Return a record without the measurements of claims whose inputs have changed since.

    Args:
        old: the earlier record, of any budget.
        spec: the current pack, under its chosen readings.
        read: reads the pack under another budget, or other readings.
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
    """Compare an earlier record with the store's results of the same jobs.

    A job that was repeated since then may differ in the last digits and is not compared.

    Raises:
        RecordError: if the two differ, before a changed value gets a valid checksum.
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
    """Yield the name of a fact, and its values in the record and in the store."""
    yield "the value", side.value, math.fsum(body["value"] for body in held) / len(held)
    for part in ("count", "of"):
        parts = [each for body in held if isinstance(each := body.get(part), int)]
        if getattr(side, part) is not None and len(parts) == len(held):
            yield f"the {part}", getattr(side, part), sum(parts)


def _held(key: str, old: Record, store: Store) -> Mapping[str, Any] | None:
    """Return the store's result of a measure job, if it was measured at the time in the record."""
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
    """Return the measurements of claims whose inputs have not changed."""
    budgets = {measurement.budget for measurement in measurements.values()}
    inputs = {budget: _inputs(spec, read, budget, readings) for budget in budgets}
    return {
        claim: measurement
        for claim, measurement in measurements.items()
        if inputs[measurement.budget].get(claim, measurement.inputs) == measurement.inputs
    }


def _is_open(spec: Spec, readings: Mapping[str, str]) -> bool:
    """Whether the pack still has these readings, and they are not the chosen ones."""
    assumptions = spec.paper.assumptions
    return all(
        name in assumptions and reading in assumptions[name].readings and reading != assumptions[name].chosen
        for name, reading in readings.items()
    )


def _inputs(spec: Spec, read: ReadPack, budget: str, readings: Mapping[str, str]) -> dict[str, str]:
    """Return the inputs digest of every claim; empty if the pack no longer has the budget."""
    if budget != spec.paper.budget or readings:
        try:
            spec = read(budget, readings)
        except UsageError:
            return {}
    return inputs_digests(spec)
