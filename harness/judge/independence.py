"""Independence of runs: no two runs of a claim may have used the same random numbers.

The intervals over runs assume independent runs (``harness/judge/statistics.py``); a shared seed would make them too narrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.judge.samples import takes_all
from harness.record.measurement import Measurement
from harness.record.upstream import Jobs, upstream

LEAST_IMAGES = 32
"""Least number of images for which two equal selections show a shared seed: two independent draws of so many images, in
order, are not the same."""
DREW = {"train": "trained the same weights ({name})", "select": "drew the same images ({name}) in the same order"}
"""Verbs whose equal results prove a shared seed -> words for it. Crafted examples do not: projected gradient descent ends
in the same corner of the allowed region from many random starts."""


def nothing_drawn(keys: Iterable[str], jobs: Jobs) -> bool:
    """Whether these jobs and all their dependencies used no random numbers; a sample of all images is not random."""
    wanted = list(keys)
    return all(key in jobs for key in wanted) and all(_draws_nothing(jobs[key], jobs) for key in upstream(wanted, jobs))


def _draws_nothing(job: Mapping[str, Any], jobs: Jobs) -> bool:
    """Whether a job uses no random numbers; False if one of its inputs is not in the record."""
    inputs = job.get("inputs")
    known = isinstance(inputs, list | tuple) and all(str(key) in jobs for key in inputs)
    return known and (job.get("run", "unknown") is None or takes_all(job))


def collapse_deterministic(measurement: Measurement, jobs: Jobs) -> Measurement:
    """Return a measurement without randomness as its first run, marked as deterministic; other measurements unchanged.

    A sample of more images than there are is the same set in every run, in another order. An attack that may be random but
    made the same examples in every run, of the same images for the same model, is deterministic too.
    """
    keys = measurement.keys
    if measurement.deterministic or not keys or not (nothing_drawn(keys, jobs) or _crafted_alike(measurement, jobs)):
        return measurement
    first = min(measurement.runs, key=lambda run: run.run)
    return measurement.model_copy(update={"runs": (first,), "deterministic": True, "missing": None})


def _crafted_alike(measurement: Measurement, jobs: Jobs) -> bool:
    """Whether only attacks could be random, and each made the same examples in all of several runs, bit for bit."""
    results: dict[str, list[Any]] = {}
    for key in upstream(measurement.keys, jobs):
        job = jobs[key]
        if job.get("verb") == "craft" and isinstance(job.get("run"), int):
            results.setdefault(str(job.get("name")), []).append(job.get("result"))
        elif not _draws_nothing(job, jobs):
            return False
    same = all(None not in found and len(found) > 1 and len(set(found)) == 1 for found in results.values())
    return bool(results) and same


def shared_draw(measurement: Measurement, jobs: Jobs) -> str | None:
    """Return a sentence on two runs that used the same random numbers; None if every run used its own.

    Evidence is a random job of two runs whose arrays are equal bit for bit. A job without randomness belongs to no run.
    Jobs recorded without a digest of their arrays are no evidence.
    """
    drawn: dict[tuple[str, str], int] = {}
    few = _images(measurement) < LEAST_IMAGES
    for key in upstream(measurement.keys, jobs):
        verb, run, result = (jobs[key].get(fact) for fact in ("verb", "run", "result"))
        if verb not in DREW or not isinstance(run, int) or not isinstance(result, str):
            continue
        if verb == "select" and few:
            continue
        earlier = drawn.setdefault((verb, result), run)
        if earlier != run:
            first, second = sorted((earlier, run))
            what = DREW[verb].format(name=jobs[key].get("name", "unnamed"))
            return (
                f"Runs {first} and {second} {what}, bit for bit, so they are one run counted twice: either they share a seed, "
                "or the kind uses no random numbers and must declare that (`random`); fix this and measure into another --store."
            )
    return None


def _images(measurement: Measurement) -> int:
    """Return the smallest number of images of one value of the measurement; 0 if that is not known."""
    sides = [side for run in measurement.runs for side in run.sides]
    return min(((side.of or 0) // max(len(side.keys), 1) for side in sides), default=0)
