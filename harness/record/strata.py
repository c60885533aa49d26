"""Strata of a record: measurements of a claim on another backend or device than the record's own measurement.

A result of a GPU differs from a CPU's, although the job and its content key are the same. So a stratum has separate
facts for its jobs.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.record.facts import RecordedJob
from harness.record.measurement import Measurement
from harness.record.model import MeasuredStratum, Record
from harness.record.upstream import upstream


def stratum_of(record: Record, measurement: Measurement) -> str:
    """Return the backend and the device of a measurement, ``jax on gpu``; empty if unknown."""
    facts = record.provenance.get(measurement.provenance, {})
    backend, device = facts.get("backend"), facts.get("device")
    return f"{backend} on {device}" if backend and device else ""


def merged_strata(old: Record, new: Record, current: Mapping[str, Measurement]) -> dict[str, MeasuredStratum]:
    """Return the strata of a record that is merged from two records.

    If a claim's two measurements are from two strata, the one that is not the record's own is kept. Measurements from
    further strata are also kept, as long as they have the same inputs under the same budget.

    Args:
        old: the earlier record.
        new: the newer record.
        current: claim -> the measurement that becomes the record's own.
    """
    sources = [
        *((label, replace_jobs(old, each), each.measurements) for label, each in old.strata.items()),
        *(("", record, record.measurements) for record in (old, new)),
    ]
    found: dict[str, dict[str, tuple[Measurement, Record]]] = {}
    for claim, own in current.items():
        here = stratum_of(new, own) or stratum_of(old, own)
        for label, record, measurements in sources:
            other = measurements.get(claim)
            if other is None or not other.runs or (other.inputs, other.budget) != (own.inputs, own.budget):
                continue
            there = label or stratum_of(record, other)
            before = found.get(there, {}).get(claim)
            if here and there and there != here and (before is None or other.replaces(before[0])):
                found.setdefault(there, {})[claim] = other, record
    return {label: _stratum(measured) for label, measured in sorted(found.items())}


def replace_jobs(record: Record, stratum: MeasuredStratum) -> Record:
    """Return a record with the measurements and jobs of one of its strata instead of its own, and no other strata."""
    return record.model_copy(
        update={
            "measurements": stratum.measurements,
            "jobs": stratum.jobs,
            "strata": {},
            "variants": {},
            "pictures": {},
        }
    )


def _stratum(measured: Mapping[str, tuple[Measurement, Record]]) -> MeasuredStratum:
    jobs: dict[str, RecordedJob] = {}
    for measurement, record in measured.values():
        jobs |= {key: record.jobs[key] for key in upstream(measurement.keys, record.jobs)}
    found = {claim: measurement.model_copy(update={"attempt": None}) for claim, (measurement, _) in measured.items()}
    return MeasuredStratum(measurements=found, jobs=dict(sorted(jobs.items())))
