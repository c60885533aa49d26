"""Whether the runs of a claim are independent: what one run drew, no other may have drawn too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.judge.samples import takes_all
from harness.record.measurement import Measurement
from harness.record.upstream import Jobs, upstream

TELLING = 32
"""Images behind a value from which on its selection tells: so many, drawn in order, do not come out alike twice."""
DREW = {"train": "trained the same weights ({name})", "select": "drew the same images ({name}) in the same order"}
"""Verbs whose results tell a shared seed, and what to say of it. What an attack crafts does not tell: projected
gradient descent ends in the same corner of its ball from many random starts."""


def nothing_drawn(keys: Iterable[str], jobs: Jobs) -> bool:
    """Whether nothing was random in these jobs and all they were made from: a sample that took all images drew nothing."""
    wanted = list(keys)
    found = list(upstream(wanted, jobs))
    return all(key in jobs for key in wanted) and all(_draws_nothing(jobs[key], jobs) for key in found)


def _draws_nothing(job: Mapping[str, Any], jobs: Jobs) -> bool:
    """Whether a job draws nothing, as far as all it was made from is known."""
    inputs = job.get("inputs")
    known = isinstance(inputs, list | tuple) and all(str(key) in jobs for key in inputs)
    return known and (job.get("run", "unknown") is None or takes_all(job))


def as_one(measurement: Measurement, jobs: Jobs) -> Measurement:
    """Return a measurement whose runs drew nothing as what it is: the first run alone, with nothing left to chance.

    A sample of more images than there are is the same set in every run, in another order; and an attack that could draw
    but gave every run the same examples, of the same images for the same model, drew nothing either.
    """
    keys = measurement.keys
    if measurement.deterministic or not keys or not (nothing_drawn(keys, jobs) or _crafted_alike(measurement, jobs)):
        return measurement
    first = min(measurement.runs, key=lambda run: run.run)
    return measurement.model_copy(update={"runs": (first,), "deterministic": True, "missing": None})


def _crafted_alike(measurement: Measurement, jobs: Jobs) -> bool:
    """Whether nothing but attacks could draw behind several runs, and each left every run the same, to the last bit."""
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
    """Return a sentence on two runs that drew the same, or None where every run drew its own.

    Runs are alike where the arrays of a random job behind them are, to the last bit. A job that draws nothing belongs
    to no run. Jobs recorded without a digest of their arrays tell nothing.
    """
    drawn: dict[tuple[str, str], int] = {}
    for key in upstream(measurement.keys, jobs):
        verb, run, result = (jobs[key].get(fact) for fact in ("verb", "run", "result"))
        if verb not in DREW or not isinstance(run, int) or not isinstance(result, str):
            continue
        if verb == "select" and _images(measurement) < TELLING:
            continue
        earlier = drawn.setdefault((verb, result), run)
        if earlier != run:
            first, second = sorted((earlier, run))
            what = DREW[verb].format(name=jobs[key].get("name", "unnamed"))
            return (
                f"Runs {first} and {second} {what}, to the last bit, so they are one run told twice: either they share "
                "a seed, or the kind draws nothing and must say so (`random`); mend it and measure into another --store."
            )
    return None


def _images(measurement: Measurement) -> int:
    """Return the fewest images behind one value of the measurement; 0 where that is not known."""
    sides = [side for run in measurement.runs for side in run.sides]
    return min(((side.of or 0) // max(len(side.keys), 1) for side in sides), default=0)
