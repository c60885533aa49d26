"""Marks and names unverified values, which come from a record without a checksum.

A record's checksum is the SHA-256 of its content. It detects accidental changes. It is not a signature: whoever changes
the file can compute it again.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.naming import some
from harness.record.measurement import Measurement
from harness.record.model import Record

UNVERIFIED = "unverified"
"""Qualifier of a verdict on such values."""


def mark_unverified(record: Record, since: str) -> Record:
    """Return the record with its values marked as unverified since a day, unless they already were.

    Args:
        record: a record that was read without a checksum.
        since: the day, in ISO 8601.
    """
    variants = {
        label: each.model_copy(update={"measurements": _marked(each.measurements, since)})
        for label, each in record.variants.items()
    }
    strata = {
        label: each.model_copy(update={"measurements": _marked(each.measurements, since)})
        for label, each in record.strata.items()
    }
    marked = {"measurements": _marked(record.measurements, since), "variants": variants, "strata": strata}
    return record.model_copy(update={**marked, "verified": True})


def _marked(measurements: Mapping[str, Measurement], since: str) -> dict[str, Measurement]:
    return {
        claim: measurement.model_copy(update={"unverified": measurement.unverified or since})
        if measurement.runs
        else measurement
        for claim, measurement in measurements.items()
    }


def unverified(record: Record) -> frozenset[str]:
    """Return the claims whose values under the chosen readings are unverified."""
    return frozenset(
        claim
        for claim, measurement in record.measurements.items()
        if measurement.runs and (measurement.unverified or not record.verified)
    )


def warning(record: Record) -> str:
    """Return a sentence on the unverified values of a record; empty if there are none."""
    if not record.verified:
        return (
            "This record has no checksum, so nothing shows whether its numbers are those that were measured: "
            "all of them are unverified. Restore the record from a copy, or measure the claims again."
        )
    since = {
        claim: each.unverified
        for measurements in (record.measurements, *(variant.measurements for variant in record.variants.values()))
        for claim, each in measurements.items()
        if each.unverified
    }
    if not since:
        return ""
    values = "value of 1 claim is" if len(since) == 1 else f"values of {len(since)} claims are"
    return (
        f"The {values} unverified since {min(since.values())}, taken from a record without a checksum: "
        f"{some(since)}. Measure {'it' if len(since) == 1 else 'them'} again to verify "
        f"{'it' if len(since) == 1 else 'them'}."
    )
