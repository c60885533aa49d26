"""The latest attempt to measure a claim, if an earlier, stronger measurement is kept."""

from __future__ import annotations

from harness.record.dates import days
from harness.record.measurement import Measurement, Missing
from harness.record.upstream import Jobs

STOPPED = Missing(reason="interrupted", sentence="The run ended before the claim was reached.")
"""Result of a claim that was selected and has neither a value nor a failure."""


def kept(earlier: Measurement, latest: Measurement | None) -> Measurement:
    """Return an earlier measurement that is kept, with the reason why the latest attempt lacks requested runs.

    Args:
        earlier: the measurement that is kept.
        latest: the measurement of the latest attempt; None if the claim was not selected, which changes nothing.
    """
    if latest is None:
        return earlier
    failed = unfinished(latest)
    if failed is not None and failed.reason == "not-yet-run":
        failed = STOPPED
    return earlier.model_copy(update={"attempt": failed})


def unfinished(measurement: Measurement | None) -> Missing | None:
    """Return why the latest attempt to measure a claim lacks requested runs; None if it has all."""
    return None if measurement is None else measurement.attempt or measurement.missing


def clause(measurement: Measurement, jobs: Jobs) -> str:
    """Return a sentence if a verdict is from an earlier record, with the reason why; else an empty text."""
    failed = measurement.attempt
    if failed is None:
        return ""
    day = days(measurement, jobs)
    when = f", measured on {day}" if day else ""
    return (
        f" The latest attempt to measure it failed ({failed.reason}): {failed.sentence.strip()} "
        f"The verdict is that of the earlier record{when}."
    )
