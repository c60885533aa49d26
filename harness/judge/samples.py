"""Samples of all images of a split: they are not random, but the same set in every run."""

from __future__ import annotations

from collections.abc import Iterable

from harness.record.measurement import Measurement
from harness.record.upstream import Jobs, upstream
from harness.spec.claim import Claim, Measure

Span = tuple[int, int]
"""Least and greatest number of images among the samples of one side."""


def takes_all(job: object) -> bool:
    """Whether a recorded job selected all qualifying images, by its own count."""
    if not isinstance(job, dict) or job.get("verb") != "select":
        return False
    return isinstance(job.get("of"), int) and job.get("images") == job["of"]


def all_taken(keys: Iterable[str], jobs: Jobs) -> Span | None:
    """Return how many images were in the samples that these jobs depend on, if each has all images; else None."""
    chosen = [jobs[key] for key in upstream(keys, jobs) if jobs[key].get("verb") == "select"]
    if not chosen or not all(takes_all(job) for job in chosen):
        return None
    taken = [int(job["images"]) for job in chosen]
    return min(taken), max(taken)


def span_in_words(span: Span) -> str:
    """Return a number of images as text: ``570``, or ``560 to 571``."""
    return str(span[0]) if span[0] == span[1] else f"{span[0]} to {span[1]}"


def shortfall(claim: Claim, measurement: Measurement, jobs: Jobs) -> str:
    """Return a sentence if a claim asks for more images than there are; else empty."""
    sides: list[tuple[Measure | None, list[str]]] = [
        (claim.measure, [key for run in measurement.runs for key in run.measured.keys]),
        (claim.other, [key for run in measurement.runs if run.other is not None for key in run.other.keys]),
    ]
    sentences = dict.fromkeys(
        _asked(measure, span) for measure, keys in sides if measure and (span := all_taken(keys, jobs)) is not None
    )
    return "".join(sentences)


def _asked(measure: Measure, span: Span) -> str:
    count = measure.sample.count
    if count is None or span[0] >= count:
        return ""
    there = f"{span_in_words(span)} {measure.sample.qualifying}"
    return f" The sample asks for {count} images; there are only {there}, and all were used."
